//! Capy's public API as of its revision of 2026-06-26: captain threads, their messages, browser snapshots.
//!
//! Mounted at `/api/v1`, where Capy's own base leads its clients, and at `/v1`.

mod claims;
mod convert;
mod cursor;
mod error;
mod routes;
mod wire;

use axum::{http::StatusCode, response::Response};
use dialect_kit::{Credential, Dialect, Fault, Head, credential, openapi::Contract};
use domain::{Result, ThreadId};
use engine::App;
use utoipa::{
    PartialSchema,
    openapi::{
        Info, PathItem,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use routes::{messages, snapshots};

/// The dialect, to be registered with the doors.
pub struct Capy;

/// How Capy writes the id of a thread: this and 32 hex digits.
const THREAD_PREFIX: &str = "jam_";

fn table() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(messages::send_thread_message))
        .routes(routes!(messages::list_thread_messages))
        .routes(routes!(snapshots::create_browser_snapshot))
}

/// The table once more, without the names of its operations: a document may have each name once.
fn bare_table() -> OpenApiRouter<App> {
    let mut table = table();
    for item in table.get_openapi_mut().paths.paths.values_mut() {
        let PathItem { get, post, .. } = item;
        for operation in [get, post].into_iter().flatten() {
            operation.operation_id = None;
        }
    }
    table
}

impl Dialect for Capy {
    fn name(&self) -> &'static str {
        "capy"
    }

    fn claims(&self, head: &Head<'_>) -> Option<usize> {
        claims::length(head)
    }

    fn credential(&self, head: &Head<'_>) -> Result<Credential> {
        credential::bearer(head.headers)
    }

    fn render(&self, fault: &Fault) -> Response {
        error::render(fault)
    }

    fn routes(&self) -> OpenApiRouter<App> {
        OpenApiRouter::new().nest("/api/v1", table()).nest("/v1", bare_table())
    }

    fn contract(&self) -> Contract {
        let bearer =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A key of the project")).build();
        Contract {
            info: Info::new("Capy API", "1.0.0"),
            security: vec![("bearerAuth", SecurityScheme::Http(bearer))],
            error: ("ErrorResponse", wire::ErrorResponse::schema()),
            error_content_type: "application/json",
            invalid: StatusCode::UNPROCESSABLE_ENTITY,
            unauthenticated: StatusCode::UNAUTHORIZED,
        }
    }

    fn spell_thread(&self, id: ThreadId) -> String {
        id.prefixed(THREAD_PREFIX)
    }

    fn parse_thread(&self, text: &str) -> Option<ThreadId> {
        ThreadId::parse_prefixed(THREAD_PREFIX, text)
    }
}
