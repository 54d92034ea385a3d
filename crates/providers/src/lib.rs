//! The models that answer: one stream of chunks for each call, whoever stands behind it.
//!
//! Nothing here knows threads, turns or the store: a call is given everything it reads, and its stream is all that it does.
//! Nothing here tries again: a failure says whether trying again makes sense, and the caller decides.

pub mod echo;
pub mod model;
pub mod scripted;

pub use model::{Chunk, Failure, Models, Reads, Request, Stream, Usage};
