//! `/api/v1/threads`.

use std::collections::{BTreeMap, btree_map::Entry};

use axum::{Json, extract::State};
use dialect_kit::{Answer, Authed, IdempotencyHeader, IdempotencyKey, Params, Query};
use domain::{AgentId, Caller, Error, Kind, Result, ThreadId, agent::Agent, codes, thread::Thread};
use engine::{
    App,
    app::threads::{Filter, NewThread, ThreadPatch, search::Found},
};

use super::thread_id;
use crate::{convert, cursor::ThreadCursors, wire};

#[utoipa::path(
    post,
    path = "/api/v1/threads/web",
    tag = "Threads",
    operation_id = "createWebChatThread",
    summary = "Create a new web chat thread",
    params(IdempotencyHeader),
    request_body = wire::CreateWebThreadBody,
    responses((status = 200, description = "The thread", body = wire::ThreadResponse)),
)]
pub async fn create_web_thread(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    body: dialect_kit::Json<wire::CreateWebThreadBody>,
) -> Answer<Json<wire::ThreadResponse>> {
    let origin = key.with_body("feather.createWebChatThread", &body.source);
    let wire::CreateWebThreadBody { agent_id, metadata, variables } = body.value;
    let agent = Some(agent(&agent_id)?);
    let metadata = convert::thread::metadata(metadata);
    let new = NewThread { agent, metadata, variables, window: true, origin, ..NewThread::default() };
    let thread = app.create_thread(&caller, new).await.map_err(unknown_agent)?;
    Ok(Json(wire::ThreadResponse { thread: shown(&app, thread).await? }))
}

#[utoipa::path(
    post,
    path = "/api/v1/threads",
    tag = "SMS Threads",
    operation_id = "createSmsThread",
    summary = "Start an SMS thread",
    description = "Always refused, because this server has no telephone numbers. Create web chat threads with POST /api/v1/threads/web.",
    responses((status = 400, description = "Always", body = wire::ErrorResponse)),
)]
pub async fn create_sms_thread() -> Answer<()> {
    let message = "This server has no telephone numbers; create a web chat thread with POST /api/v1/threads/web";
    Err(Error::invalid(codes::NO_TELEPHONE, message).into())
}

#[utoipa::path(
    get,
    path = "/api/v1/threads",
    tag = "Threads",
    operation_id = "listThreads",
    summary = "List threads",
    description = "Threads of the organization with cursor-based pagination, the newest first.",
    params(wire::ListThreadsQuery),
    responses((status = 200, description = "A page of threads", body = wire::ListThreadsResponse)),
)]
pub async fn list_threads(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<wire::ListThreadsQuery>,
) -> Answer<Json<wire::ListThreadsResponse>> {
    let agent = query.agent_id.as_deref().map(agent).transpose()?;
    let filters = format!("{agent:?} {:?} {:?} {:?}", query.to_phone_number, query.is_active, query.closed_reason);
    let cursors = ThreadCursors::new(&app, &caller, &filters);
    let before = match &query.cursor {
        Some(cursor) => Some(named(&app, &caller, &cursors, cursor).await?),
        None => None,
    };
    let now = app.clock().now();
    // Only a closed thread has a reason.
    let closed = query.is_active.map(|active| !active).or(query.closed_reason.map(|_| true));
    let filter = Filter { agent, closed_at: closed.map(|closed| (closed, now)), ..Filter::default() };
    let limit = query.limit.0;
    let nothing = query.to_phone_number.is_some() || query.closed_reason.is_some() && closed == Some(false);
    let Found { threads, next } = match query.closed_reason {
        _ if nothing => Found::nothing(),
        None => app.list_threads(&caller, filter, before, limit).await?,
        Some(reason) => {
            let is = move |thread: &Thread| {
                thread.closed_at(now).is_some_and(|closed| convert::thread::closed_reason(&closed) == reason)
            };
            app.search_threads(&caller, filter, is, before, limit).await?
        }
    };
    let next_cursor = next.map(|thread| cursors.seal(thread));
    let threads = all_shown(&app, threads).await?;
    Ok(Json(wire::ListThreadsResponse { threads, pagination: wire::Pagination { limit, next_cursor } }))
}

