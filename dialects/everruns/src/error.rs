//! Renders errors in a shape that fits both the vendor's document (RFC 9457) and its SDKs (`error.code`,
//! `error.message`).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use dialect_kit::{Fault, usual_status};
use domain::{Code, Error, codes};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

pub const CONTENT_TYPE: &str = "application/problem+json";

/// The body of every error answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorResponse {
    /// The reason phrase of the HTTP status.
    title: String,
    status: u16,
    /// A stable code in snake case, for example `session_not_found`.
    code: String,
    /// A description of the error for people.
    detail: String,
    /// Seconds after which a retry makes sense.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u32>,
    /// The same error, in the place where the SDKs read it.
    error: ErrorBody,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    code: String,
    message: String,
}

pub fn render(fault: &Fault) -> Response {
    let Error { kind, code, message, retry_after_s, .. } = &*fault.error;
    let status = fault.status_or(usual_status(*kind));
    let (code, message) = in_our_words(*code, message);
    let body = ErrorResponse {
        title: status.canonical_reason().unwrap_or("Error").into(),
        status: status.as_u16(),
        code: code.clone(),
        detail: message.clone(),
        retry_after_seconds: *retry_after_s,
        error: ErrorBody { code, message },
    };
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Replaces the engine's word thread by session.
fn in_our_words(code: Code, message: &str) -> (String, String) {
    match code {
        codes::THREAD_NOT_FOUND => ("session_not_found".into(), "Session not found".into()),
        // The SDKs search for this text in the message.
        codes::NOT_WAITING => (code.to_string(), "The session is not waiting for tool results".into()),
        _ => (code.to_string(), message.into()),
    }
}

/// The error for a malformed id in the path (400 `Invalid ID format` in the vendor's document).
pub fn invalid_id(expected: &str) -> Error {
    Error::invalid(codes::INVALID_ID, format!("Invalid ID format: expected {expected} and 32 hex digits"))
}
