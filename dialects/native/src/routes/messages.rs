//! Messages.

use axum::extract::State;
use dialect_kit::{
    Authed, IDEMPOTENCY_KEY, IdempotencyHeader, IdempotencyKey, Json, Params, Query, Source, origin_key,
};
use domain::{Caller, Error, MessageId, Position, Result, ThreadId, codes, controls::Policy, message::Message};
use engine::{
    App, Origin, OriginKind,
    app::messages::{
        Send,
        amend::MessagePatch,
        list::{self, From, Listed},
    },
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    Conflict, Created, Found, found, message_id,
    open::Open,
    thread_id,
    waiting::{Wait, WaitQuery},
};
use crate::{
    content, convert,
    page::{Asked, Page, PageQuery},
    wire::{self, Id},
};

/// Say something in a thread.
///
/// The message and the turn that answers it are stored before the answer is sent. With `wait` the answer waits for the end of the turn. A
/// client that hangs up meanwhile cancels nothing.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/messages", operation_id = "send_message", tag = "messages",
    params(("thread" = wire::Id, Path), WaitQuery, IdempotencyHeader), request_body = wire::NewMessage,
    responses(
        (status = 201, description = "The message and its turn. With `wait` also the end of the turn", body = wire::Sent),
        (status = 202, description = "With `wait`: the message is stored, and the turn goes on", body = wire::Sent),
        Conflict
    )
)]
pub async fn send(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<WaitQuery>,
    open: Open,
    key: IdempotencyKey,
    Json { value: new, source }: Json<wire::NewMessage>,
) -> Created<wire::Sent> {
    let thread = thread_id(&params)?;
    // Checked before anything is stored.
    let wait = Wait::of(&app, &caller, open, query)?;
    let origin = origin(&app, key, new.client_id.as_deref(), &source)?;
    let is_text = new.text.is_some();
    let send = Send { thread, origin, ..read(&app, &caller, new).await? };
    let sent = app.send(&caller, send).await.map_err(|error| convert::send::refusal(error, is_text))?;
    let (status, sent) = wait.answer(&app, &caller, sent).await?;
    Ok((status, axum::Json(sent)))
}

/// The message of a body, its bytes already attachments. It has no thread and no origin yet.
pub(super) async fn read(app: &App, caller: &Caller, mut new: wire::NewMessage) -> Result<Send> {
    let is_text = new.text.is_some();
    let parts = convert::send::content(new.text.take(), new.content.take())?;
    let content = content::resolve(app, caller, parts).await;
    let content = content.map_err(|error| convert::send::refusal(error, is_text))?;
    Ok(Send {
        impersonate: new.author.take().map(|author| author.member),
        respond: new.respond,
        reminder: new.reminder.take().map(Into::into),
        attachments: content.attachments,
        ..Send::first(convert::send::body(new, content.parts), Policy::Queue)
    })
}

/// A message has one name by its sender: the header's or its own.
fn origin(app: &App, header: IdempotencyKey, client_id: Option<&str>, source: &Source) -> Result<Option<Origin>> {
    const OPERATION: &str = "POST /threadline/v1/threads/{thread}/messages";
    let Some(client_id) = client_id else { return Ok(header.with_body(OPERATION, source)) };
    if header.is_given() {
        return Err(Error::field("client_id", format!("must not be combined with the header {IDEMPOTENCY_KEY}")));
    }
    let key = origin_key(app.limits(), "client_id", client_id)?;
    let fingerprint = source.fingerprint_of_body(OPERATION);
    Ok(Some(header.of_message(OriginKind::Client, key, fingerprint)))
}

/// The filters of a list of messages, and its order.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct MessagesQuery {
    /// Absent: `asc`, oldest first.
    #[param(inline)]
    order: Option<Order>,
    /// Only messages after this position.
    #[param(example = "12")]
    after: Option<String>,
    /// Only messages before this position.
    before: Option<String>,
    /// This message and its neighbours, oldest first. It must not be combined with `order`, `after`, `before` and `cursor`.
    #[param(value_type = Option<Id>)]
    around: Option<String>,
    /// 1 to 1,000. Absent: 100.
    limit: Option<i64>,
    /// `next` of the previous page.
    cursor: Option<String>,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    Asc,
    Desc,
}

