//! Renders errors in Feather's schema.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use dialect_kit::{Fault, usual_status};
use domain::{Error, Kind, codes};

use crate::wire::ErrorResponse;

/// `{"status", "message", "code", "success": false}`. Feather documents 400, 403, 404 and 500 with these codes. For
/// other statuses, the code is HTTP's reason phrase in the same style.
pub fn render(fault: &Fault) -> Response {
    let status = fault.status_or(by_kind(&fault.error));
    let reason = status.canonical_reason().unwrap_or("Error");
    let body = ErrorResponse {
        status: status.as_u16(),
        message: fault.error.message.clone(),
        code: reason.to_ascii_uppercase().replace(' ', "_"),
        success: false,
    };
    (status, axum::Json(body)).into_response()
}

fn by_kind(error: &Error) -> StatusCode {
    match error.kind {
        // This API documents a missing key as 403, unlike the vendor's other APIs (401).
        Kind::Unauthenticated => StatusCode::FORBIDDEN,
        Kind::Conflict if error.code == codes::THREAD_CLOSED => StatusCode::BAD_REQUEST,
        Kind::Invalid
        | Kind::Forbidden
        | Kind::NotFound
        | Kind::Conflict
        | Kind::TooLarge
        | Kind::Unsupported
        | Kind::RateLimited
        | Kind::Upstream
        | Kind::Unavailable
        | Kind::Internal => usual_status(error.kind),
    }
}
