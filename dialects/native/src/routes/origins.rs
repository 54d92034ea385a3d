//! Origins of the web whose pages may speak to the project.

use axum::extract::State;
use dialect_kit::{Authed, Json};
use engine::App;

use super::{Found, found};
use crate::wire;

/// List the origins whose pages may use this API with a key of the project.
///
/// A new project has none.
#[utoipa::path(
    get, path = "/threadline/v1/origins", operation_id = "list_origins", tag = "projects",
    responses((status = 200, description = "All of them", body = wire::Origins))
)]
pub async fn list(State(app): State<App>, Authed(caller): Authed) -> Found<wire::Origins> {
    found(wire::Origins { origins: app.list_origins(&caller).await? })
}

/// Set the origins whose pages may use this API with a key of the project.
///
/// The list replaces the one before.
#[utoipa::path(
    put, path = "/threadline/v1/origins", operation_id = "set_origins", tag = "projects",
    request_body = wire::Origins,
    responses((status = 200, description = "All of them", body = wire::Origins))
)]
pub async fn set(State(app): State<App>, Authed(caller): Authed, body: Json<wire::Origins>) -> Found<wire::Origins> {
    found(wire::Origins { origins: app.set_origins(&caller, body.value.origins).await? })
}
