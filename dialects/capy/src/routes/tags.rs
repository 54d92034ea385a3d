//! `/projects/{projectId}/tags` and `/threads/{threadId}/tags`.

use axum::{Json, extract::State};
use dialect_kit::{Answer, Authed, IdempotencyHeader, IdempotencyKey, Params};
use engine::App;

use super::{own_project, thread_id};
use crate::{convert, wire};

#[utoipa::path(
    get,
    path = "/projects/{projectId}/tags",
    tag = "tags",
    operation_id = "listThreadTags",
    summary = "List tags",
    description = "List the tags of the project, by name.",
    params(("projectId" = String, Path, description = "Project ID.", example = "proj_123")),
    responses((status = 200, description = "Success", body = wire::ListThreadTagsResponse)),
)]
pub async fn list_thread_tags(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
) -> Answer<Json<wire::ListThreadTagsResponse>> {
    own_project(&params, &caller)?;
    let items = convert::tags(app.list_tags(&caller).await?);
    Ok(Json(wire::ListThreadTagsResponse { items }))
}

#[utoipa::path(
    post,
    path = "/projects/{projectId}/tags",
    tag = "tags",
    operation_id = "createThreadTag",
    summary = "Create tag",
    description = "Create a tag for the project's threads. A name that it knows gets the colour.",
    params(("projectId" = String, Path, description = "Project ID.", example = "proj_123"), IdempotencyHeader),
    request_body = wire::CreateThreadTagBody,
    responses((status = 200, description = "Success", body = wire::ThreadTag)),
)]
pub async fn create_thread_tag(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    body: dialect_kit::Json<wire::CreateThreadTagBody>,
) -> Answer<Json<wire::ThreadTag>> {
    own_project(&params, &caller)?;
    let origin = key.with_body("capy.createThreadTag", &body.source);
    let tag = app.keyed(origin).define_tag(&caller, convert::tag(body.value)).await?;
    Ok(Json(convert::known_tag(tag)))
}

#[utoipa::path(
    put,
    path = "/threads/{threadId}/tags",
    tag = "tags",
    operation_id = "setThreadTags",
    summary = "Set thread tags",
    description = "Replace the tags assigned to a captain thread. Each must be a tag of the project.",
    params(("threadId" = String, Path, description = "Thread jam ID.", example = "jam_123")),
    request_body = wire::SetThreadTagsBody,
    responses((status = 200, description = "Success", body = wire::SetThreadTagsResponse)),
)]
pub async fn set_thread_tags(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: dialect_kit::Json<wire::SetThreadTagsBody>,
) -> Answer<Json<wire::SetThreadTagsResponse>> {
    let tags = app.set_thread_tags(&caller, thread_id(&params)?, body.value.tags.0, true).await?;
    Ok(Json(wire::SetThreadTagsResponse { tags: convert::tags(tags) }))
}
