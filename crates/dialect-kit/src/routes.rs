//! A surface's route table: operations, access rules and documentation in one declaration.

use std::convert::Infallible;

use axum::{
    Router,
    extract::Request,
    handler::Handler,
    response::IntoResponse,
    routing::{MethodRouter, Route},
};
use engine::App;
use http::Method;
use tower::{Layer, Service};
use utoipa::openapi::{HttpMethod, OpenApi, RefOr, Schema, path::Operation};
use utoipa_axum::{
    PathItemExt,
    router::{OpenApiRouter, UtoipaMethodRouter},
};

use crate::{
    access::{Access, Line},
    table,
};

/// The operations of a surface, with their documentation. A dialect routes only documented operations.
///
/// The documentation is made on demand. Made at the start, it would take a third of an idle server's memory and half of
/// the time until it is ready.
#[derive(Default)]
pub struct Routes {
    router: Router<App>,
    places: Vec<Place>,
    parts: Vec<Part>,
}

/// The place of an operation.
pub(crate) struct Place {
    /// The documented path: `/v1/sessions/{id}`.
    pub path: String,
    pub methods: Vec<HttpMethod>,
    /// Makes the operation's documentation without schemas. `None`: it has none.
    pub operation: Option<fn() -> Operation>,
    /// The access rule.
    pub access: Access,
}

/// A step of making the document.
enum Part {
    Operations(fn() -> UtoipaMethodRouter<App>),
    Beside(Vec<Part>),
    Below(&'static str, Vec<Part>),
    Edited(fn(&mut OpenApi)),
}

/// Operations collected by [`routes!`](crate::routes!).
pub struct Operations {
    places: Vec<(Place, MethodRouter<App>)>,
    document: fn() -> UtoipaMethodRouter<App>,
}

/// Collects handlers that carry `#[utoipa::path]`, each with its [`Access`], for [`Routes::routes`]:
/// `routes!(things::list: READ, things::create: WRITE)`.
#[macro_export]
macro_rules! routes {
    ($($module:ident $(:: $name:ident)* : $access:expr),+ $(,)?) => {
        $crate::Operations::documented(|| $crate::utoipa_axum::routes!($($module $(:: $name)*),+))$(.with(
            $crate::utoipa_axum::routes!(@path [path()] of $module $(:: $name)*),
            $crate::utoipa_axum::routes!(@path [methods()] of $module $(:: $name)*),
            || $crate::utoipa_axum::routes!(@path [operation()] of $module $(:: $name)*),
            $access,
            $module $(:: $name)*,
        ))+
    };
}

impl Operations {
    #[doc(hidden)]
    pub fn documented(document: fn() -> UtoipaMethodRouter<App>) -> Self {
        Self { places: Vec::new(), document }
    }

    #[doc(hidden)]
    pub fn with<H, T>(
        mut self,
        path: String,
        methods: Vec<HttpMethod>,
        operation: fn() -> Operation,
        access: Access,
        handler: H,
    ) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let on = |router: MethodRouter<App>, method: &HttpMethod| router.on(method.to_method_filter(), handler.clone());
        let router = methods.iter().fold(MethodRouter::new(), on);
        self.places.push((Place { path, methods, operation: Some(operation), access }, router));
        self
    }
}

impl Routes {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds operations.
    pub fn routes(mut self, operations: Operations) -> Self {
        for (place, router) in operations.places {
            self.router = self.router.route(&place.path, router);
            self.places.push(place);
        }
        self.parts.push(Part::Operations(operations.document));
        self
    }

    /// Adds an operation without documentation, for a surface that is not a dialect.
    pub fn undocumented<H, T>(mut self, method: HttpMethod, path: &str, access: Access, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.router = self.router.route(path, MethodRouter::new().on(method.to_method_filter(), handler));
        self.places.push(Place { path: path.into(), methods: vec![method], operation: None, access });
        self
    }

    /// Adds the operations of another table.
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.places.extend(other.places);
        self.parts.push(Part::Beside(other.parts));
        self
    }

    /// Adds the operations of another table below `prefix`, which begins with a slash and does not end in one.
    pub fn nest(mut self, prefix: &'static str, other: Self) -> Self {
        self.router = self.router.nest(prefix, other.router);
        let below = |place: Place| Place { path: format!("{prefix}{}", place.path), ..place };
        self.places.extend(other.places.into_iter().map(below));
        self.parts.push(Part::Below(prefix, other.parts));
        self
    }

    /// Edits the document of the operations so far.
    pub fn edit(mut self, edit: fn(&mut OpenApi)) -> Self {
        self.parts.push(Part::Edited(edit));
        self
    }

    /// Wraps the operations so far.
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.router = self.router.layer(layer);
        self
    }

    /// Makes the document.
    pub(crate) fn document(self) -> OpenApi {
        assemble(self.parts).into_openapi()
    }

    /// The access rule of each operation.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let of = |place: &Place| {
            let methods = table::methods(&place.methods).into_iter().filter(|method| method != Method::HEAD);
            let (template, access) = (&place.path, place.access);
            methods.map(|method| Line { method, template: template.clone(), access }).collect::<Vec<_>>()
        };
        self.places.iter().flat_map(of).collect()
    }

    /// The schemas by name, one for each use by an operation.
    pub(crate) fn schemas(&self) -> Vec<(String, RefOr<Schema>)> {
        schemas(&self.parts)
    }

    pub(crate) fn into_parts(self) -> (Router<App>, Vec<Place>) {
        (self.router, self.places)
    }
}

fn schemas(parts: &[Part]) -> Vec<(String, RefOr<Schema>)> {
    let of = |part: &Part| match part {
        Part::Operations(make) => make().0,
        Part::Beside(parts) | Part::Below(_, parts) => schemas(parts),
        Part::Edited(_) => Vec::new(),
    };
    parts.iter().flat_map(of).collect()
}

fn assemble(parts: Vec<Part>) -> OpenApiRouter<App> {
    parts.into_iter().fold(OpenApiRouter::new(), |mut routes, part| match part {
        Part::Operations(make) => routes.routes(make()),
        Part::Beside(parts) => routes.merge(assemble(parts)),
        Part::Below(prefix, parts) => routes.nest(prefix, assemble(parts)),
        Part::Edited(edit) => {
            edit(routes.get_openapi_mut());
            routes
        }
    })
}
