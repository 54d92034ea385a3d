//! `/tasks/{taskId}`.

use axum::Json;
use dialect_kit::{Answer, Authed};
use domain::Error;

use crate::wire;

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
pub async fn get_task(Authed(caller): Authed) -> Answer<Json<()>> {
    caller.require(domain::caller::Scope::Read)?;
    Err(Error::not_found("task_not_found", "Task").into())
}
