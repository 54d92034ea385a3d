//! Renders errors in Capy's schema.

use axum::{
    http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE},
    response::{IntoResponse, Response},
};
use dialect_kit::Fault;
use domain::{Error, Kind};

use crate::wire::{Detail, ErrorBody, ErrorResponse};

/// `{"error": {"code", "message", "details"?}}`. Codes and statuses are those of Capy's API overview. Where it has none
/// (405, 408, 413, 415, 431, 502, 503), the true status, and a code in the same style.
pub fn render(fault: &Fault) -> Response {
    let error = &*fault.error;
    let (by_kind, code) = match error.kind {
        Kind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "validation_error"),
        Kind::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthorized"),
        Kind::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
        Kind::NotFound => (StatusCode::NOT_FOUND, "not_found"),
        Kind::Conflict => (StatusCode::CONFLICT, "conflict"),
        Kind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large"),
        Kind::Unsupported => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
        Kind::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
        Kind::Upstream => (StatusCode::BAD_GATEWAY, "upstream_error"),
        Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "service_unavailable"),
        Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal_error"),
    };
    // An HTTP error has a status that no kind expresses, so its own code is used.
    let code = if fault.status.is_some() { error.code.as_str() } else { code };
    let status = fault.status_or(by_kind);
    let details = (status == StatusCode::UNPROCESSABLE_ENTITY).then(|| details(error));
    let body = ErrorBody { code: code.into(), message: error.message.clone(), details };
    let mut response = (status, axum::Json(ErrorResponse { error: body })).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The invalid fields with their reasons. An error of the whole body, such as malformed JSON, has the empty path.
fn details(error: &Error) -> Vec<Detail> {
    let detail =
        |path: &str, message: &str| Detail { path: path.into(), message: message.into(), code: error.code.to_string() };
    match error.fields.is_empty() {
        true => vec![detail("", &error.message)],
        false => error.fields.iter().map(|field| detail(&field.path, &field.message)).collect(),
    }
}
