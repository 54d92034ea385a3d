//! `/api/v1/chat/threads`: for browsers, whose users have no key but a token of their one thread.

use std::time::Duration;

use axum::{Json, extract::State, http::HeaderMap};
use dialect_kit::{
    Answer, IdempotencyHeader, IdempotencyKey, Json as Body, Origin, Params, Patience, Query, Shutdown, Source,
    Streams, origin_key,
};
use domain::{
    Caller, Error, GuestId, MessageId, Position, Result, ThreadId, Timestamp,
    message::{Message, Part},
};
use engine::{
    App, Fitted, OriginKind,
    app::{
        messages::{
            Send,
            follow::{Reader, Start},
            receipts::Wanted,
        },
        people::arrivals::Arrival,
    },
};

use super::{
    follow::{last_event_id, open_stream},
    guest, last_seen, message_id,
    messages::SEND,
    thread_id, visit,
    visitor::Visitor,
};
use crate::{convert, live, wire};

#[utoipa::path(
    post,
    path = "/api/v1/chat/threads",
    tag = "Chat",
    operation_id = "beginChat",
    summary = "Begin a thread without a key",
    description = "With an agent that lets guests in, by its guest_id (native API). From a page of an origin that the agent does \
                   not list: 403. The thread and its first message are stored together. The key of the header has at least 22 \
                   characters, belongs to the agent and the page, and is kept for ten minutes. A replay answers the same thread \
                   with another token.",
    params(IdempotencyHeader),
    request_body = wire::BeginChatBody,
    responses(
        (status = 200, description = "The thread and its token", body = wire::BeginChatResponse),
        (status = 403, description = "The agent does not list the page's origin", body = wire::ErrorResponse),
    ),
)]
pub async fn begin(
    State(app): State<App>,
    origin: Origin,
    key: IdempotencyKey,
    Body { value: body, source }: Body<wire::BeginChatBody>,
) -> Answer<Json<wire::BeginChatResponse>> {
    const BEGIN: &str = "feather.beginChat";
    let agent = guest_id(&body.agent_id)?;
    let first = match (body.message, body.client_key) {
        (Some(text), client_key) => {
            let origin = message_name(&app, key.clone(), client_key.as_deref(), &source, BEGIN)?;
            Some(Send { origin, ..convert::message::first(text.0, client_key) })
        }
        (None, None) => None,
        (None, Some(_)) => return Err(Error::field("clientKey", "is allowed only with `message`").into()),
    };
    let metadata = convert::thread::metadata(body.metadata);
    let arrival = Arrival {
        metadata,
        first,
        identity: body.identity,
        origin: key.with_body(BEGIN, &source),
        ..Arrival::from_page(agent, origin.text())
    };
    let arrived = app.arrive(arrival).await.inspect_err(|error| guest::readable(&origin, error));
    let arrived = arrived.map_err(|error| error.renamed(&[("content", "message")]))?;
    origin.allow();
    Ok(Json(wire::BeginChatResponse {
        thread_id: arrived.thread.id.to_string(),
        token: arrived.token.text,
        expires_at: arrived.token.expires_at,
        message_id: arrived.sent.map(|sent| sent.message.id.to_string()),
    }))
}

/// The client's own name of a message, if it has one.
///
/// # Errors
/// `invalid`, at `clientKey`, for a malformed name.
fn message_name(
    app: &App,
    key: IdempotencyKey,
    client_key: Option<&str>,
    source: &Source,
    operation: &'static str,
) -> Result<Option<engine::Origin>> {
    let Some(name) = client_key else { return Ok(None) };
    let name = origin_key(app.limits(), "clientKey", name)?;
    Ok(Some(key.of_message(OriginKind::Client, name, source.fingerprint_of_body(operation))))
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
    patience: Patience,
    shutdown: Shutdown,
    streams: Streams,
) -> Answer<Json<wire::ChatMessagesResponse>> {
    let Visitor { caller, thread } = visitor;
    let list = List { app, caller, thread, query };
    let Some(after) = list.after().await? else { return list.page(None).await.map(Json) };
    // Followed before the list is read, so that nothing comes in between.
    let mut reader = list.app.follow(&list.caller, thread, Start::Beyond(Position::entry(after))).await?;
    let page = list.page(Some(after)).await?;
    let wait = Duration::from_secs(list.query.wait.0);
    if wait.is_zero() || !page.messages.is_empty() {
        return Ok(Json(page));
    }
    let _place = streams.place(&list.caller)?;
    patience.extend(wait);
    tokio::select! {
        met = until_a_message(&mut reader) => met?,
        () = tokio::time::sleep(wait) => {}
        () = shutdown.wait() => {}
    }
    list.page(Some(after)).await.map(Json)
}

/// Until the reader meets a readable message, or the thread is gone.
async fn until_a_message(reader: &mut Reader) -> Result<()> {
    while let Some(items) = reader.next().await? {
        if items.iter().any(|item| live::listed(item).is_some()) {
            break;
        }
    }
    Ok(())
}

