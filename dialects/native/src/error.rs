//! Refusals and failures as problems (RFC 9457).

use axum::response::{IntoResponse, Response};
use dialect_kit::{Fault, usual_status};
use domain::{Error, error::Field};
use http::{HeaderValue, StatusCode, header};

use crate::wire::{Problem, ProblemField};

pub const CONTENT_TYPE: &str = "application/problem+json";

/// The whole answer.
pub fn render(fault: &Fault) -> Response {
    let status = fault.status_or(usual_status(fault.error.kind));
    let mut response = (status, axum::Json(problem(&fault.error, status))).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"threadline\""));
    }
    response
}

fn problem(error: &Error, status: StatusCode) -> Problem {
    let field = |field: &Field| ProblemField { path: field.path.clone(), message: field.message.clone() };
    Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail: error.message.clone(),
        code: error.code.as_str(),
        errors: error.fields.iter().map(field).collect(),
    }
}
