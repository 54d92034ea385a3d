//! Threads.

use axum::extract::State;
use dialect_kit::{Answer, Authed, IdempotencyHeader, IdempotencyKey, Json, Params, Query, Spellings};
use domain::{
    CustomerId, Error, Result, ThreadId,
    thread::{Thread, Ticket},
};
use engine::{
    App,
    app::threads::{Filter, search::Found},
};
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{Conflict, Created, created, found, named_agent, thread_id};
use crate::{
    convert,
    page::{Asked, Page, PageQuery},
    wire::{self, ThreadState, schema},
};

/// Begin a thread.
#[utoipa::path(
    post, path = "/threadline/v1/threads", operation_id = "create_thread", tag = "threads",
    params(IdempotencyHeader), request_body = Option<wire::NewThread>,
    responses((status = 201, description = "The thread", body = wire::Thread), Conflict)
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    key: IdempotencyKey,
    body: Option<Json<wire::NewThread>>,
) -> Created<wire::Thread> {
    const OPERATION: &str = "POST /threadline/v1/threads";
    let (wire, origin) = match body {
        Some(Json { value, source }) => (value, key.with_body(OPERATION, &source)),
        None => (wire::NewThread::default(), key.without_body(OPERATION)),
    };
    let agent = named_agent(&app, &caller, wire.agent.as_deref()).await?;
    let thread = app.create_thread(&caller, convert::thread::new(wire, agent, origin)).await?;
    created(shown(&app, thread, &spellings).await?)
}

/// Which threads a list shows.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ThreadsQuery {
    /// Only of this agent, by its id or its name.
    agent: Option<String>,
    /// Only those that take messages, or only those that are closed, by a person or lapsed.
    #[param(inline)]
    state: Option<ThreadState>,
    /// Only those with, or without, a turn that is open.
    open_turn: Option<bool>,
    /// Only those whose ticket stands so.
    #[param(value_type = Option<schema::Ticket>)]
    ticket: Option<Ticket>,
    /// Only those that carry this tag.
    tag: Option<String>,
    /// Only those that this key, member or customer has written into.
    #[param(value_type = Option<wire::Id>)]
    participant: Option<wire::Id>,
    /// Only those that this customer takes part in.
    #[param(value_type = Option<wire::Id>)]
    customer: Option<wire::Id>,
    /// Only those whose title contains this, whatever the case.
    q: Option<String>,
    /// 1 to 1,000; 100 when absent.
    limit: Option<i64>,
    /// `next` of the page before.
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
    let agent = named_agent(&app, &caller, query.agent.as_deref()).await?;
    let people = (query.participant, query.customer);
    let scope = (agent, query.state, query.open_turn, query.ticket, &query.tag, people, &query.q);
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let asked: Asked<Uuid> = Asked::read(&app, &caller, "threads", scope, page)?;
    let now = app.clock().now();
    let filter = Filter {
        agent,
        closed_at: query.state.map(|state| (state == ThreadState::Closed, now)),
        open_turn: query.open_turn,
        ticket: query.ticket,
        tag: query.tag,
        participant: query.participant.map(|id| id.0),
        customer: query.customer.map(|id| CustomerId(id.0)),
        title: searched(query.q)?,
        ..Filter::default()
    };
    let Found { threads, next } = app.list_threads(&caller, filter, asked.from.map(ThreadId), asked.limit).await?;
    let next = next.map(|last| asked.cursor(&last.0));
    let beside = app.beside_threads(&threads).await?;
    let show = |(thread, beside)| convert::thread::thread(thread, now, beside, &spellings);
    found(Page { data: threads.into_iter().zip(beside).map(show).collect(), next })
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
    found(shown(&app, thread, &spellings).await?)
}

/// Change a thread.
#[utoipa::path(
    patch, path = "/threadline/v1/threads/{thread}", operation_id = "update_thread", tag = "threads",
    params(("thread" = wire::Id, Path)), request_body = wire::ThreadPatch,
    responses((status = 200, description = "The thread as it stands now", body = wire::Thread))
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    body: Json<wire::ThreadPatch>,
) -> super::Found<wire::Thread> {
    let id = thread_id(&params)?;
    let agent = named_agent(&app, &caller, body.agent.as_deref()).await?;
    let thread = app.update_thread(&caller, id, convert::thread::patch(body.value, agent)).await?;
    found(shown(&app, thread, &spellings).await?)
}

/// Close a thread.
///
/// Its open turns are cancelled, and it takes no more messages. Closing it again changes nothing.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/close", operation_id = "close_thread", tag = "threads",
    params(("thread" = wire::Id, Path), IdempotencyHeader), request_body = Option<wire::Close>,
    responses((status = 200, description = "The thread as it stands now", body = wire::Thread), Conflict)
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
/// What was cancelled stays cancelled.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/reopen", operation_id = "reopen_thread", tag = "threads",
    params(("thread" = wire::Id, Path), IdempotencyHeader),
    responses((status = 200, description = "The thread as it stands now", body = wire::Thread), Conflict)
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
/// What they have shown stays, as messages marked `interrupted`.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/cancel", operation_id = "cancel_thread", tag = "threads",
    params(("thread" = wire::Id, Path), IdempotencyHeader),
    responses((status = 200, description = "The thread as it stands now", body = wire::Thread), Conflict)
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

/// Remove a thread with its log.
///
/// Its readers' streams end.
#[utoipa::path(
    delete, path = "/threadline/v1/threads/{thread}", operation_id = "delete_thread", tag = "threads",
    params(("thread" = wire::Id, Path)), responses((status = 204, description = "It is gone"))
)]
pub async fn delete(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<StatusCode> {
    app.delete_thread(&caller, thread_id(&params)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn shown(app: &App, thread: Thread, spellings: &Spellings) -> Result<wire::Thread> {
    let beside = app.beside_threads(std::slice::from_ref(&thread)).await?.pop().unwrap_or_default();
    Ok(convert::thread::thread(thread, app.clock().now(), beside, spellings))
}
