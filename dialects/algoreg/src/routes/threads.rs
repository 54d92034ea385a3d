//! `/api/v1/thread/{id}/messages`.

use axum::{Json, extract::State};
use dialect_kit::{Answer, Authed, Params, Query};
use domain::ThreadId;
use engine::App;

use crate::{convert, wire};

#[utoipa::path(
    get,
    path = "/api/v1/thread/{id}/messages",
    tag = "Go!Chat",
    operation_id = "getThreadMessages",
    summary = "Get thread messages",
    description = "The messages of a thread that have text or attachments, the oldest first.",
    params(("id" = String, Path, format = "uuid"), wire::ListMessagesQuery),
    responses((status = 200, description = "A page of messages", body = wire::Messages)),
)]
pub async fn list_messages(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<wire::ListMessagesQuery>,
) -> Answer<Json<wire::Messages>> {
    let thread: ThreadId = params.parse("id", ThreadId::parse, convert::thread_not_found)?;
    let page = app.correspondence(&caller, thread, query.offset.0, query.limit.0).await?;
    Ok(Json(convert::messages(&page)))
}
