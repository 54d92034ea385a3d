//! Throw-away databases for tests, of both kinds. Nothing here is built into the server.

mod cluster;
mod fingerprint;
mod scratch;

pub use cluster::Cluster;
pub use fingerprint::{Fingerprint, Observer};
pub use scratch::Scratch;
