//! Projects.

use axum::extract::State;
use dialect_kit::{Authed, IdempotencyHeader, IdempotencyKey, Json, Params, Query};
use domain::ProjectId;
use engine::App;
use uuid::Uuid;

use super::{Conflict, Created, Found, created, found, project_id};
use crate::{
    page::{Asked, Page, PageQuery},
    wire,
};

/// Make a project with its agent `default`.
///
/// The caller must administer the installation: with a key of the project `default` and the scope `admin`.
#[utoipa::path(
    post, path = "/threadline/v1/projects", operation_id = "create_project", tag = "projects",
    params(IdempotencyHeader), request_body = wire::NewProject,
    responses((status = 201, description = "The project", body = wire::Project), Conflict)
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewProject>,
) -> Created<wire::Project> {
    let origin = key.with_body("POST /threadline/v1/projects", &source);
    let project = app.create_project(&caller, &value.name, origin).await?;
    let quota = app.quota(project.id);
    created(wire::Project::of(project, quota))
}

/// List projects, oldest first.
///
/// An administrator of the installation sees all projects, others see their own. Each project has the bytes that it has stored and may
/// store.
#[utoipa::path(
    get, path = "/threadline/v1/projects", operation_id = "list_projects", tag = "projects", params(PageQuery),
    responses((status = 200, description = "A page of projects", body = Page<wire::Project>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<PageQuery>,
) -> Found<Page<wire::Project>> {
    let asked: Asked<Uuid> = Asked::read(&app, &caller, "projects", (), query)?;
    let projects = app.list_projects(&caller, asked.from.map(ProjectId), asked.rows()).await?;
    found(asked.page(
        projects,
        |project| project.id.0,
        |project| {
            let quota = app.quota(project.id);
            wire::Project::of(project, quota)
        },
    ))
}

/// Change the budgets of a project.
///
/// A key changes its own project.
#[utoipa::path(
    patch, path = "/threadline/v1/projects/{project}", operation_id = "update_project", tag = "projects",
    params(("project" = wire::Id, Path)), request_body = wire::ProjectPatch,
    responses((status = 200, description = "The project after the change", body = wire::Project))
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: Json<wire::ProjectPatch>,
) -> Found<wire::Project> {
    let budgets = wire::budget::budgets(body.value.budgets);
    let project = app.set_project_budgets(&caller, project_id(&params)?, budgets).await?;
    let quota = app.quota(project.id);
    found(wire::Project::of(project, quota))
}