/// A list of messages, as it was asked for.
struct List {
    app: App,
    caller: Caller,
    thread: ThreadId,
    query: wire::ChatMessagesQuery,
}

impl List {
    /// The position after which messages are wanted, if the query has one.
    ///
    /// # Errors
    /// `invalid` for fields that do not belong together, an id of no message, and a wait beyond its limit.
    async fn after(&self) -> Result<Option<i64>> {
        let wire::ChatMessagesQuery { after, cursor, wait, .. } = &self.query;
        let most = self.app.limits().wait_s;
        match after {
            Some(_) if cursor.is_some() => Err(Error::field("after", "must not be combined with `cursor`")),
            Some(_) if wait.0 > most => Err(Error::field("wait", format!("must be between 0 and {most}"))),
            Some(after) if after.is_empty() => Ok(Some(0)),
            Some(after) => Ok(Some(last_seen(&self.app, &self.caller, self.thread, "after", after).await?.seq)),
            None if wait.0 > 0 => Err(Error::field("wait", "is allowed only with `after`")),
            None => Ok(None),
        }
    }

    async fn page(&self, after: Option<i64>) -> Answer<wire::ChatMessagesResponse> {
        let Self { app, caller, thread, query } = self;
        let (thread, limit, include) = (*thread, query.limit.0, &query.include);
        let before = match &query.cursor {
            Some(cursor) => {
                let (at, id) = read_cursor(cursor)?;
                let last = last_seen(app, caller, thread, "cursor", &id.to_string()).await?;
                Some(Some(last.seq).filter(|_| last.at == at).ok_or_else(no_cursor)?)
            }
            None => None,
        };
        let wanted = Wanted { before, after, limit, ..Wanted::default() };
        let (_, Fitted { rows: messages, more, .. }) = app.list_receipted(caller, thread, wanted).await?;
        let next_cursor = messages.last().filter(|_| more).map(|(message, _)| match after {
            Some(_) => message.id.to_string(),
            None => cursor(message),
        });
        let faces = match include.has(wire::Further::Author) || include.has(wire::Further::Handling) {
            true => Some(app.faces(caller, thread).await?),
            false => None,
        };
        let messages = messages
            .iter()
            .map(|(message, receipt)| convert::message::chat_message_with(message, receipt, include, faces.as_ref()));
        Ok(wire::ChatMessagesResponse {
            messages: messages.collect(),
            pagination: wire::Pagination { limit, next_cursor },
            handling: faces
                .filter(|_| include.has(wire::Further::Handling))
                .map(|faces| convert::face::handling(&faces)),
        })
    }
}

#[utoipa::path(
    post,
    path = "/api/v1/chat/threads/{threadId}/messages",
    tag = "Chat",
    operation_id = "sendChatMessage",
    summary = "Send a message to a token's thread",
    params(("threadId" = String, Path, format = "uuid"), IdempotencyHeader),
    request_body = wire::SendChatMessageBody,
    responses((status = 200, description = "Message accepted for processing", body = wire::SendMessageResponse)),
)]
pub async fn send_message(
    State(app): State<App>,
    visitor: Visitor,
    key: IdempotencyKey,
    Body { value: body, source }: Body<wire::SendChatMessageBody>,
) -> Answer<Json<wire::SendMessageResponse>> {
    let origin = match message_name(&app, key.clone(), body.client_key.as_deref(), &source, SEND)? {
        Some(name) => Some(name),
        None => key.with_body(SEND, &source),
    };
    let files = visit::files(&app, &visitor, &body.attachment_ids).await?;
    let Some(text) = body.message.map(|text| text.0).or_else(|| (!files.is_empty()).then(String::new)) else {
        return Err(Error::field("message", "is required").into());
    };
    let mut send = Send { origin, ..convert::message::send(visitor.thread, text, body.client_key) };
    if !files.is_empty() {
        send.body.content.retain(|part| !matches!(part, Part::Text { text } if text.is_empty()));
        send.body.content.extend(files);
    }
    super::messages::send(&app, &visitor.caller, send).await.map(Json)
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
    description = "With `include`, further events come with a name and without an id: `handling` (who speaks, also the first event), \
                   `delta` (`{id, offset, text}`, a piece of a message that the agent is still saying), `reset` (`{id}`, its pieces \
                   are void), `typing` (`{typing, name}`, whether somebody of the team types), and `closed`. Deltas begin again with each connection. The guest's own messages come as \
                   `inbound`, with their ids.",
    params(
        ("threadId" = String, Path, format = "uuid"),
        wire::ChatStreamQuery,
        ("Last-Event-ID" = Option<String>, Header, format = "uuid", nullable = false,
         description = "A message of this thread; the stream begins after it"),
    ),
    responses(
        (status = 200, description = "SSE stream of new agent messages", body = wire::ChatStreamedMessage, content_type = "text/event-stream"),
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
    open_stream(app, caller, thread, last, query.include, streams).await
}

/// The id by which guests know an agent.
pub(super) fn guest_id(text: &str) -> Result<GuestId> {
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
