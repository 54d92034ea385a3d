//! The paths and methods of a surface.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use domain::{Error, Result};
use http::Method;
use utoipa::openapi::{
    HttpMethod, RefOr,
    path::{Operation, Parameter, ParameterIn},
};

use crate::{Params, access::Access, routes::Place};

/// The paths of one surface.
pub(crate) struct Table {
    routes: matchit::Router<Route>,
}

/// One path.
pub(crate) struct Route {
    /// The routed path: `/v1/sessions/{id}`.
    pub template: Arc<str>,
    /// Includes HEAD if GET is there.
    pub methods: Vec<Method>,
    operations: Vec<Routed>,
}

/// An operation of a path.
struct Routed {
    methods: Vec<Method>,
    access: Access,
    operation: Option<fn() -> Operation>,
    /// The query parameters, read from the documentation at the first query.
    query: OnceLock<Vec<String>>,
}

impl Table {
    /// # Errors
    /// `internal` if two paths of the surface conflict.
    pub fn of(places: Vec<Place>) -> Result<Self> {
        let mut taken: BTreeMap<String, (Vec<HttpMethod>, Vec<Routed>)> = BTreeMap::new();
        for place in places {
            let (all, operations) = taken.entry(place.path).or_default();
            let methods = methods(&place.methods);
            let Place { operation, access, .. } = place;
            operations.push(Routed { methods, access, operation, query: OnceLock::new() });
            all.extend(place.methods);
        }
        let mut routes = matchit::Router::new();
        for (path, (taken, operations)) in taken {
            let route = Route { template: path.as_str().into(), methods: methods(&taken), operations };
            routes.insert(&path, route).map_err(|why| Error::internal(format!("the route {path}: {why}")))?;
        }
        Ok(Self { routes })
    }

    /// The route of a percent-encoded path, and the values of its parameters.
    pub fn find(&self, path: &str) -> Option<(&Route, Params)> {
        let found = self.routes.at(path).ok()?;
        Some((found.value, Params::decode(found.params.iter())))
    }
}

impl Route {
    /// The access rule of the operation. `None` if the path does not support the method.
    pub fn access(&self, method: &Method) -> Option<Access> {
        self.of(method).map(|found| found.access)
    }

    /// The documented query parameters of the operation. `None` without documentation.
    pub fn query(&self, method: &Method) -> Option<&[String]> {
        let found = self.of(method)?;
        let document = found.operation?;
        Some(found.query.get_or_init(|| query(document())))
    }

    fn of(&self, method: &Method) -> Option<&Routed> {
        self.operations.iter().find(|operation| operation.methods.contains(method))
    }
}

fn query(operation: Operation) -> Vec<String> {
    let parameters = operation.parameters.unwrap_or_default().into_iter();
    let query = |parameter| match parameter {
        RefOr::T(Parameter { parameter_in: ParameterIn::Query, name, .. }) => Some(name),
        _ => None,
    };
    parameters.filter_map(query).collect()
}

/// In the order of the HTTP standard; HEAD goes with GET.
pub(crate) fn methods(taken: &[HttpMethod]) -> Vec<Method> {
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
