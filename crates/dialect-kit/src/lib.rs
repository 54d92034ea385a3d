//! The parts that all surfaces over HTTP share.
//!
//! The way of a request: [`listener`] accepts the connection and parses the head. [`doors`] picks the surface, checks the
//! key and the rate, and calls the surface's router. [`json`], [`query`] and [`path`] turn bytes into typed values. Each
//! refusal on the way is a [`Fault`], which the surface renders in its own schema.

pub mod access;
mod account;
mod behalf;
mod body;
mod claim;
mod conditional;
#[cfg(feature = "conformance")]
mod conformance;
mod contract;
pub mod credential;
mod crowd;
pub mod cursor;
mod decode;
pub mod doors;
mod download;
mod edge;
mod fault;
pub mod fields;
mod fingerprint;
pub mod form;
mod framing;
mod gate;
pub mod guide;
mod head;
mod headers;
mod held;
mod idempotency;
pub mod json;
mod lines;
mod list;
mod listener;
mod log_line;
pub mod openapi;
mod origin;
mod pace;
pub mod path;
mod peer;
mod pieces;
mod proxies;
pub mod query;
mod quota;
mod rate;
mod recent;
mod request_id;
mod routes;
mod shutdown;
pub mod sse;
mod streamed;
mod strict;
mod surface;
mod table;
#[cfg(feature = "testing")]
pub mod testing;
mod unknown;
mod values;
mod walk;
mod wire;

pub use access::Access;
pub use body::{pieces as body_pieces, read as read_body};
pub use claim::{Claim, is_below};
pub use conditional::{Conditional, ETag, IfNoneMatch};
pub use contract::{Contract, Spellings};
pub use credential::{Authed, Credential};
pub use cursor::Cursors;
pub use decode::Given;
pub use doors::Doors;
pub use download::{download, show};
pub use edge::Patience;
pub use fault::{Answer, Fault, usual_status};
pub use fingerprint::fingerprint;
pub use guide::{Begin, Guide, Guides};
pub use idempotency::{IDEMPOTENCY_KEY, IdempotencyHeader, IdempotencyKey, origin_key};
pub use json::{FilesJson, Json, Source};
pub use lines::one_line;
pub use listener::serve;
pub use origin::{Origin, Sharing};
pub use path::Params;
pub use peer::Peer;
pub use proxies::Proxies;
pub use query::Query;
pub use recent::{Recent, Seen};
pub use request_id::RequestId;
pub use routes::{Operations, Routes};
pub use shutdown::{Shutdown, Trigger};
pub use sse::{Frame, Streams};
pub use surface::{Head, Surface};
#[doc(hidden)]
pub use utoipa_axum;
