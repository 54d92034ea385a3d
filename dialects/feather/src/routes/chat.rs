//! `/api/v1/chat/threads`: for browsers, whose users have no key but a token of their one thread.

use axum::{Json, extract::State, http::HeaderMap};
use dialect_kit::{Answer, IdempotencyHeader, IdempotencyKey, Origin, Params, Query, Streams};
use domain::{Error, GuestId, MessageId, Result, Timestamp, message::Message};
use engine::{App, Fitted, app::messages::receipts::Wanted};

use super::{
    follow::{last_event_id, open_stream},
    last_seen, message_id, thread_id,
    visitor::Visitor,
};
use crate::{convert, wire};

#[utoipa::path(
    post,
    path = "/api/v1/chat/threads",
    tag = "Chat",
    operation_id = "beginChat",
    summary = "Begin a thread without a key",
    description = "With an agent that lets guests in, by its guest_id (native API). From a page of an origin that the agent does \
                   not list: 403.",
    request_body = wire::BeginChatBody,
    responses(
        (status = 200, description = "The thread and its token", body = wire::BeginChatResponse),
        (status = 403, description = "The agent does not list the page's origin", body = wire::ErrorResponse),
    ),
)]
pub async fn begin(
    State(app): State<App>,
    origin: Origin,
    body: dialect_kit::Json<wire::BeginChatBody>,
) -> Answer<Json<wire::BeginChatResponse>> {
    let (thread, token) = app.begin_as_guest(guest_id(&body.agent_id)?, origin.text()).await?;
    origin.allow();
    let (thread_id, expires_at) = (thread.id.to_string(), token.expires_at);
    Ok(Json(wire::BeginChatResponse { thread_id, token: token.text, expires_at }))
}

#[utoipa::path(
    get,
    path = "/api/v1/chat/threads/{threadId}",
    tag = "Chat",
    operation_id = "getChat",
    summary = "Get the thread of a token",
    params(("threadId" = String, Path, format = "uuid")),
    responses((status = 200, description = "The thread", body = wire::ChatThreadResponse)),
)]
pub async fn get(State(app): State<App>, visitor: Visitor) -> Answer<Json<wire::ChatThreadResponse>> {
    let Visitor { caller, thread } = visitor;
    let found = app.thread(&caller, thread).await?;
    let variables = app.variables_of(std::slice::from_ref(&found)).await?.pop().unwrap_or_default();
    let thread = convert::thread::chat_thread(found, variables, app.clock().now());
    Ok(Json(wire::ChatThreadResponse { thread }))
}

#[utoipa::path(
    get,
    path = "/api/v1/chat/threads/{threadId}/messages",
    tag = "Chat",
    operation_id = "getChatMessages",
    summary = "Get the messages of a token's thread",
    params(("threadId" = String, Path, format = "uuid"), wire::ChatMessagesQuery),
    responses((status = 200, description = "A page of messages, the newest first", body = wire::ChatMessagesResponse)),
)]
pub async fn list_messages(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<wire::ChatMessagesQuery>,
) -> Answer<Json<wire::ChatMessagesResponse>> {
    let Visitor { caller, thread } = visitor;
    let limit = query.limit.0;
    let before = match query.cursor {
        Some(cursor) => {
            let (at, id) = read_cursor(&cursor)?;
            let last = last_seen(&app, &caller, thread, "cursor", &id.to_string()).await?;
            Some(Some(last.seq).filter(|_| last.at == at).ok_or_else(no_cursor)?)
        }
        None => None,
    };
    let wanted = Wanted { before, limit, ..Wanted::default() };
    let (_, Fitted { rows: messages, more, .. }) = app.list_receipted(&caller, thread, wanted).await?;
    let next_cursor = messages.last().filter(|_| more).map(|(message, _)| cursor(message));
    let messages = messages.iter().map(|(message, receipt)| convert::message::chat_message(message, receipt)).collect();
    Ok(Json(wire::ChatMessagesResponse { messages, pagination: wire::Pagination { limit, next_cursor } }))
}

