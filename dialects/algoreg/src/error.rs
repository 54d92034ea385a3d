//! Renders errors in Algoreg's schema.

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, PRAGMA, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use dialect_kit::{Fault, usual_status};
use domain::{Error, Kind};

use crate::wire::{APIError, APIErrors, TokenRefusal};

/// `{"errors": [v2, v1]}`, always both, by the contract. The v2 error has our code in snake case. The deprecated v1
/// error has the status's reason phrase in upper snake case.
pub fn render(fault: &Fault) -> Response {
    let error = &*fault.error;
    let status = fault.status_or(by_kind(error.kind));
    let reason = status.canonical_reason().unwrap_or("Error").to_ascii_uppercase().replace(' ', "_");
    let mut response = (status, axum::Json(APIErrors { errors: both(error, &reason) })).into_response();
    if status == StatusCode::UNAUTHORIZED {
        for challenge in [r#"Bearer realm="api""#, BASIC] {
            response.headers_mut().append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
    }
    response
}

const BASIC: &str = r#"Basic realm="api", charset="UTF-8""#;

fn both(error: &Error, reason: &str) -> Vec<APIError> {
    let item = |code: &str, deprecated| APIError {
        code: code.into(),
        deprecated,
        message: error.message.clone(),
        will_be_deprecated: false,
    };
    vec![item(error.code.as_str(), false), item(reason, true)]
}

/// The reason why no token is given (RFC 6749, section 5.2).
#[derive(Clone, Copy, Debug)]
pub enum Refused {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    UnsupportedGrantType,
    InvalidScope,
}

/// Renders the refusal of a token in two schemas at once: that of the RFC, and that of all other operations.
pub fn refused(why: Refused, error: &Error) -> Response {
    let (status, word) = match why {
        Refused::InvalidRequest => (StatusCode::BAD_REQUEST, "invalid_request"),
        Refused::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client"),
        Refused::InvalidGrant => (StatusCode::BAD_REQUEST, "invalid_grant"),
        Refused::UnsupportedGrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
        Refused::InvalidScope => (StatusCode::BAD_REQUEST, "invalid_scope"),
    };
    let reason = if status == StatusCode::UNAUTHORIZED { "UNAUTHORIZED" } else { "BAD_REQUEST" };
    let error_description = error.message.clone();
    let body = TokenRefusal { error: word, error_description, errors: both(error, reason) };
    let mut response = unkept((status, axum::Json(body)));
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(BASIC));
    }
    response
}

/// An answer that caches must not store (RFC 6749, section 5.1).
pub fn unkept(answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

fn by_kind(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid
        | Kind::Unauthenticated
        | Kind::Forbidden
        | Kind::NotFound
        | Kind::Conflict
        | Kind::TooLarge
        | Kind::Unsupported
        | Kind::RateLimited
        | Kind::Upstream
        | Kind::Unavailable
        | Kind::Internal => usual_status(kind),
    }
}
