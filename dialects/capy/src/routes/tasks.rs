//! `/tasks`.

use axum::Json;
use dialect_kit::{Answer, Authed, Query};
use domain::{Error, codes};

use super::is_own_project;
use crate::{cursor, wire};

#[utoipa::path(
    get,
    path = "/tasks",
    tag = "tasks",
    operation_id = "listTasks",
    summary = "List tasks",
    description = "List tasks of a project. Threads delegate nothing yet, so every page is empty.",
    params(wire::ListTasksQuery),
    responses((status = 200, description = "Success", body = wire::ListTasksResponse)),
)]
pub async fn list_tasks(
    Authed(caller): Authed,
    Query(query): Query<wire::ListTasksQuery>,
) -> Answer<Json<wire::ListTasksResponse>> {
    is_own_project(&query.project_id, &caller)?;
    if query.cursor.is_some() {
        return Err(cursor::not_of_list().into());
    }
    Ok(Json(wire::ListTasksResponse { items: Vec::new(), next_cursor: None, has_more: false }))
}

#[utoipa::path(
    get,
    path = "/tasks/{taskId}",
    tag = "tasks",
    operation_id = "getTask",
    summary = "Get task",
    description = "Get a task by UUID. Threads delegate nothing yet, so every id is unknown.",
    params((
        "taskId" = String, Path, description = "Task UUID.", format = Uuid,
        example = "550e8400-e29b-41d4-a716-446655440000",
    )),
    responses((status = 200, description = "Success", body = wire::Task)),
)]
pub async fn get_task() -> Answer<Json<()>> {
    Err(Error::not_found(codes::TASK_NOT_FOUND, "Task").into())
}
