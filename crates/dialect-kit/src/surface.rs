//! Surfaces: anything that answers HTTP with its own credentials, routes and errors.

use axum::response::Response;
use domain::Result;
use http::{HeaderMap, Method};

use crate::{Claim, Credential, Fault, Routes, Sharing};

/// A vendor's API, a console, a widget or a page of metrics. It decides which requests are its own, how it reads keys,
/// how errors look, and its routes. Keys, rates and limits apply to every surface. A surface with a documented API is
/// also a [`crate::Contract`].
///
/// `Doors` asks the surfaces in the order of registration. The first one also answers unclaimed requests.
pub trait Surface: Send + Sync + 'static {
    /// A stable name in lower case, for example `capy`. Used in the log.
    fn name(&self) -> &'static str;

    /// This surface's claim on the request. `None`: it is not the surface's. The greatest claim wins, and of equal ones
    /// the first registered. Called for every request, also for unknown paths.
    fn claims(&self, head: &Head<'_>) -> Option<Claim>;

    /// Reads the key by this surface's own rule for headers.
    ///
    /// # Errors
    /// `unauthenticated` if it is missing or malformed; further errors of the surface for several keys.
    fn credential(&self, head: &Head<'_>) -> Result<Credential>;

    /// True to refuse unknown query parameters. Otherwise they are ignored, and named in the answer's
    /// `x-threadline-ignored`.
    fn refuses_unknown_queries(&self) -> bool {
        false
    }

    /// True for a file that is the same for everybody. It counts for the rate of documents, because one page of a shop
    /// loads several files, and an office shares one address. `template` is the routed path.
    fn is_file(&self, _template: &str) -> bool {
        false
    }

    /// The source of the origins whose pages may use the operation. `None`: no pages of other origins. `template` is
    /// the routed path: `/v1/sessions/{id}`.
    fn shares(&self, _template: &str) -> Option<Sharing> {
        None
    }

    /// Renders an error in this surface's schema, by one exhaustive match over its kind. The error's source is never
    /// shown. `Doors` adds `x-request-id`, `retry-after`, `allow` and `content-range`.
    fn render(&self, fault: &Fault) -> Response;

    /// The route table: each operation with its access rule.
    fn routes(&self) -> Routes;
}

/// The parts of a request that decide its surface.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    pub method: &'a Method,
    /// As sent: percent-encoded, without the query.
    pub path: &'a str,
    pub headers: &'a HeaderMap,
}

impl<'a> Head<'a> {
    pub(crate) fn of<B>(request: &'a http::Request<B>) -> Self {
        Self { method: request.method(), path: request.uri().path(), headers: request.headers() }
    }
}
