//! `/projects`.

use axum::{Json, extract::State};
use dialect_kit::{Answer, Authed, Params, Query};
use engine::App;

use super::own_project;
use crate::{convert, cursor, wire};

#[utoipa::path(
    get,
    path = "/projects",
    tag = "projects",
    operation_id = "listProjects",
    summary = "List projects",
    description = "List projects available to the API token: its own.",
    params(wire::ListProjectsQuery),
    responses((status = 200, description = "Success", body = wire::ListProjectsResponse)),
)]
pub async fn list_projects(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<wire::ListProjectsQuery>,
) -> Answer<Json<wire::ListProjectsResponse>> {
    // One project fits on every page, so no cursor was ever issued.
    if query.cursor.is_some() {
        return Err(cursor::not_of_list().into());
    }
    let own = app.project(&caller).await?;
    Ok(Json(wire::ListProjectsResponse { items: vec![convert::project(own)], next_cursor: None, has_more: false }))
}

#[utoipa::path(
    get,
    path = "/projects/{projectId}",
    tag = "projects",
    operation_id = "getProject",
    summary = "Get project",
    description = "Get a single project.",
    params(("projectId" = String, Path, description = "Project ID.", example = "proj_123")),
    responses((status = 200, description = "Success", body = wire::Project)),
)]
pub async fn get_project(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
) -> Answer<Json<wire::Project>> {
    own_project(&params, &caller)?;
    Ok(Json(convert::project(app.project(&caller).await?)))
}