/// List a thread's messages.
#[utoipa::path(
    get, path = "/threadline/v1/threads/{thread}/messages", operation_id = "list_messages", tag = "messages",
    params(("thread" = wire::Id, Path), MessagesQuery),
    responses((status = 200, description = "A page of messages", body = Page<wire::Message>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<MessagesQuery>,
) -> Found<Page<wire::Message>> {
    let thread = thread_id(&params)?;
    let (messages, next) = match &query.around {
        Some(_) => around(&app, &caller, thread, query).await?,
        None => page(&app, &caller, thread, query).await?,
    };
    let beside = app.beside_messages(&caller, &messages).await?;
    found(Page { data: convert::message::messages(messages, beside), next })
}

/// A page of messages, and the cursor of the next.
type Cut = (Vec<Message>, Option<String>);

async fn page(app: &App, caller: &Caller, thread: ThreadId, query: MessagesQuery) -> Result<Cut> {
    let order = query.order.unwrap_or_default();
    let (after, before) = (position("after", query.after)?, position("before", query.before)?);
    let asked = asked(app, caller, thread, (order, after, before), query.limit, query.cursor)?;
    let from = match order {
        Order::Asc => From::After(asked.from.or(after).unwrap_or_default()),
        Order::Desc => From::Before(asked.from.or(before)),
    };
    let page = list::Page { from, limit: asked.limit, listed: false };
    let Listed { thread: found, mut messages, more } = app.list_messages(caller, thread, page).await?;
    if after.is_some_and(|after| after > found.last_seq) {
        return Err(Error::invalid(codes::INVALID_POSITION, "This position lies beyond the end of the thread's log"));
    }
    let read = messages.len();
    messages.retain(|message| after.is_none_or(|seq| message.seq > seq) && before.is_none_or(|seq| message.seq < seq));
    // Whatever lies beyond what was left out is not of the list either.
    let next = messages.last().filter(|_| more && messages.len() == read).map(|last| asked.cursor(&last.seq));
    Ok((messages, next))
}

async fn around(app: &App, caller: &Caller, thread: ThreadId, query: MessagesQuery) -> Result<Cut> {
    let MessagesQuery { order, after, before, around, limit, cursor } = query;
    if order.is_some() || after.is_some() || before.is_some() || cursor.is_some() {
        return Err(Error::field("around", "must not be combined with `order`, `after`, `before` and `cursor`"));
    }
    let unknown = || Error::not_found(codes::MESSAGE_NOT_FOUND, "Message");
    let middle = around.as_deref().and_then(MessageId::parse).ok_or_else(unknown)?;
    // What comes after the page is what a list in the log's order goes on with.
    let asked = asked(app, caller, thread, (Order::Asc, None, None), limit, None)?;
    let (messages, more) = app.messages_around(caller, thread, middle, (asked.limit - 1) / 2).await?;
    let next = messages.last().filter(|_| more).map(|last| asked.cursor(&last.seq));
    Ok((messages, next))
}

fn asked(
    app: &App,
    caller: &Caller,
    thread: ThreadId,
    scope: (Order, Option<i64>, Option<i64>),
    limit: Option<i64>,
    cursor: Option<String>,
) -> Result<Asked<i64>> {
    Asked::read(app, caller, "messages", (thread, scope), PageQuery { limit, cursor })
}

fn position(field: &str, text: Option<String>) -> Result<Option<i64>> {
    let read = |text: String| {
        let position = Position::parse(&text);
        position.map(|at| at.seq).ok_or_else(|| Error::field(field, "must be a position like `12`"))
    };
    text.map(read).transpose()
}

/// Get a message.
#[utoipa::path(
    get, path = "/threadline/v1/threads/{thread}/messages/{message}", operation_id = "get_message", tag = "messages",
    params(("thread" = wire::Id, Path), ("message" = wire::Id, Path)),
    responses((status = 200, description = "The message", body = wire::Message))
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Message> {
    let (thread, id) = (thread_id(&params)?, message_id(&params)?);
    let message = app.message(&caller, thread, id).await?;
    found(shown(&app, &caller, message).await?)
}

/// Change a message.
///
/// The change is an entry `message.updated` of the log.
#[utoipa::path(
    patch, path = "/threadline/v1/threads/{thread}/messages/{message}", operation_id = "update_message", tag = "messages",
    params(("thread" = wire::Id, Path), ("message" = wire::Id, Path)), request_body = wire::MessagePatch,
    responses((status = 200, description = "The message after the change", body = wire::Message), Conflict)
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: Json<wire::MessagePatch>,
) -> Found<wire::Message> {
    let (thread, id) = (thread_id(&params)?, message_id(&params)?);
    let wire::MessagePatch { text, subject, delivery_requested, priority, read } = body.value;
    let patch = MessagePatch { text, subject, delivery_requested, priority, read };
    let message = app.update_message(&caller, Some(thread), id, patch).await;
    let message = message.map_err(|refused| {
        refused.renamed(&[
            ("content", "text"),
            ("envelope.subject", "subject"),
            ("envelope.delivery_requested", "delivery_requested"),
        ])
    })?;
    found(shown(&app, &caller, message).await?)
}

pub(super) async fn shown(app: &App, caller: &Caller, message: Message) -> Result<wire::Message> {
    let beside = app.beside_messages(caller, std::slice::from_ref(&message)).await?;
    let mut shown = convert::message::messages(vec![message], beside);
    Ok(shown.pop().expect("one message is shown for one"))
}
