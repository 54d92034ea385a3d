//! `/api/v1/threads/{threadId}/messages`.

use axum::{Json, extract::State};
use dialect_kit::{Answer, Authed, IdempotencyHeader, IdempotencyKey, Params, Query};
use domain::{Caller, Error};
use engine::{
    App, Fitted,
    app::messages::{Send, receipts::Wanted},
};

use super::{last_seen, message_id, thread_id};
use crate::{convert, wire};

#[utoipa::path(
    post,
    path = "/api/v1/threads/{threadId}/messages",
    tag = "SMS Threads",
    operation_id = "sendWebChatMessage",
    summary = "Send a message to a web chat thread",
    description = "Send an inbound user message to a web chat thread. Agent replies are delivered via SSE or polling.",
    params(("threadId" = String, Path, format = "uuid"), IdempotencyHeader),
    request_body = wire::SendMessageBody,
    responses((status = 200, description = "Message accepted for processing", body = wire::SendMessageResponse)),
)]
pub async fn send_message(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    body: dialect_kit::Json<wire::SendMessageBody>,
) -> Answer<Json<wire::SendMessageResponse>> {
    let origin = key.with_body(SEND, &body.source);
    let message = convert::message::send(thread_id(&params)?, body.value.message.0, None);
    send(&app, &caller, Send { origin, ..message }).await.map(Json)
}

/// The stored name of the operation in origin keys.
pub(super) const SEND: &str = "feather.sendMessage";

pub(super) async fn send(app: &App, caller: &Caller, send: Send) -> Answer<wire::SendMessageResponse> {
    let sent = app.send(caller, send).await?;
    let ends_at = sent.window_ends_at.ok_or_else(|| Error::internal("a send through Feather gave no window"))?;
    Ok(wire::SendMessageResponse {
        status: "accepted",
        thread_id: sent.message.thread.to_string(),
        message_id: sent.message.id.to_string(),
        window_expires_in: convert::message::seconds_left(ends_at, app.clock().now()),
    })
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
    let standing = query.status.map(convert::message::standing);
    // No message has a status of the telephone network.
    let rows = if standing == Some(None) { 0 } else { limit };
    let by_person = query.direction.map(|direction| direction == wire::Direction::Inbound);
    let wanted = Wanted { before, limit: rows, by_person, standing: standing.flatten(), after: None };
    let (thread, Fitted { rows: messages, more, .. }) = app.list_receipted(&caller, thread, wanted).await?;
    let next_cursor = messages.last().filter(|_| more).map(|(message, _)| message.id.to_string());
    let agent = app.agent(&caller, thread.agent).await?;
    let thread = convert::message::thread_messages(agent, &messages, wire::Pagination { limit, next_cursor });
    Ok(Json(wire::ListMessagesResponse { thread }))
}

#[utoipa::path(
    post,
    path = "/api/v1/threads/{threadId}/messages/{messageId}/read",
    tag = "SMS Threads",
    operation_id = "readMessage",
    summary = "Mark a message as read",
    description = "It counts as read by the thread's person. The first time is kept.",
    params(
        ("threadId" = String, Path, format = "uuid"), ("messageId" = String, Path, format = "uuid"), IdempotencyHeader
    ),
    responses((status = 200, description = "The message after the change", body = wire::MessageResponse)),
)]
pub async fn read_message(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
) -> Answer<Json<wire::MessageResponse>> {
    let reader = app.keyed(key.without_body("feather.readMessage"));
    let (message, receipt) = reader.note_read(&caller, thread_id(&params)?, message_id(&params)?).await?;
    Ok(Json(wire::MessageResponse { message: convert::message::thread_message(&message, &receipt) }))
}