#[utoipa::path(
    get,
    path = "/api/v1/threads/{threadId}",
    tag = "Threads",
    operation_id = "getThread",
    summary = "Get a thread",
    params(("threadId" = String, Path, format = "uuid")),
    responses((status = 200, description = "The thread", body = wire::ThreadResponse)),
)]
pub async fn get_thread(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
) -> Answer<Json<wire::ThreadResponse>> {
    let thread = app.thread(&caller, thread_id(&params)?).await?;
    Ok(Json(wire::ThreadResponse { thread: shown(&app, thread).await? }))
}

#[utoipa::path(
    patch,
    path = "/api/v1/threads/{threadId}",
    tag = "Threads",
    operation_id = "updateThread",
    summary = "Update a thread's metadata and variables",
    description = "Changes the given fields and keeps the others.",
    params(("threadId" = String, Path, format = "uuid")),
    request_body = wire::UpdateThreadBody,
    responses((status = 200, description = "The thread after the change", body = wire::ThreadResponse)),
)]
pub async fn update_thread(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: dialect_kit::Json<wire::UpdateThreadBody>,
) -> Answer<Json<wire::ThreadResponse>> {
    let wire::UpdateThreadBody { metadata, variables } = body.value;
    let more_metadata = convert::thread::metadata(metadata);
    let patch = ThreadPatch { more_metadata, more_variables: variables, ..ThreadPatch::default() };
    let thread = app.update_thread(&caller, thread_id(&params)?, patch).await?;
    Ok(Json(wire::ThreadResponse { thread: shown(&app, thread).await? }))
}

#[utoipa::path(
    patch,
    path = "/api/v1/threads/{threadId}/close",
    tag = "Threads",
    operation_id = "closeThread",
    summary = "Close a thread",
    description = "Cancels the thread's open turns; the thread then takes no more messages. \
        A thread that was closed on request keeps its reason.",
    params(("threadId" = String, Path, format = "uuid")),
    request_body = wire::CloseThreadBody,
    responses((status = 200, description = "The thread after the change", body = wire::ThreadResponse)),
)]
pub async fn close_thread(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: dialect_kit::Json<wire::CloseThreadBody>,
) -> Answer<Json<wire::ThreadResponse>> {
    let reason = convert::thread::reason_word(body.reason);
    let thread = app.close_thread(&caller, thread_id(&params)?, reason).await?;
    Ok(Json(wire::ThreadResponse { thread: shown(&app, thread).await? }))
}

/// The thread after which a page starts: by the previous page's cursor, or by the id of its last thread.
async fn named(app: &App, caller: &Caller, cursors: &ThreadCursors, cursor: &str) -> Result<ThreadId> {
    let refused = match cursors.open(cursor) {
        Ok(thread) => return Ok(thread),
        Err(refused) => refused,
    };
    let Some(id) = ThreadId::parse(cursor) else { return Err(refused) };
    match app.thread(caller, id).await {
        Ok(thread) => Ok(thread.id),
        Err(error) if error.kind == Kind::NotFound => Err(refused),
        Err(error) => Err(error),
    }
}

/// # Errors
/// `invalid`, at `agentId`, for a malformed UUID.
pub(super) fn agent(text: &str) -> Result<AgentId> {
    AgentId::parse(text).ok_or_else(|| Error::field("agentId", "must be a UUID"))
}

/// An unknown agent is a 404, wherever it is named.
fn unknown_agent(error: Error) -> Error {
    match error.code {
        codes::AGENT_NOT_FOUND | codes::AGENT_ARCHIVED => Error::not_found(codes::AGENT_NOT_FOUND, "Agent"),
        _ => error,
    }
}

/// The thread as an answer shows it.
async fn shown(app: &App, thread: Thread) -> Result<wire::Thread> {
    let mut shown = all_shown(app, vec![thread]).await?;
    shown.pop().ok_or_else(|| Error::internal("one thread is shown as none"))
}

async fn all_shown(app: &App, threads: Vec<Thread>) -> Result<Vec<wire::Thread>> {
    let mut agents: BTreeMap<AgentId, Agent> = BTreeMap::new();
    for thread in &threads {
        if let Entry::Vacant(new) = agents.entry(thread.agent) {
            new.insert(app.agent_of(thread).await?);
        }
    }
    let variables = app.variables_of(&threads).await?;
    let now = app.clock().now();
    let pairs = threads.into_iter().zip(variables);
    Ok(pairs
        .filter_map(|(thread, variables)| {
            let agent = agents.get(&thread.agent)?;
            Some(convert::thread::thread(thread, variables, agent, now))
        })
        .collect())
}
