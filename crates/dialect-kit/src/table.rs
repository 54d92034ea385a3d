//! Which paths a dialect knows, with which methods: read from its documentation, so that the two cannot part.

use std::sync::Arc;

use domain::{Error, Result};
use http::Method;
use utoipa::openapi::{PathItem, path::Paths};

use crate::Params;

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
    pub fn of(paths: &Paths) -> Result<Self> {
        let mut routes = matchit::Router::new();
        for (path, item) in &paths.paths {
            let route = Route { template: path.as_str().into(), methods: methods(item) };
            routes.insert(path, route).map_err(|why| Error::internal(format!("the route {path}: {why}")))?;
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

fn methods(item: &PathItem) -> Vec<Method> {
    let documented = [
        (&item.get, Method::GET),
        (&item.get, Method::HEAD),
        (&item.head, Method::HEAD),
        (&item.post, Method::POST),
        (&item.put, Method::PUT),
        (&item.patch, Method::PATCH),
        (&item.delete, Method::DELETE),
        (&item.options, Method::OPTIONS),
        (&item.trace, Method::TRACE),
    ];
    let mut methods: Vec<Method> = Vec::new();
    for (operation, method) in documented {
        if operation.is_some() && !methods.contains(&method) {
            methods.push(method);
        }
    }
    methods
}
