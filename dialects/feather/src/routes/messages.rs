//! `/api/v1/threads/{threadId}/messages`.

use axum::{Json, extract::State};
use dialect_kit::{Answer, Authed, Params, Query};
use domain::Error;
use engine::{
    App,
    app::listing::{From, Page},
};

use super::{last_seen, thread_id};
use crate::{convert, wire};

#[utoipa::path(
    post,
    path = "/api/v1/threads/{threadId}/messages",
    tag = "SMS Threads",
    operation_id = "sendWebChatMessage",
    summary = "Send a message to a web chat thread",
    description = "Send an inbound user message to a web chat thread. Agent replies are delivered via SSE or polling.",
    params(("threadId" = String, Path, format = "uuid")),
    request_body = wire::SendMessageBody,
    responses((status = 200, description = "Message accepted for processing", body = wire::SendMessageResponse)),
)]
pub async fn send_message(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: dialect_kit::Json<wire::SendMessageBody>,
) -> Answer<Json<wire::SendMessageResponse>> {
    let sent = app.send(&caller, convert::send(thread_id(&params)?, body.value)).await?;
    let ends_at = sent.window_ends_at.ok_or_else(|| Error::internal("a send through Feather gave no window"))?;
    Ok(Json(wire::SendMessageResponse {
        status: "accepted",
        thread_id: sent.message.thread.to_string(),
        message_id: sent.message.id.to_string(),
        window_expires_in: convert::seconds_left(ends_at, app.clock().now()),
    }))
}

#[utoipa::path(
    get,
    path = "/api/v1/threads/{threadId}/messages",
    tag = "SMS Threads",
    operation_id = "getThreadMessages",
    summary = "Get messages for a thread",
    description = "Get messages for a specific thread with cursor-based pagination, the newest first.",
    params(("threadId" = String, Path, format = "uuid"), wire::ListMessagesQuery),
    responses((status = 200, description = "Thread messages", body = wire::ListMessagesResponse)),
)]
pub async fn list_messages(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<wire::ListMessagesQuery>,
) -> Answer<Json<wire::ListMessagesResponse>> {
    let (thread, limit) = (thread_id(&params)?, query.limit.0);
    let before = match query.cursor {
        Some(cursor) => Some(last_seen(&app, &caller, thread, "cursor", &cursor).await?.seq),
        None => None,
    };
    let page = Page { from: From::Before(before), limit: limit + 1, listed: true };
    let (thread, mut messages) = app.list_messages(&caller, thread, page).await?;
    let has_more = messages.len() as i64 > limit;
    messages.truncate(limit as usize);
    let next_cursor = messages.last().filter(|_| has_more).map(|message| message.id.to_string());
    let agent = app.agent(&caller, thread.agent).await?;
    let thread = convert::thread_messages(agent, &messages, wire::Pagination { limit, next_cursor });
    Ok(Json(wire::ListMessagesResponse { thread }))
}
