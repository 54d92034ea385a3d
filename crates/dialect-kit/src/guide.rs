//! How to begin with each dialect, for pages that help people to connect a program.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::{Contract, Fault, edge::Edge};

/// What a guide fills in.
#[derive(Clone, Copy, Debug)]
pub struct Begin<'a> {
    /// The server's address, without a slash at its end.
    pub server: &'a str,
    /// The thread's id in the dialect's form, or a word that stands for it.
    pub thread: &'a str,
}

/// How to begin with a dialect. The commands take the key from the environment variable `THREADLINE_KEY`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guide {
    /// The name that people know the dialect by.
    pub title: String,
    /// What the dialect is for, in a sentence.
    pub about: &'static str,
    /// The address that its clients are given.
    pub base_url: String,
    /// The prefix of keys that its clients check.
    pub key_prefix: Option<&'static str>,
    /// Commands and programs to copy, each with its title.
    pub commands: Vec<(&'static str, String)>,
}

/// A command that posts JSON. `auth` is the header with the key.
pub fn post(url: &str, auth: &str, json: &str) -> String {
    format!(
        "curl --fail-with-body -X POST '{url}' \\\n  -H \"{auth}\" -H 'Content-Type: application/json' \\\n  -d '{json}'"
    )
}

/// A command that gets something. `auth` is the header with the key.
pub fn get(url: &str, auth: &str) -> String {
    format!("curl --fail-with-body '{url}' \\\n  -H \"{auth}\"")
}

/// All dialects. An extractor.
#[derive(Clone)]
pub struct Guides(Arc<[Arc<dyn Contract>]>);

impl Guides {
    /// The dialects in the order of registration.
    pub fn all(&self) -> impl Iterator<Item = &dyn Contract> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Names and titles of the dialects that word events for webhooks.
    pub fn of_webhooks(&self) -> Vec<(String, String)> {
        let begin = Begin { server: "", thread: "" };
        let worded = self.all().filter(|dialect| dialect.wording().is_some());
        worded.map(|dialect| (dialect.name().to_owned(), dialect.guide(&begin).title)).collect()
    }
}

impl<S: Sync> FromRequestParts<S> for Guides {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        Ok(Self(Edge::of(&parts.extensions).dialects.clone()))
    }
}
