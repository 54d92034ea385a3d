//! Runners of tools, behind the turn as providers are.
//!
//! [`http`] makes the request of an HTTP tool from the model's arguments, and reads the endpoint's answer. [`arguments`]
//! compares a model's arguments with a tool's schema. The engine decides which calls run, and bounds their time and their
//! results: no runner has to.

pub mod arguments;
pub mod http;

use bytes::Bytes;
use domain::Kept;

/// The result of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    Json(Kept),
    Text(String),
    /// Bytes that are neither JSON nor text.
    File {
        name: String,
        bytes: Bytes,
    },
}

/// The reason why a call has no result. The text is for the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The call had no effect, or the tool itself reports the failure.
    Said(String),
    /// The call may have had its effect, and nobody can know.
    Unknown(String),
}
