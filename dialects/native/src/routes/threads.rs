//! Threads.

use axum::extract::State;
use dialect_kit::{Answer, Authed, IDEMPOTENCY_KEY, IdempotencyHeader, IdempotencyKey, Json, Params, Query, Spellings};
use domain::{
    Caller, CustomerId, Error, MemberId, Result, ThreadId,
    handling::Handling,
    thread::{Thread, Ticket},
};
use engine::{
    App,
    app::{
        messages::Sent,
        threads::{Filter, NewThread, begin::Beginning, fork::NewFork},
    },
};
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    Conflict, Created, created, found, messages, named_agent,
    open::Open,
    thread_id,
    waiting::{Wait, WaitQuery},
};
use crate::{
    convert,
    page::{Asked, Page, PageQuery},
    wire::{self, ThreadSort, ThreadState, schema},
};

/// Begin a thread.
///
/// With `message` the thread, its first message and the turn that answers are stored together. `wait` waits for the end of the turn.
#[utoipa::path(
    post, path = "/threadline/v1/threads", operation_id = "create_thread", tag = "threads",
    params(WaitQuery, IdempotencyHeader), request_body = Option<wire::NewThread>,
    responses(
        (status = 201, description = "The thread. With `message` also the message and its turn", body = wire::ThreadMade),
        (status = 202, description = "With `wait`: everything is stored, and the turn goes on", body = wire::ThreadMade),
        Conflict
    )
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    Query(query): Query<WaitQuery>,
    open: Open,
    key: IdempotencyKey,
    body: Option<Json<wire::NewThread>>,
) -> Created<wire::ThreadMade> {
    let wait = Wait::of(&app, &caller, open, query)?;
    let origin = key.with_any_body("POST /threadline/v1/threads", body.as_ref().map(|body| &body.source));
    let mut wire = body.map(|body| body.value).unwrap_or_default();
    let message = wire.message.take();
    let agent = named_agent(&app, &caller, "agent", wire.agent.as_deref()).await?;
    let new = convert::thread::new(wire, agent, origin);
    let Some(message) = message else {
        let thread = app.create_thread(&caller, new).await?;
        return created(wire::ThreadMade { thread: shown(&app, thread, &spellings).await?, sent: None });
    };
    let (thread, sent) = begin(&app, &caller, new, message).await?;
    let (status, sent) = wait.answer(&app, &caller, sent).await?;
    let thread = match sent.outcome {
        Some(_) => app.thread(&caller, thread.id).await?,
        None => thread,
    };
    let thread = shown(&app, thread, &spellings).await?;
    Ok((status, axum::Json(wire::ThreadMade { thread, sent: Some(sent) })))
}

async fn begin(app: &App, caller: &Caller, thread: NewThread, message: wire::NewMessage) -> Result<(Thread, Sent)> {
    if message.client_id.is_some() {
        let named = format!("must not stand here: `{IDEMPOTENCY_KEY}` names the thread together with its message");
        return Err(Error::field("message.client_id", named));
    }
    let is_text = message.text.is_some();
    let first = messages::read(app, caller, message).await.map_err(|error| error.below("message"))?;
    let begun = app.begin_thread(caller, Beginning { thread, tags: Vec::new(), first }).await;
    begun.map_err(|error| convert::send::refusal_below(error, is_text))
}

/// The filters of a list of threads.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ThreadsQuery {
    /// Only threads of this agent, by its id or its name.
    agent: Option<String>,
    /// Only open threads, or only closed ones.
    #[param(inline)]
    state: Option<ThreadState>,
    /// Only threads with an open turn, or only those without.
    open_turn: Option<bool>,
    /// Only threads whose ticket has this status.
    #[param(value_type = Option<schema::Ticket>)]
    ticket: Option<Ticket>,
    /// Only threads with this tag.
    tag: Option<String>,
    /// Only threads that this key, member or customer has written into.
    #[param(value_type = Option<wire::Id>)]
    participant: Option<wire::Id>,
    /// Only threads that this customer takes part in.
    #[param(value_type = Option<wire::Id>)]
    customer: Option<wire::Id>,
    /// Only threads in which this side speaks.
    #[param(value_type = Option<schema::Handling>)]
    handling: Option<Handling>,
    /// Only threads that are assigned to this member.
    #[param(value_type = Option<wire::Id>)]
    assignee: Option<wire::Id>,
    /// Only threads in which a person is wanted, or only those without.
    wanted: Option<bool>,
    /// Only threads that a member holds and whose customer has waited for as long as the agent's `hold_idle_s`, or only all others.
    overdue: Option<bool>,
    /// Only threads in which a person is wanted or that are overdue, or only all others. Not together with `overdue`.
    needs_person: Option<bool>,
    /// `unanswered`: only threads that a member holds or in which a person is wanted. Those whose customers have waited longest come first.
    /// Absent: newest thread first.
    #[param(inline)]
    sort: Option<ThreadSort>,
    /// Adds to each thread how far this member has read it: a member's id or e-mail address.
    seen_by: Option<String>,
    /// Only threads whose title contains this text, whatever the case.
    q: Option<String>,
    /// 1 to 1,000. Absent: 100.
    limit: Option<i64>,
    /// `next` of the previous page.
    cursor: Option<String>,
}

