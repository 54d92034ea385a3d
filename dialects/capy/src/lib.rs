//! Capy's public API as of its revision of 2026-06-26: projects, captain threads, their messages and tags,
//! models, browser snapshots, usage.
//!
//! Mounted at `/api/v1`, where Capy's own base leads its clients, and at `/v1`.

mod claims;
mod convert;
mod cursor;
mod error;
mod routes;
mod wire;

use axum::{http::StatusCode, response::Response};
use dialect_kit::{Credential, Dialect, Fault, Head, Routes, credential, openapi::Contract, routes};
use domain::{Result, ThreadId};
use utoipa::{
    PartialSchema,
    openapi::{
        Info, PathItem,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use routes::{messages, models, projects, snapshots, tags, tasks, threads, usage};

/// The dialect, to be registered with the doors.
pub struct Capy;

/// How Capy writes the id of a thread: this and 32 hex digits.
const THREAD_PREFIX: &str = "jam_";

/// What stands under both bases.
fn table() -> Routes {
    Routes::new()
        .routes(routes!(threads::list_threads, threads::create_and_start_thread))
        .routes(routes!(threads::get_thread))
        .routes(routes!(threads::stop_thread))
        .routes(routes!(threads::archive_thread))
        .routes(routes!(threads::unarchive_thread))
        .routes(routes!(tags::set_thread_tags))
        .routes(routes!(messages::send_thread_message))
        .routes(routes!(messages::list_thread_messages))
        .routes(routes!(projects::list_projects))
        .routes(routes!(projects::get_project))
        .routes(routes!(tags::list_thread_tags, tags::create_thread_tag))
        .routes(routes!(snapshots::list_browser_snapshots, snapshots::create_browser_snapshot))
        .routes(routes!(
            snapshots::get_browser_snapshot,
            snapshots::update_browser_snapshot,
            snapshots::delete_browser_snapshot
        ))
        .routes(routes!(tasks::list_tasks))
        .routes(routes!(tasks::get_task))
        .routes(routes!(usage::get_usage))
}

/// What another dialect has under the bare base.
fn own_table() -> Routes {
    Routes::new().routes(routes!(models::list_models))
}

/// The table once more, without the names of its operations: a document may have each name once.
fn bare_table() -> Routes {
    table().edit(|document| {
        for item in document.paths.paths.values_mut() {
            let PathItem { get, put, post, patch, delete, .. } = item;
            for operation in [get, put, post, patch, delete].into_iter().flatten() {
                operation.operation_id = None;
            }
        }
    })
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

    fn routes(&self) -> Routes {
        Routes::new().nest("/api/v1", table().merge(own_table())).nest("/v1", bare_table())
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
