//! Algoreg's error body for every refusal and failure.

use axum::{
    http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE},
    response::{IntoResponse, Response},
};
use dialect_kit::{Fault, usual_status};
use domain::Kind;

use crate::wire::{APIError, APIErrors};

/// `{"errors": [v2, v1]}`, always both, as the contract has it: the v2 error has our code in snake case; the v1 error, which
/// is deprecated, the status's reason in upper snake case.
pub fn render(fault: &Fault) -> Response {
    let error = &*fault.error;
    let status = fault.status_or(by_kind(error.kind));
    let reason = status.canonical_reason().unwrap_or("Error").to_ascii_uppercase().replace(' ', "_");
    let item = |code: &str, deprecated| APIError {
        code: code.into(),
        deprecated,
        message: error.message.clone(),
        will_be_deprecated: false,
    };
    let errors = vec![item(error.code, false), item(&reason, true)];
    let mut response = (status, axum::Json(APIErrors { errors })).into_response();
    if status == StatusCode::UNAUTHORIZED {
        for challenge in [r#"Bearer realm="api""#, r#"Basic realm="api", charset="UTF-8""#] {
            response.headers_mut().append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
    }
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