#[utoipa::path(
    post,
    path = "/api/v1/chat/threads/{threadId}/messages",
    tag = "Chat",
    operation_id = "sendChatMessage",
    summary = "Send a message to a token's thread",
    params(("threadId" = String, Path, format = "uuid"), IdempotencyHeader),
    request_body = wire::SendMessageBody,
    responses((status = 200, description = "Message accepted for processing", body = wire::SendMessageResponse)),
)]
pub async fn send_message(
    State(app): State<App>,
    visitor: Visitor,
    key: IdempotencyKey,
    body: dialect_kit::Json<wire::SendMessageBody>,
) -> Answer<Json<wire::SendMessageResponse>> {
    super::messages::send(&app, &visitor.caller, visitor.thread, key, body).await.map(Json)
}

#[utoipa::path(
    post,
    path = "/api/v1/chat/threads/{threadId}/messages/{messageId}/read",
    tag = "Chat",
    operation_id = "readChatMessage",
    summary = "Mark a message as read",
    params(
        ("threadId" = String, Path, format = "uuid"), ("messageId" = String, Path, format = "uuid"), IdempotencyHeader
    ),
    responses((status = 200, description = "The message after the change", body = wire::ChatMessageResponse)),
)]
pub async fn read_message(
    State(app): State<App>,
    visitor: Visitor,
    params: Params,
    key: IdempotencyKey,
) -> Answer<Json<wire::ChatMessageResponse>> {
    let reader = app.keyed(key.without_body("feather.readMessage"));
    let (message, receipt) = reader.note_read(&visitor.caller, visitor.thread, message_id(&params)?).await?;
    Ok(Json(wire::ChatMessageResponse { message: convert::message::chat_message(&message, &receipt) }))
}

#[utoipa::path(
    post,
    path = "/api/v1/chat/threads/{threadId}/stream-ticket",
    tag = "Chat",
    operation_id = "createStreamTicket",
    summary = "Get a ticket for the stream",
    description = "A browser's EventSource sends no headers and uses a ticket instead. \
        The ticket can open the stream for a minute. The stream ends with the token.",
    params(("threadId" = String, Path, format = "uuid")),
    responses((status = 200, description = "The ticket", body = wire::StreamTicketResponse)),
)]
pub async fn create_ticket(State(app): State<App>, visitor: Visitor) -> Answer<Json<wire::StreamTicketResponse>> {
    let ticket = app.ticket(&visitor.caller, visitor.thread).await?;
    Ok(Json(wire::StreamTicketResponse { ticket: ticket.text, expires_at: ticket.expires_at }))
}

#[utoipa::path(
    get,
    path = "/api/v1/chat/threads/{threadId}/stream",
    tag = "Chat",
    operation_id = "streamChatMessages",
    summary = "Stream new messages of a ticket's thread",
    params(
        ("threadId" = String, Path, format = "uuid"),
        wire::ChatStreamQuery,
        ("Last-Event-ID" = Option<String>, Header, format = "uuid", nullable = false,
         description = "A message of this thread; the stream begins after it"),
    ),
    responses(
        (status = 200, description = "SSE stream of new agent messages", body = wire::MessageHead, content_type = "text/event-stream"),
        (status = 403, description = "The ticket is not valid, or the page's origin is not allowed", body = wire::ErrorResponse),
    ),
)]
pub async fn stream_messages(
    State(app): State<App>,
    origin: Origin,
    params: Params,
    Query(query): Query<wire::ChatStreamQuery>,
    headers: HeaderMap,
    streams: Streams,
) -> Answer {
    let thread = thread_id(&params)?;
    let caller = app.redeem_ticket(&query.ticket, thread).await?;
    if let Some(page) = origin.text() {
        app.admit_page(&caller, thread, page).await?;
        origin.allow();
    }
    let last = last_event_id(&headers)?.or(query.last_event_id.as_deref());
    open_stream(app, caller, thread, last, streams).await
}

/// The id by which guests know an agent.
fn guest_id(text: &str) -> Result<GuestId> {
    GuestId::parse(text).ok_or_else(|| Error::field("agentId", "must be a UUID"))
}

/// `<createdAt>_<id>` of the page's last message.
fn cursor(message: &Message) -> String {
    format!("{}_{}", message.at, message.id)
}

fn read_cursor(text: &str) -> Result<(Timestamp, MessageId)> {
    let (at, id) = text.split_once('_').ok_or_else(no_cursor)?;
    Ok((Timestamp::parse(at).ok_or_else(no_cursor)?, MessageId::parse(id).ok_or_else(no_cursor)?))
}

fn no_cursor() -> Error {
    Error::field("cursor", "is not a message of this thread")
}
