//! Which paths a dialect knows, with which methods.

use std::{collections::BTreeMap, sync::Arc};

use domain::{Error, Result};
use http::Method;
use utoipa::openapi::HttpMethod;

use crate::{Params, routes::Place};

/// The documented paths of one dialect.
pub(crate) struct Table {
    routes: matchit::Router<Route>,
}

/// One documented path.
pub(crate) struct Route {
    /// As documented: `/v1/sessions/{id}`.
    pub template: Arc<str>,
    /// HEAD is among them where GET is.
    pub methods: Vec<Method>,
}

impl Table {
    /// # Errors
    /// `internal` when two paths of one dialect cannot stand beside each other.
    pub fn of(places: Vec<Place>) -> Result<Self> {
        let mut taken: BTreeMap<String, Vec<HttpMethod>> = BTreeMap::new();
        for place in places {
            taken.entry(place.path).or_default().extend(place.methods);
        }
        let mut routes = matchit::Router::new();
        for (path, taken) in taken {
            let route = Route { template: path.as_str().into(), methods: methods(&taken) };
            routes.insert(&path, route).map_err(|why| Error::internal(format!("the route {path}: {why}")))?;
        }
        Ok(Self { routes })
    }

    /// The route of a path as sent (percent-encoded), and what stands in its parameters.
    pub fn find(&self, path: &str) -> Option<(&Route, Params)> {
        let found = self.routes.at(path).ok()?;
        Some((found.value, Params::decode(found.params.iter())))
    }
}

impl Route {
    pub fn takes(&self, method: &Method) -> bool {
        self.methods.contains(method)
    }
}

/// In the order of the standard; HEAD goes with GET.
fn methods(taken: &[HttpMethod]) -> Vec<Method> {
    let known = [
        (HttpMethod::Get, Method::GET),
        (HttpMethod::Get, Method::HEAD),
        (HttpMethod::Post, Method::POST),
        (HttpMethod::Put, Method::PUT),
        (HttpMethod::Patch, Method::PATCH),
        (HttpMethod::Delete, Method::DELETE),
    ];
    known.into_iter().filter(|(documented, _)| taken.contains(documented)).map(|(_, method)| method).collect()
}
