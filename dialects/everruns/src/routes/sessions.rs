//! Sessions.

use axum::extract::{OriginalUri, State};
use dialect_kit::{Answer, Authed, IdempotencyHeader, IdempotencyKey, Json, Params, Query};
use domain::{AgentId, Caller, Error, Result, message::ToolResult};
use engine::{
    App,
    app::threads::{fork::NewFork, page::Search},
};
use http::StatusCode;

use super::{page::Page, session_of};
use crate::{
    convert::{
        agents,
        sessions::{self, named_as_sent},
        tools,
    },
    error::ErrorResponse,
    wire,
};

/// Creates a session.
#[utoipa::path(
    post, path = "/v1/sessions", operation_id = "create_session", tag = "sessions",
    params(IdempotencyHeader),
    request_body = wire::CreateSessionRequest,
    responses(
        (status = 201, description = "Session created successfully", body = wire::Session),
        (status = 409, description = "The key was used for another request", body = ErrorResponse, content_type = "application/problem+json"),
    ),
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    body: Json<wire::CreateSessionRequest>,
) -> Answer<(StatusCode, axum::Json<wire::Session>)> {
    let Json { value: request, source } = body;
    let origin = key.with_body("everruns.create_session", &source);
    let agent = named_agent(&app, &caller, &request).await?;
    let mut new = sessions::new_thread(request, agent, &app.models_of(&caller).await?).map_err(named_as_sent)?;
    new.origin = origin;
    let thread = app.create_thread(&caller, new).await.map_err(named_as_sent)?;
    Ok((StatusCode::CREATED, axum::Json(sessions::session(app.describe_given(&caller, thread).await?))))
}

/// The agent of a new session, by its id or its name.
async fn named_agent(app: &App, caller: &Caller, request: &wire::CreateSessionRequest) -> Result<Option<AgentId>> {
    match (request.agent_id.as_deref(), request.agent_name.as_deref()) {
        (Some(_), Some(_)) => Err(Error::field("agent_name", "must not be combined with `agent_id`")),
        (Some(id), None) => agents::agent_named("agent_id", id).map(Some),
        (None, Some(name)) => app.agent_by_name(caller, name).await.map(|agent| Some(agent.id)),
        (None, None) => Ok(None),
    }
}

/// Lists sessions, newest first.
#[utoipa::path(
    get, path = "/v1/sessions", operation_id = "list_sessions", tag = "sessions", params(wire::SessionsQuery),
    responses((status = 200, description = "List of sessions", body = wire::Paginated<wire::Session>)),
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<wire::SessionsQuery>,
    OriginalUri(uri): OriginalUri,
) -> Answer<axum::Json<wire::Paginated<wire::Session>>> {
    let page = Page::read(query.offset, query.limit)?;
    let search = Search {
        agent: query.agent_id.as_deref().map(|id| agents::agent_named("agent_id", id)).transpose()?,
        title: query.search,
        offset: page.offset.into(),
        limit: page.limit.into(),
    };
    let (found, total) = app.page_threads(&caller, search).await?;
    let data = found.into_iter().map(sessions::session).collect();
    Ok(axum::Json(page.of(data, total.unsigned_abs(), &uri)))
}

/// Shows a session.
#[utoipa::path(
    get, path = "/v1/sessions/{session_id}", operation_id = "get_session", tag = "sessions",
    params(("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID")),
    responses((status = 200, description = "Session found", body = wire::Session)),
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<axum::Json<wire::Session>> {
    let id = session_of(&params)?;
    Ok(axum::Json(sessions::session(app.describe_thread(&caller, id).await?)))
}

/// Changes a session.
#[utoipa::path(
    patch, path = "/v1/sessions/{session_id}", operation_id = "update_session", tag = "sessions",
    params(("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID")),
    request_body = wire::UpdateSessionRequest,
    responses((status = 200, description = "Session updated successfully", body = wire::Session)),
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: Json<wire::UpdateSessionRequest>,
) -> Answer<axum::Json<wire::Session>> {
    let id = session_of(&params)?;
    let thread = app.update_thread(&caller, id, sessions::patch(body.value)).await.map_err(agents::named_as_sent)?;
    Ok(axum::Json(sessions::session(app.describe_given(&caller, thread).await?)))
}

