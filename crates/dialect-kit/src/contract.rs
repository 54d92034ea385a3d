//! A surface that programs are written for.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::FromRequestParts;
use domain::{Result, ThreadId};
use engine::outbox::Wording;
use http::request::Parts;

use crate::{Fault, Surface, edge::Edge, openapi::Terms};

/// A dialect: a surface with an OpenAPI document, its own spelling of ids, and words for webhooks. Every operation of its routes
/// is documented.
pub trait Contract: Surface {
    /// What the OpenAPI document says beside the routes.
    fn terms(&self) -> Terms;

    /// Whether the operation takes a key or token that is sent in this way, a name of [`Terms::security`]. `template` is the
    /// path as documented: `/v1/sessions/{id}`.
    fn takes(&self, _way: &str, _template: &str) -> bool {
        true
    }

    /// This dialect's words for what webhooks are owed; none: no webhook can be told in it.
    fn wording(&self) -> Option<Arc<dyn Wording>> {
        None
    }

    /// How this dialect writes a thread's id.
    fn spell_thread(&self, id: ThreadId) -> String;

    /// Reads a thread's id in this dialect's spelling or the plain one.
    fn parse_thread(&self, text: &str) -> Option<ThreadId>;
}

/// A thread's id in every dialect. An extractor.
#[derive(Clone)]
pub struct Spellings(pub(crate) Arc<[Arc<dyn Contract>]>);

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
