//! What answers over HTTP, with credentials, routes and errors of its own.

use axum::response::Response;
use domain::Result;
use http::{HeaderMap, Method};

use crate::{Claim, Credential, Fault, Routes, Sharing};

/// A console, a widget, a page of figures, a vendor's API: which requests are its own, whose key it takes, what its errors look
/// like, and its routes. Keys, rates and limits hold for every surface. One that programs are written for is also a
/// [`crate::Contract`].
///
/// The doors walk the list of surfaces, in the order of registration, for everything that depends on the surface; the first
/// of the list also answers what nobody claims.
pub trait Surface: Send + Sync + 'static {
    /// Lower case, stable: `capy`. Stands in the log.
    fn name(&self) -> &'static str;

    /// How much of the request is this surface's own; absent: nothing. The greatest claim wins, the earlier registration breaks
    /// a tie. Called for every request, known path or not.
    fn claims(&self, head: &Head<'_>) -> Option<Claim>;

    /// The key, by this surface's own rule about headers.
    ///
    /// # Errors
    /// `unauthenticated` when there is none or it is malformed; whatever else the surface says about too many of them.
    fn credential(&self, head: &Head<'_>) -> Result<Credential>;

    /// Whether a name in a query that the operation does not document is refused. Where it is not, it is ignored, and named in
    /// the answer's `x-threadline-ignored`.
    fn refuses_unknown_queries(&self) -> bool {
        false
    }

    /// Who says which pages of other origins may use the operation; absent: none may. `template` is the path as routed:
    /// `/v1/sessions/{id}`.
    fn shares(&self, _template: &str) -> Option<Sharing> {
        None
    }

    /// The whole answer for a fault, in this surface's schema: one exhaustive match over the error's kind. It says
    /// nothing of the error's source. `x-request-id`, `retry-after`, `allow` and `content-range` are added by the door.
    fn render(&self, fault: &Fault) -> Response;

    /// The route table: each operation with who may use it.
    fn routes(&self) -> Routes;
}

/// What of a request says whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    pub method: &'a Method,
    /// As sent, percent-encoded, without the query.
    pub path: &'a str,
    pub headers: &'a HeaderMap,
}

impl<'a> Head<'a> {
    pub(crate) fn of<B>(request: &'a http::Request<B>) -> Self {
        Self { method: request.method(), path: request.uri().path(), headers: request.headers() }
    }
}
