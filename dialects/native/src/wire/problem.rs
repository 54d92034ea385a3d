//! Refusals and failures.

use serde::Serialize;
use utoipa::ToSchema;

/// A refusal or a failure (RFC 9457). The request's id is in the header `x-request-id`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status has the kind of the problem, and `code` names it.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The words of the status.
    pub title: &'static str,
    pub status: u16,
    /// The problem in words, for a person.
    pub detail: String,
    /// The problem as a code, for a program: stable, in snake case.
    #[schema(example = "thread_not_found")]
    pub code: &'static str,
    /// The fields that are at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
}

/// A field of the request that is at fault.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemField {
    /// A dotted path from the body's root, with array positions as numbers. Or the name of a parameter or header.
    #[schema(example = "content.0.text")]
    pub path: String,
    pub message: String,
}