/// List threads, newest first.
#[utoipa::path(
    get, path = "/threadline/v1/threads", operation_id = "list_threads", tag = "threads",
    params(ThreadsQuery), responses((status = 200, description = "A page of threads", body = Page<wire::Thread>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    Query(query): Query<ThreadsQuery>,
) -> super::Found<Page<wire::Thread>> {
    let agent = named_agent(&app, &caller, "agent", query.agent.as_deref()).await?;
    let people = (query.participant, query.customer);
    let held = (query.handling, query.assignee, query.wanted, query.overdue, query.needs_person);
    let scope = (agent, query.state, query.open_turn, query.ticket, query.tag.clone(), people, held, query.q.clone());
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    if query.overdue.is_some() && query.needs_person.is_some() {
        return Err(Error::field("needs_person", "must not be given together with `overdue`").into());
    }
    let now = app.clock().now();
    let filter = Filter {
        agent,
        closed_at: query.state.map(|state| (state == ThreadState::Closed, now)),
        open_turn: query.open_turn,
        ticket: query.ticket,
        tag: query.tag,
        participant: query.participant.map(|id| id.0),
        customer: query.customer.map(|id| CustomerId(id.0)),
        handling: query.handling,
        assignee: query.assignee.map(|id| MemberId(id.0)),
        wanted: query.wanted,
        overdue: query.overdue.map(|is| app.overdue(is)),
        needs_person: query.needs_person.map(|is| app.overdue(is)),
        title: searched(query.q)?,
        ..Filter::default()
    };
    let (threads, next) = match query.sort {
        None => {
            let asked: Asked<Uuid> = Asked::read(&app, &caller, "threads", scope, page)?;
            let found = app.list_threads(&caller, filter, asked.from.map(ThreadId), asked.limit).await?;
            (found.threads, found.next.map(|last| asked.cursor(&last.0)))
        }
        Some(ThreadSort::Unanswered) => {
            if filter.title.is_some() {
                return Err(Error::field("q", "must not be given together with `sort`").into());
            }
            let asked: Asked<(i64, Uuid)> = Asked::read(&app, &caller, "awaited threads", scope, page)?;
            let after = asked.from.map(|(since, id)| (since, ThreadId(id)));
            let found = app.list_awaited(&caller, filter, after, asked.limit).await?;
            (found.threads, found.next.map(|(since, last)| asked.cursor(&(since, last.0))))
        }
    };
    let seen = match query.seen_by {
        None => Vec::new(),
        Some(member) => app.seen_by(&caller, member, threads.iter().map(|thread| thread.id).collect()).await?,
    };
    let beside = app.beside_threads(&threads).await?;
    let seen = seen.into_iter().map(Some).chain(std::iter::repeat(None));
    let show =
        |((thread, beside), seen)| wire::Thread { seen, ..convert::thread::thread(thread, now, beside, &spellings) };
    found(Page { data: threads.into_iter().zip(beside).zip(seen).map(show).collect(), next })
}

fn searched(q: Option<String>) -> Result<Option<String>> {
    match q {
        Some(text) if text.trim().is_empty() => Err(Error::field("q", "must not be empty")),
        text => Ok(text),
    }
}

/// Get a thread.
#[utoipa::path(
    get, path = "/threadline/v1/threads/{thread}", operation_id = "get_thread", tag = "threads",
    params(("thread" = wire::Id, Path)), responses((status = 200, description = "The thread", body = wire::Thread))
)]
pub async fn get(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
) -> super::Found<wire::Thread> {
    let thread = app.thread(&caller, thread_id(&params)?).await?;
    let present = app.present(&caller, thread.id)?;
    let presence = if present.is_empty() { None } else { Some(present.into()) };
    found(wire::Thread { presence, ..shown(&app, thread, &spellings).await? })
}

/// Change a thread.
#[utoipa::path(
    patch, path = "/threadline/v1/threads/{thread}", operation_id = "update_thread", tag = "threads",
    params(("thread" = wire::Id, Path)), request_body = wire::ThreadPatch,
    responses((status = 200, description = "The thread after the change", body = wire::Thread))
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    body: Json<wire::ThreadPatch>,
) -> super::Found<wire::Thread> {
    let id = thread_id(&params)?;
    let agent = named_agent(&app, &caller, "agent", body.agent.as_deref()).await?;
    let thread = app.update_thread(&caller, id, convert::thread::patch(body.value, agent)).await?;
    found(shown(&app, thread, &spellings).await?)
}

