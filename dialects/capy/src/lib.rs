//! Capy's public API, revision of 2026-06-26: projects, captain threads with messages and tags, models, browser
//! snapshots, usage.
//!
//! Mounted at `/api/v1`, the base of Capy's clients, and at `/v1`.

mod claims;
mod convert;
mod cursor;
mod error;
mod guide;
mod routes;
mod wire;

use axum::{http::StatusCode, response::Response};
use dialect_kit::{
    Begin, Claim, Contract, Credential, Fault, Guide, Head, Routes, Surface,
    access::{Needs, READ, WRITE},
    credential,
    openapi::Terms,
    routes,
};
use domain::{Result, ThreadId, caller::Scope};
use utoipa::{
    PartialSchema,
    openapi::{
        Info, PathItem,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use routes::{messages, models, projects, snapshots, tags, tasks, threads, usage};

/// The dialect.
pub struct Capy;

/// Capy's form of a thread's id: this prefix and 32 hex digits.
const THREAD_PREFIX: &str = "jam_";

const FOR_A_MEMBER: &[(&str, Needs)] = &[("`impersonateUserEmail`", Needs::Scope(Scope::Impersonate))];
/// Without the scope, it is null.
const STATE: &[(&str, Needs)] = &[("to see `storageState`", Needs::Scope(Scope::Write))];

/// The routes under both bases.
fn table() -> Routes {
    Routes::new()
        .routes(routes!(threads::list_threads: READ, threads::create_and_start_thread: WRITE.also(FOR_A_MEMBER)))
        .routes(routes!(threads::get_thread: READ))
        .routes(routes!(threads::stop_thread: WRITE))
        .routes(routes!(threads::archive_thread: WRITE.also(FOR_A_MEMBER)))
        .routes(routes!(threads::unarchive_thread: WRITE.also(FOR_A_MEMBER)))
        .routes(routes!(tags::set_thread_tags: WRITE))
        .routes(routes!(messages::send_thread_message: WRITE.also(FOR_A_MEMBER)))
        .routes(routes!(messages::list_thread_messages: READ))
        .routes(routes!(projects::list_projects: READ))
        .routes(routes!(projects::get_project: READ))
        .routes(routes!(tags::list_thread_tags: READ, tags::create_thread_tag: WRITE))
        .routes(routes!(snapshots::list_browser_snapshots: READ, snapshots::create_browser_snapshot: WRITE))
        .routes(routes!(
            snapshots::get_browser_snapshot: READ.also(STATE),
            snapshots::update_browser_snapshot: WRITE,
            snapshots::delete_browser_snapshot: WRITE,
        ))
        .routes(routes!(tasks::list_tasks: READ))
        .routes(routes!(tasks::get_task: READ))
        .routes(routes!(usage::get_usage: READ))
}

/// The routes that another dialect has under the bare base.
fn own_table() -> Routes {
    Routes::new().routes(routes!(models::list_models: READ))
}

/// The table again with other operation names, because a document may contain each name once.
fn bare_table() -> Routes {
    table().edit(|document| {
        for item in document.paths.paths.values_mut() {
            let PathItem { get, put, post, patch, delete, .. } = item;
            for operation in [get, put, post, patch, delete].into_iter().flatten() {
                operation.operation_id = operation.operation_id.take().map(|id| format!("{id}Bare"));
            }
        }
    })
}

impl Surface for Capy {
    fn name(&self) -> &'static str {
        "capy"
    }

    fn claims(&self, head: &Head<'_>) -> Option<Claim> {
        claims::claim(head)
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
}

impl Contract for Capy {
    fn terms(&self) -> Terms {
        let bearer =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A key of the project")).build();
        Terms {
            info: Info::new("Capy API", "1.0.0"),
            security: vec![("bearerAuth", SecurityScheme::Http(bearer))],
            error: ("ErrorResponse", wire::ErrorResponse::schema()),
            error_content_type: "application/json",
            invalid: StatusCode::UNPROCESSABLE_ENTITY,
            unauthenticated: StatusCode::UNAUTHORIZED,
        }
    }

    fn guide(&self, begin: &Begin<'_>) -> Guide {
        guide::guide(begin)
    }

    fn spell_thread(&self, id: ThreadId) -> String {
        id.prefixed(THREAD_PREFIX)
    }

    fn parse_thread(&self, text: &str) -> Option<ThreadId> {
        ThreadId::parse_prefixed(THREAD_PREFIX, text)
    }
}
