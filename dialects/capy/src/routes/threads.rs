//! `/threads`.

use axum::{Json, extract::State};
use dialect_kit::{Answer, Authed, Conditional, ETag, IdempotencyHeader, IdempotencyKey, IfNoneMatch, Params, Query};
use domain::{Caller, Error, Kind, Result, ThreadId, thread::Thread};
use engine::{
    App,
    app::threads::{
        Filter,
        search::{Found, Place},
    },
};

use super::{is_own_project, thread_id};
use crate::{
    THREAD_PREFIX,
    convert::{self, Wanted},
    cursor::ListCursors,
    wire,
};

#[utoipa::path(
    get,
    path = "/threads",
    tag = "threads",
    operation_id = "listThreads",
    summary = "List threads",
    description = "List captain threads for a project, the newest first.",
    params(wire::ListThreadsQuery),
    responses((status = 200, description = "Success", body = wire::ListThreadsResponse)),
)]
pub async fn list_threads(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<wire::ListThreadsQuery>,
) -> Answer<Json<wire::ListThreadsResponse>> {
    is_own_project(&query.project_id, &caller)?;
    let limit = query.limit.0;
    let cursors = ListCursors::new(&app, &caller, "threads", query.shown().as_bytes());
    let from = query.cursor.as_deref().map(|cursor| cursors.open(cursor)).transpose()?.map(place);
    let Found { threads, next } = match filter(&app, &caller, &query).await? {
        Some(filter) => match query.q.as_deref().filter(|text| !text.is_empty()) {
            Some(text) => app.threads_that_say(&caller, filter, text, from, limit).await?,
            None => {
                let before = from.map(|place| place.thread);
                let Found { threads, next } = app.list_threads(&caller, filter, before, limit).await?;
                Found { threads, next: next.map(|thread| Place { thread, below: None }) }
            }
        },
        None => Found::nothing(),
    };
    Ok(Json(wire::ListThreadsResponse {
        next_cursor: next.map(|next| cursors.seal(&bytes(next))),
        items: threads.into_iter().map(convert::thread).collect(),
        has_more: next.is_some(),
    }))
}

/// The thread's id and the number of an entry in it. 0: below the thread.
fn bytes(Place { thread, below }: Place) -> Vec<u8> {
    [&thread.0.as_bytes()[..], &below.unwrap_or(0).to_be_bytes()].concat()
}

fn place(bytes: [u8; 24]) -> Place {
    let (thread, below) = bytes.split_at(16);
    let thread = ThreadId::from_bytes(thread.try_into().expect("it is split there"));
    let below = i64::from_be_bytes(below.try_into().expect("eight bytes are left"));
    Place { thread, below: Some(below).filter(|seq| *seq > 0) }
}

/// `None`: nothing can match.
async fn filter(app: &App, caller: &Caller, query: &wire::ListThreadsQuery) -> Result<Option<Filter>> {
    let Wanted::Threads { mut filter, author, participant } = convert::wanted(query)? else { return Ok(None) };
    for (email, id) in [(author, &mut filter.begun_by), (participant, &mut filter.participant)] {
        let Some(email) = email else { continue };
        let Some(member) = app.member_of_address(caller, &email).await? else { return Ok(None) };
        *id = Some(member.id.0);
    }
    Ok(Some(*filter))
}

#[utoipa::path(
    post,
    path = "/threads",
    tag = "threads",
    operation_id = "createAndStartThread",
    summary = "Create and start thread",
    description = "Create a new captain thread and immediately start execution, optionally assigning existing project tags.",
    params(IdempotencyHeader),
    request_body = wire::CreateThreadBody,
    responses((status = 200, description = "Success", body = wire::CreateThreadResponse)),
)]
pub async fn create_and_start_thread(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    body: dialect_kit::Json<wire::CreateThreadBody>,
) -> Answer<Json<wire::CreateThreadResponse>> {
    is_own_project(&body.project_id, &caller)?;
    let origin = key.with_body("capy.createAndStartThread", &body.source);
    let beginning = convert::beginning(&app, body.value, origin)?;
    let (thread, _) = app.begin_thread(&caller, beginning).await.map_err(convert::in_wire_names)?;
    Ok(Json(convert::begun(thread)))
}

