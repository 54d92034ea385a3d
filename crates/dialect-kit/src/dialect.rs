//! What a door over HTTP is.

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::FromRequestParts, response::Response};
use domain::{Result, ThreadId};
use engine::outbox::Wording;
use http::{HeaderMap, Method, request::Parts};

use crate::{Claim, Credential, Fault, Routes, Sharing, edge::Edge, openapi::Contract};

/// A vendor's wire contract: which requests are its own, whose key it takes, what its errors look like, and its routes.
///
/// The doors walk the list of dialects, in the order of registration, for everything that depends on the dialect; the
/// first of the list also answers what nobody claims.
pub trait Dialect: Send + Sync + 'static {
    /// Lower case, stable: `capy`. Names the OpenAPI document and stands in the log.
    fn name(&self) -> &'static str;

    /// How much of the request is this dialect's own; absent: nothing. The greatest claim wins, the earlier registration breaks
    /// a tie. Called for every request, known path or not.
    fn claims(&self, head: &Head<'_>) -> Option<Claim>;

    /// The key, by this dialect's own rule about headers.
    ///
    /// # Errors
    /// `unauthenticated` when there is none or it is malformed; whatever else the contract says about too many of them.
    fn credential(&self, head: &Head<'_>) -> Result<Credential>;

    /// Whether the operation takes a key or token that is sent in this way, a name of [`Contract::security`]. `template` is the
    /// path as documented: `/v1/sessions/{id}`.
    fn takes(&self, _way: &str, _template: &str) -> bool {
        true
    }

    /// Whether a name in a query that the operation does not document is refused. Where it is not, it is ignored, and named in
    /// the answer's `x-threadline-ignored`.
    fn refuses_unknown_queries(&self) -> bool {
        false
    }

    /// Who says which pages of other origins may use the operation; absent: none may.
    fn shares(&self, _template: &str) -> Option<Sharing> {
        None
    }

    /// The whole answer for a fault, in this dialect's schema: one exhaustive match over the error's kind. It says
    /// nothing of the error's source. `x-request-id`, `retry-after`, `allow` and `content-range` are added by the door.
    fn render(&self, fault: &Fault) -> Response;

    /// The route table: each operation with who may use it and with its documentation.
    fn routes(&self) -> Routes;

    /// What the OpenAPI document says beside the routes.
    fn contract(&self) -> Contract;

    /// This dialect's words for what webhooks are owed; none: no webhook can be told in it.
    fn wording(&self) -> Option<Arc<dyn Wording>> {
        None
    }

    /// How this dialect writes a thread's id.
    fn spell_thread(&self, id: ThreadId) -> String;

    /// Reads a thread's id in this dialect's spelling or the plain one.
    fn parse_thread(&self, text: &str) -> Option<ThreadId>;
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

/// A thread's id in every dialect. An extractor.
#[derive(Clone)]
pub struct Spellings(pub(crate) Arc<[Arc<dyn Dialect>]>);

impl Spellings {
    /// Name of the dialect and how it writes the id.
    pub fn of(&self, id: ThreadId) -> BTreeMap<&'static str, String> {
        self.0.iter().map(|dialect| (dialect.name(), dialect.spell_thread(id))).collect()
    }

    /// Reads an id in any dialect's spelling.
    pub fn parse(&self, text: &str) -> Option<ThreadId> {
        self.0.iter().find_map(|dialect| dialect.parse_thread(text))
    }
}

impl<S: Sync> FromRequestParts<S> for Spellings {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        Ok(Self(Edge::of(&parts.extensions).dialects.clone()))
    }
}
