//! `/api/v1/thread`.

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use dialect_kit::{Answer, Authed, IdempotencyHeader, IdempotencyKey, Json as Body, Params, Query};
use domain::{Result, ThreadId};
use engine::App;
use futures_util::stream;

use crate::{convert, streamed, wire};

#[utoipa::path(
    post,
    path = "/api/v1/thread",
    tag = "Go!Chat",
    operation_id = "createThread",
    summary = "Create thread",
    description = "Creates a thread with its customers and sends nothing.",
    params(IdempotencyHeader),
    request_body = wire::ThreadInput,
    responses((status = 200, description = "The thread", body = wire::Thread)),
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    body: Body<wire::ThreadInput>,
) -> Answer<Json<wire::Thread>> {
    let origin = key.with_body("algoreg.createThread", &body.source);
    let by_id = body.customer_ids.as_ref().map_or(0, Vec::len);
    let (new, ticket) = (convert::thread::new(&body, origin), convert::thread::patch(body.value));
    let made = app.create_ticket(&caller, new, ticket).await.map_err(|error| convert::thread::refusal(error, by_id))?;
    Ok(Json(convert::thread::thread(&made)))
}

#[utoipa::path(
    get,
    path = "/api/v1/thread/{id}",
    tag = "Go!Chat",
    operation_id = "getThread",
    summary = "Get thread",
    params(("id" = String, Path, format = "uuid")),
    responses((status = 200, description = "The thread", body = wire::Thread)),
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<Json<wire::Thread>> {
    let overview = app.overview(&caller, id(&params)?).await?;
    Ok(Json(convert::thread::thread(&overview)))
}

#[utoipa::path(
    post,
    path = "/api/v1/thread/{id}",
    tag = "Go!Chat",
    operation_id = "updateThread",
    summary = "Update thread",
    description = "Changes the given fields. Status 3 closes the thread, and any other status reopens a closed one.",
    params(("id" = String, Path, format = "uuid"), IdempotencyHeader),
    request_body = wire::ThreadInput,
    responses((status = 204, description = "No content.")),
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    body: Body<wire::ThreadInput>,
) -> Answer<StatusCode> {
    let origin = key.with_body("algoreg.updateThread", &body.source);
    let by_id = body.customer_ids.as_ref().map_or(0, Vec::len);
    let patch = convert::thread::patch(body.value);
    let updated = app.keyed(origin).update_ticket(&caller, id(&params)?, patch).await;
    updated.map_err(|error| convert::thread::refusal(error, by_id))?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    post,
    path = "/api/v1/thread/search",
    tag = "Go!Chat",
    operation_id = "searchThreads",
    summary = "Search threads",
    description = "The threads that match all given filters, the newest first.",
    request_body = wire::ThreadSearch,
    responses((status = 200, description = "A page of threads", body = wire::Threads)),
)]
pub async fn search(State(app): State<App>, Authed(caller): Authed, body: Body<wire::ThreadSearch>) -> Answer {
    let (offset, limit) = (body.offset.unwrap_or_default().0, body.limit.unwrap_or_default().0);
    let found = app.search_tickets(&caller, convert::thread::search(&body), offset, limit).await?;
    let wire::Threads { threads, total } = convert::thread::threads(&found);
    if found.rest.is_empty() {
        return Ok(Json(wire::Threads { threads, total }).into_response());
    }
    let rest = stream::try_unfold(found.rest, move |ids| {
        let (app, caller) = (app.clone(), caller.clone());
        async move {
            if ids.is_empty() {
                return Ok(None);
            }
            let (found, rest) = app.overviews(&caller, ids).await?;
            Ok(Some((found.iter().map(convert::thread::thread).collect(), rest)))
        }
    });
    Ok(streamed::page("threads", &threads, rest, total))
}

#[utoipa::path(
    get,
    path = "/api/v1/thread/{id}/messages",
    tag = "Go!Chat",
    operation_id = "getThreadMessages",
    summary = "Get thread messages",
    description = "The messages of a thread that have text or attachments, the oldest first.",
    params(("id" = String, Path, format = "uuid"), wire::ListMessagesQuery),
    responses((status = 200, description = "A page of messages", body = wire::Messages)),
)]
pub async fn list_messages(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<wire::ListMessagesQuery>,
) -> Answer {
    let thread = id(&params)?;
    let page = app.correspondence(&caller, thread, query.offset.0, query.limit.0).await?;
    let wire::Messages { messages, total } = convert::message::messages(&page);
    if page.rest.is_none() {
        return Ok(Json(wire::Messages { messages, total }).into_response());
    }
    let rest = stream::try_unfold(page.rest, move |rest| {
        let (app, caller) = (app.clone(), caller.clone());
        async move {
            let Some(rest) = rest else { return Ok(None) };
            let piece = app.correspondence_rest(&caller, thread, rest).await?;
            Ok(Some((convert::message::messages(&piece).messages, piece.rest)))
        }
    });
    Ok(streamed::page("messages", &messages, rest, total))
}

fn id(params: &Params) -> Result<ThreadId> {
    params.parse("id", ThreadId::parse, convert::thread_not_found)
}