#[utoipa::path(
    get,
    path = "/threads/{threadId}",
    tag = "threads",
    operation_id = "getThread",
    summary = "Get thread",
    description = "Get a single captain thread. With `If-None-Match`, an unchanged thread is a 304.",
    params(("threadId" = String, Path, description = "Thread jam ID.", example = "jam_123")),
    responses(
        (status = 200, description = "Success", body = wire::ThreadListItem),
        (status = 304, description = "Unchanged since the client read it"),
    ),
)]
pub async fn get_thread(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    known: IfNoneMatch,
) -> Answer<Conditional<wire::ThreadListItem>> {
    let thread = convert::thread(app.thread(&caller, thread_id(&params)?).await?);
    let bytes = serde_json::to_vec(&thread).map_err(Error::internal)?;
    let tag = ETag::of(&[&bytes]);
    Ok(if known.has(&tag) { Conditional::unchanged(tag) } else { Conditional::whole(tag, thread) })
}

#[utoipa::path(
    post,
    path = "/threads/{threadId}/stop",
    tag = "threads",
    operation_id = "stopThread",
    summary = "Stop thread",
    description = "Stop an actively running captain thread with all its turns. A thread that does not run stays unchanged.",
    params(("threadId" = String, Path, description = "Thread jam ID.", example = "jam_123"), IdempotencyHeader),
    responses((status = 200, description = "Success", body = wire::StopThreadResponse)),
)]
pub async fn stop_thread(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    body: Answer<Option<dialect_kit::Json<wire::Nothing>>>,
) -> Answer<Json<wire::StopThreadResponse>> {
    // The contract has no body here. A JSON body with content is refused, like unknown fields elsewhere. A body of
    // another type cannot mean anything, and is ignored.
    if let Err(fault) = body
        && fault.error.kind != Kind::Unsupported
    {
        return Err(fault);
    }
    let origin = key.without_body("capy.stopThread");
    let thread = app.keyed(origin).stop_thread(&caller, thread_id(&params)?).await?;
    Ok(Json(wire::StopThreadResponse { id: thread.id.prefixed(THREAD_PREFIX), status: convert::status(&thread) }))
}

#[utoipa::path(
    post,
    path = "/threads/{threadId}/archive",
    tag = "threads",
    operation_id = "archiveThread",
    summary = "Archive thread",
    description = "Archive a captain thread. Its turns are stopped in the same transaction.",
    params(("threadId" = String, Path, description = "Thread jam ID.", example = "jam_123"), IdempotencyHeader),
    request_body = Option<wire::ArchiveThreadBody>,
    responses((status = 200, description = "Success", body = wire::ArchiveThreadResponse)),
)]
pub async fn archive_thread(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    body: Option<dialect_kit::Json<wire::ArchiveThreadBody>>,
) -> Answer<Json<wire::ArchiveThreadResponse>> {
    let id = thread_id(&params)?;
    let origin = key.with_any_body("capy.archiveThread", body.as_ref().map(|body| &body.source));
    let member = body.and_then(|body| body.value.impersonate_user_email);
    let thread = match member.map(|email| convert::member(email, app.limits())).transpose()? {
        Some(member) => {
            app.keyed(origin).close_thread_for(&caller, id, member).await.map_err(convert::in_wire_names)?
        }
        None => app.keyed(origin).close_thread(&caller, id, None).await?,
    };
    Ok(archived(&thread))
}

#[utoipa::path(
    post,
    path = "/threads/{threadId}/unarchive",
    tag = "threads",
    operation_id = "unarchiveThread",
    summary = "Unarchive thread",
    description = "Unarchive a captain thread. This does not restart or resume execution.",
    params(("threadId" = String, Path, description = "Thread jam ID.", example = "jam_123"), IdempotencyHeader),
    request_body = Option<wire::UnarchiveThreadBody>,
    responses((status = 200, description = "Success", body = wire::ArchiveThreadResponse)),
)]
pub async fn unarchive_thread(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    body: Option<dialect_kit::Json<wire::UnarchiveThreadBody>>,
) -> Answer<Json<wire::ArchiveThreadResponse>> {
    let id = thread_id(&params)?;
    let origin = key.with_any_body("capy.unarchiveThread", body.as_ref().map(|body| &body.source));
    let member = body.and_then(|body| body.value.impersonate_user_email);
    let thread = match member.map(|email| convert::member(email, app.limits())).transpose()? {
        Some(member) => {
            app.keyed(origin).reopen_thread_for(&caller, id, member).await.map_err(convert::in_wire_names)?
        }
        None => app.keyed(origin).reopen_thread(&caller, id).await?,
    };
    Ok(archived(&thread))
}

fn archived(thread: &Thread) -> Json<wire::ArchiveThreadResponse> {
    Json(wire::ArchiveThreadResponse { id: thread.id.prefixed(THREAD_PREFIX), status: convert::status(thread) })
}
