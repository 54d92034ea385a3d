//! Models: each call gives one stream of chunks, from any provider.
//!
//! This crate knows neither threads nor turns nor the store. A call gets all its input, and its stream is its only
//! effect. This crate never retries: a failure tells whether a retry makes sense, and the caller decides.

pub mod echo;
pub mod model;
pub mod names;
pub mod scripted;
#[cfg(feature = "testing")]
pub mod testing;
pub mod wire;

pub use model::{Chunk, End, Failure, File, Models, Reads, Request, Said, Stream};
