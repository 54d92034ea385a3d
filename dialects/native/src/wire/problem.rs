//! Refusals and failures.

use serde::Serialize;
use utoipa::ToSchema;

/// A refusal or a failure (RFC 9457). The request's id is in the header `x-request-id`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `about:blank`: the status says what kind of problem it is, `code` says which.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The words of the status.
    pub title: &'static str,
    pub status: u16,
    /// What is wrong, for a person.
    pub detail: String,
    /// What is wrong, for a program: stable, in snake case.
    #[schema(example = "thread_not_found")]
    pub code: &'static str,
    /// The fields that are at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
}

/// A field of the request that is at fault.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemField {
    /// Dotted path from the body's root with array positions as numbers, or the name of a parameter or header.
    #[schema(example = "content.0.text")]
    pub path: String,
    pub message: String,
}
