//! `/threads/{threadId}/message` and `/threads/{threadId}/messages`.

use axum::{Json, extract::State};
use dialect_kit::{Answer, Authed, Conditional, ETag, IdempotencyHeader, IdempotencyKey, IfNoneMatch, Params, Query};
use engine::{App, Fitted, app::messages::list::Poll};

use super::thread_id;
use crate::{convert, cursor::ListCursors, wire};

#[utoipa::path(
    post,
    path = "/threads/{threadId}/message",
    tag = "threads",
    operation_id = "sendThreadMessage",
    summary = "Send thread message",
    description = "Send a message to an existing thread.",
    params(("threadId" = String, Path, description = "Thread jam ID.", example = "jam_123"), IdempotencyHeader),
    request_body = wire::SendThreadMessageBody,
    responses(
        (status = 200, description = "Success", body = wire::SendMessageResponse),
        (status = 409, description = "The messageId, or the key, was used for a different message", body = wire::ErrorResponse),
    ),
)]
pub async fn send_thread_message(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    body: dialect_kit::Json<wire::SendThreadMessageBody>,
) -> Answer<Json<wire::SendMessageResponse>> {
    let send = convert::send(&app, thread_id(&params)?, body.value, &body.source, key)?;
    let sent = app.send(&caller, send).await.map_err(convert::in_wire_names)?;
    Ok(Json(wire::SendMessageResponse { id: sent.message.id.to_string(), status: wire::Status::Sent }))
}

#[utoipa::path(
    get,
    path = "/threads/{threadId}/messages",
    tag = "threads",
    operation_id = "listThreadMessages",
    summary = "List thread messages",
    description = "List messages in a captain thread, the newest first. With `If-None-Match`, an unchanged thread is a 304.",
    params(("threadId" = String, Path, description = "Thread jam ID.", example = "jam_123"), wire::ListMessagesQuery),
    responses(
        (status = 200, description = "Success", body = wire::ListMessagesResponse),
        (status = 304, description = "Unchanged since the client read it"),
    ),
)]
pub async fn list_thread_messages(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    known: IfNoneMatch,
    Query(query): Query<wire::ListMessagesQuery>,
) -> Answer<Conditional<wire::ListMessagesResponse>> {
    let id = thread_id(&params)?;
    let (cursors, limit) = (ListCursors::new(&app, &caller, "messages", id.0.as_bytes()), query.limit.0);
    let before = query.cursor.as_deref().map(|cursor| cursors.open(cursor)).transpose()?.map(i64::from_be_bytes);
    let tag = |last_seq: i64| {
        ETag::at(last_seq, &[id.0.as_bytes(), &limit.to_be_bytes(), &before.unwrap_or(i64::MAX).to_be_bytes()])
    };
    let poll = Poll { before, limit, known: known.position(tag) };
    let (last_seq, page) = app.poll_messages(&caller, id, poll).await?;
    let tag = tag(last_seq);
    if known.has(&tag) {
        return Ok(Conditional::unchanged(tag));
    }
    let Fitted { rows: messages, more: has_more, .. } = page;
    let last = messages.last().filter(|_| has_more);
    let page = wire::ListMessagesResponse {
        next_cursor: last.map(|message| cursors.seal(&message.seq.to_be_bytes())),
        items: messages.iter().map(convert::listed).collect(),
        has_more,
    };
    Ok(Conditional::whole(tag, page))
}
