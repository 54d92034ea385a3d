//! `/threads/{threadId}/message` and `/threads/{threadId}/messages`.

use axum::{Json, extract::State};
use dialect_kit::{Answer, Authed, Dialect, Params, Query};
use domain::{Error, Result, ThreadId};
use engine::{
    App,
    app::listing::{From, Page},
};

use crate::{Capy, convert, cursor::MessageCursors, wire};

#[utoipa::path(
    post,
    path = "/threads/{threadId}/message",
    tag = "threads",
    operation_id = "sendThreadMessage",
    summary = "Send thread message",
    description = "Send a message to an existing thread.",
    params(("threadId" = String, Path, description = "Thread jam ID.", example = "jam_123")),
    request_body = wire::SendThreadMessageBody,
    responses(
        (status = 200, description = "Success", body = wire::SendMessageResponse),
        (status = 409, description = "The messageId was used for a different message", body = wire::ErrorResponse),
    ),
)]
pub async fn send_thread_message(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: dialect_kit::Json<wire::SendThreadMessageBody>,
) -> Answer<Json<wire::SendMessageResponse>> {
    let send = convert::send(thread_id(&params)?, body.value, &body.source, app.limits())?;
    let sent = app.send(&caller, send).await.map_err(convert::in_wire_names)?;
    Ok(Json(wire::SendMessageResponse { id: sent.message.id.to_string(), status: wire::Status::Sent }))
}

#[utoipa::path(
    get,
    path = "/threads/{threadId}/messages",
    tag = "threads",
    operation_id = "listThreadMessages",
    summary = "List thread messages",
    description = "List messages in a captain thread, the newest first.",
    params(("threadId" = String, Path, description = "Thread jam ID.", example = "jam_123"), wire::ListMessagesQuery),
    responses((status = 200, description = "Success", body = wire::ListMessagesResponse)),
)]
pub async fn list_thread_messages(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<wire::ListMessagesQuery>,
) -> Answer<Json<wire::ListMessagesResponse>> {
    let thread = thread_id(&params)?;
    let (cursors, limit) = (MessageCursors::new(&app, &caller, thread), query.limit.0);
    let before = query.cursor.map(|cursor| cursors.open(&cursor)).transpose()?;
    let page = Page { from: From::Before(before), limit: limit + 1, listed: true };
    let (_, mut messages) = app.list_messages(&caller, thread, page).await?;
    let has_more = messages.len() as i64 > limit;
    messages.truncate(limit as usize);
    let last = messages.last().filter(|_| has_more);
    Ok(Json(wire::ListMessagesResponse {
        next_cursor: last.map(|message| cursors.seal(message.seq)),
        items: messages.iter().map(convert::listed).collect(),
        has_more,
    }))
}

/// An id of a wrong form is the id of no thread.
fn thread_id(params: &Params) -> Result<ThreadId> {
    params.parse("threadId", |text| Capy.parse_thread(text), || Error::not_found("thread_not_found", "Thread"))
}