/// Deletes a session with all its messages. Its streams end.
#[utoipa::path(
    delete, path = "/v1/sessions/{session_id}", operation_id = "delete_session", tag = "sessions",
    params(("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID")),
    responses((status = 204, description = "Session deleted successfully")),
)]
pub async fn delete(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<StatusCode> {
    app.delete_thread(&caller, session_of(&params)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pins a session. Answers then show it as pinned.
#[utoipa::path(
    put, path = "/v1/sessions/{session_id}/pin", operation_id = "pin_session", tag = "sessions",
    params(("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID")),
    responses((status = 204, description = "Session pinned")),
)]
pub async fn pin(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<StatusCode> {
    app.update_thread(&caller, session_of(&params)?, sessions::pinned(true)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Unpins a session.
#[utoipa::path(
    delete, path = "/v1/sessions/{session_id}/pin", operation_id = "unpin_session", tag = "sessions",
    params(("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID")),
    responses((status = 204, description = "Session unpinned")),
)]
pub async fn unpin(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<StatusCode> {
    app.update_thread(&caller, session_of(&params)?, sessions::pinned(false)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Cancels the session's open turns. Without open turns it has no effect. The body is ignored.
#[utoipa::path(
    post, path = "/v1/sessions/{session_id}/cancel", operation_id = "cancel_turn", tag = "sessions",
    params(
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        IdempotencyHeader,
    ),
    responses((status = 200, description = "Turn cancelled, or nothing to cancel", body = wire::CancelTurnResponse)),
)]
pub async fn cancel(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
) -> Answer<axum::Json<wire::CancelTurnResponse>> {
    let origin = key.without_body("everruns.cancel_turn");
    let (status, message) = match app.keyed(origin).stop_turns(&caller, session_of(&params)?).await? {
        true => (wire::CancelStatus::Cancelled, "The turn was cancelled"),
        false => (wire::CancelStatus::NoOp, "No turn is running"),
    };
    Ok(axum::Json(wire::CancelTurnResponse { status, message: message.into() }))
}

/// Creates a session with copies of all messages of this one.
#[utoipa::path(
    post, path = "/v1/sessions/{session_id}/fork", operation_id = "fork_session", tag = "sessions",
    params(
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        IdempotencyHeader,
    ),
    request_body = Option<wire::ForkSessionRequest>,
    responses(
        (status = 201, description = "Session forked", body = wire::Session),
        (status = 409, description = "A turn is open", body = ErrorResponse, content_type = "application/problem+json"),
    ),
)]
pub async fn fork(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    body: Option<Json<wire::ForkSessionRequest>>,
) -> Answer<(StatusCode, axum::Json<wire::Session>)> {
    let id = session_of(&params)?;
    let origin = key.with_any_body("everruns.fork_session", body.as_ref().map(|body| &body.source));
    let request = body.map(|body| body.value).unwrap_or_default();
    let new = sessions::fork(request, &app.models_of(&caller).await?).map_err(named_as_sent)?;
    let thread = app.fork_thread(&caller, id, NewFork { origin, ..new }).await.map_err(named_as_sent)?;
    Ok((StatusCode::CREATED, axum::Json(sessions::session(app.describe_given(&caller, thread).await?))))
}

/// Sends the results of tools that the client runs. The turn continues after the last result.
#[utoipa::path(
    post, path = "/v1/sessions/{session_id}/tool-results", operation_id = "submit_tool_results", tag = "sessions",
    params(
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        IdempotencyHeader,
    ),
    request_body = wire::SubmitToolResultsRequest,
    responses(
        (status = 200, description = "Tool results accepted", body = wire::SubmitToolResultsResponse),
        (status = 409, description = "Session is not waiting for tool results", body = ErrorResponse, content_type = "application/problem+json"),
    ),
)]
pub async fn tool_results(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    body: Json<wire::SubmitToolResultsRequest>,
) -> Answer<axum::Json<wire::SubmitToolResultsResponse>> {
    let id = session_of(&params)?;
    let origin = key.with_body("everruns.submit_tool_results", &body.source);
    let results: Vec<ToolResult> = body.value.tool_results.into_iter().map(tools::result).collect();
    let done = app.keyed(origin).tool_results(&caller, id, results).await;
    let done = done.map_err(|error| error.renamed(&[("results", "tool_results")]))?;
    let status = match done.open {
        0 => wire::SessionStatus::Active,
        _ => wire::SessionStatus::WaitingForToolResults,
    };
    let accepted = u32::try_from(done.accepted).map_err(Error::internal)?;
    Ok(axum::Json(wire::SubmitToolResultsResponse { accepted, status: status.as_str().into() }))
}
