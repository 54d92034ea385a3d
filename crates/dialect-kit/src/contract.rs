//! Contracts: surfaces with a documented API.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::FromRequestParts;
use domain::{Result, ThreadId};
use engine::{PushWording, Wording};
use http::request::Parts;

use crate::{Begin, Fault, Guide, Surface, edge::Edge, openapi::Terms};

/// A dialect: a surface with an OpenAPI document, its own form of ids, and events for webhooks. All its operations are
/// documented.
pub trait Contract: Surface {
    /// The parts of the OpenAPI document beside the routes.
    fn terms(&self) -> Terms;

    /// Tells whether the operation accepts a key or token that is sent in this way, which is a name of
    /// [`Terms::security`]. `template` is the documented path: `/v1/sessions/{id}`.
    fn takes(&self, _way: &str, _template: &str) -> bool {
        true
    }

    /// This dialect's events for webhooks. `None`: the dialect has no webhooks.
    fn wording(&self) -> Option<Arc<dyn Wording>> {
        None
    }

    /// This dialect's form of pushed turns. One dialect has it.
    fn push_wording(&self) -> Option<Arc<dyn PushWording>> {
        None
    }

    /// How to begin with this dialect.
    fn guide(&self, begin: &Begin<'_>) -> Guide {
        Guide { title: self.terms().info.title, base_url: begin.server.to_owned(), ..Guide::default() }
    }

    /// This dialect's form of a thread's id.
    fn spell_thread(&self, id: ThreadId) -> String;

    /// Parses a thread's id in this dialect's form or the plain one.
    fn parse_thread(&self, text: &str) -> Option<ThreadId>;
}

/// The forms of thread ids in all dialects. An extractor.
#[derive(Clone)]
pub struct Spellings(pub(crate) Arc<[Arc<dyn Contract>]>);

impl Spellings {
    /// The thread's id in the form of each dialect, by the dialect's name.
    pub fn of(&self, id: ThreadId) -> BTreeMap<&'static str, String> {
        self.0.iter().map(|dialect| (dialect.name(), dialect.spell_thread(id))).collect()
    }

    /// The names of the dialects, in the order in which requests are offered to them.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|dialect| dialect.name())
    }

    /// Parses an id in any dialect's form.
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
