//! Models: each call gives one stream of chunks, from any provider.
//!
//! This crate knows neither threads nor turns nor the store. A call gets all its input, and its stream is its only
//! effect. This crate never retries: a failure tells whether a retry makes sense, and the caller decides.

mod check;
pub mod echo;
mod http;
pub mod model;
mod models;
pub mod names;
mod provider;
mod public;
mod routes;
pub mod scripted;
#[cfg(feature = "testing")]
pub mod testing;
pub mod wire;

pub use http::Events;
pub use model::{Chunk, End, Failure, File, Purpose, Request, Said, Stream};
pub use models::{Models, Reads, Route, Target};
pub use provider::{Bounds, Key, Kind, Protocol, Provider, ProviderSettings, Times};
pub use public::Public;
pub use routes::{DEFAULT, Lead, Misconfigured, NoRoute, Overrides, RouteSettings, Routes};
