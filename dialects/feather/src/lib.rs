//! Feather AI's public API (docs.featherhq.com): web chat threads, their messages and the stream of replies.

mod claims;
mod convert;
mod error;
mod routes;
mod stream;
mod wire;

use axum::{http::StatusCode, http::header::AUTHORIZATION, response::Response};
use dialect_kit::{Credential, Dialect, Fault, Head, credential, openapi::Contract};
use domain::{Error, Result, ThreadId};
use engine::App;
use utoipa::{
    PartialSchema,
    openapi::{
        Info,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use routes::{follow, messages};

/// The dialect, to be registered with the doors.
pub struct Feather;

/// The header of the key.
const KEY_HEADER: &str = "x-api-key";

impl Dialect for Feather {
    fn name(&self) -> &'static str {
        "feather"
    }

    fn claims(&self, head: &Head<'_>) -> Option<usize> {
        claims::length(head)
    }

    /// `X-API-Key`. Where another API has the same path, an `Authorization` beside it leaves open who is meant.
    fn credential(&self, head: &Head<'_>) -> Result<Credential> {
        let key = credential::header(head.headers, KEY_HEADER)?.ok_or_else(Error::unauthenticated)?;
        if claims::is_shared(head.path) && head.headers.contains_key(AUTHORIZATION) {
            return Err(Error::invalid("two_credentials", "Send X-API-Key or Authorization, not both"));
        }
        Credential::new(key)
    }

    fn render(&self, fault: &Fault) -> Response {
        error::render(fault)
    }

    fn routes(&self) -> OpenApiRouter<App> {
        OpenApiRouter::new()
            .routes(routes!(messages::send_message, messages::list_messages))
            .routes(routes!(follow::stream_messages))
    }

    fn contract(&self) -> Contract {
        Contract {
            info: Info::new("Feather AI API", "1.0.0"),
            security: vec![("ApiKey", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key"))))],
            error: ("ErrorResponse", wire::ErrorResponse::schema()),
            error_content_type: "application/json",
            invalid: StatusCode::BAD_REQUEST,
            unauthenticated: StatusCode::FORBIDDEN,
        }
    }

    fn spell_thread(&self, id: ThreadId) -> String {
        id.to_string()
    }

    fn parse_thread(&self, text: &str) -> Option<ThreadId> {
        ThreadId::parse(text)
    }
}
