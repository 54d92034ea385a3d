//! The one guard of outward connections: every HTTP request to an address that a project, a message or a model chose.
//!
//! [`Client`] sends requests. It parses and checks each URL, resolves names itself, drops addresses that are not
//! allowed (SSRF), and connects to the very addresses that it checked. It uses no proxy and follows no redirect unless
//! the request asks for it. Each redirect is checked like the first URL.
//!
//! [`Targets`] says which addresses are allowed. A client has one policy for its life, so that no connection of a
//! wider policy is reused under a narrower one. The operator's own services and a project's services get a client each.
//!
//! [`Failure`] says why a request failed, in words that a project may read. The log has the inner names and addresses.

mod body;
mod certificates;
mod client;
mod failure;
mod names;
mod redirect;
mod request;
mod retry_after;
mod target;

pub use body::Body;
pub use certificates::BadCaFile;
pub use client::{Answer, Client, Settings};
pub use failure::Failure;
pub use http::{Method, StatusCode, header};
pub use names::Names;
pub use request::{Request, Times};
pub use retry_after::retry_after;
pub use target::{Targets, is_public, target};