/// Close a thread.
///
/// The thread's open turns are cancelled, and it takes no more messages. To close it again changes nothing.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/close", operation_id = "close_thread", tag = "threads",
    params(("thread" = wire::Id, Path), IdempotencyHeader), request_body = Option<wire::Close>,
    responses((status = 200, description = "The thread after the change", body = wire::Thread), Conflict)
)]
pub async fn close(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    key: IdempotencyKey,
    body: Option<Json<wire::Close>>,
) -> super::Found<wire::Thread> {
    const OPERATION: &str = "POST /threadline/v1/threads/{thread}/close";
    let id = thread_id(&params)?;
    let (reason, origin) = match body {
        Some(Json { value, source }) => (value.reason, key.with_body(OPERATION, &source)),
        None => (None, key.without_body(OPERATION)),
    };
    let thread = app.keyed(origin).close_thread(&caller, id, reason).await?;
    found(shown(&app, thread, &spellings).await?)
}

/// Open a closed thread again.
///
/// Cancelled turns stay cancelled.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/reopen", operation_id = "reopen_thread", tag = "threads",
    params(("thread" = wire::Id, Path), IdempotencyHeader),
    responses((status = 200, description = "The thread after the change", body = wire::Thread), Conflict)
)]
pub async fn reopen(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    key: IdempotencyKey,
) -> super::Found<wire::Thread> {
    let origin = key.without_body("POST /threadline/v1/threads/{thread}/reopen");
    let thread = app.keyed(origin).reopen_thread(&caller, thread_id(&params)?).await?;
    found(shown(&app, thread, &spellings).await?)
}

/// Cancel every open turn of a thread.
///
/// Text that they have shown stays, as messages marked `interrupted`.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/cancel", operation_id = "cancel_thread", tag = "threads",
    params(("thread" = wire::Id, Path), IdempotencyHeader),
    responses((status = 200, description = "The thread after the change", body = wire::Thread), Conflict)
)]
pub async fn cancel(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    key: IdempotencyKey,
) -> super::Found<wire::Thread> {
    let origin = key.without_body("POST /threadline/v1/threads/{thread}/cancel");
    let thread = app.keyed(origin).stop_thread(&caller, thread_id(&params)?).await?;
    found(shown(&app, thread, &spellings).await?)
}

/// Begin a thread with copies of all messages of another.
///
/// The other thread does not change. Agent, title, tags, variables and settings are as in the other thread, where the body leaves them out.
/// The copies belong to no turn. While a turn of the other thread is open, the answer is 409.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/fork", operation_id = "fork_thread", tag = "threads",
    params(("thread" = wire::Id, Path), IdempotencyHeader), request_body = Option<wire::NewFork>,
    responses((status = 201, description = "The new thread", body = wire::Thread), Conflict)
)]
pub async fn fork(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    key: IdempotencyKey,
    body: Option<Json<wire::NewFork>>,
) -> Created<wire::Thread> {
    let id = thread_id(&params)?;
    let origin = key.with_any_body("POST /threadline/v1/threads/{thread}/fork", body.as_ref().map(|body| &body.source));
    let wire = body.map(|body| body.value).unwrap_or_default();
    let agent = named_agent(&app, &caller, "agent", wire.agent.as_deref()).await?;
    let new = NewFork { origin, ..convert::thread::fork(wire, agent) };
    let forked = app.fork_thread(&caller, id, new).await;
    let thread = forked.map_err(|refused| refused.renamed(FORK_FIELDS))?;
    created(shown(&app, thread, &spellings).await?)
}

/// The engine's names of a fork's fields that are called otherwise here.
const FORK_FIELDS: &[(&str, &str)] = &[("controls.model", "model"), ("controls.locale", "locale")];

/// Remove a thread with its log.
///
/// Streams of its readers end.
#[utoipa::path(
    delete, path = "/threadline/v1/threads/{thread}", operation_id = "delete_thread", tag = "threads",
    params(("thread" = wire::Id, Path)), responses((status = 204, description = "The thread is removed"))
)]
pub async fn delete(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<StatusCode> {
    app.delete_thread(&caller, thread_id(&params)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn shown(app: &App, thread: Thread, spellings: &Spellings) -> Result<wire::Thread> {
    let beside = app.beside_threads(std::slice::from_ref(&thread)).await?.pop().unwrap_or_default();
    Ok(convert::thread::thread(thread, app.clock().now(), beside, spellings))
}
