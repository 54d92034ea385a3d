//! Sessions of a channel.

use axum::extract::State;
use dialect_kit::{Answer, Authed, Cursors, IdempotencyHeader, IdempotencyKey, Json, Params, Query};
use domain::{Caller, Error, Map, Result, ThreadId, Timestamp, caller::Subject, codes};
use engine::{App, app::people::serving::AgentRef};
use http::StatusCode;
use uuid::Uuid;

use super::{Channel, Program};
use crate::{
    convert::channels,
    error::ErrorResponse,
    routes::{session_of, sessions},
    wire,
};

/// Default and largest number of sessions on a page.
const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;

/// Creates a session with the channel's agent.
#[utoipa::path(
    post, path = "/v1/channels/{channel_id}/sessions", operation_id = "create_agent_session", tag = "channels",
    params(
        ("channel_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or the agent's name"),
        ("End-User" = Option<String>, Header, description = "The person for whom the key's program sends the request"),
        IdempotencyHeader,
    ),
    request_body = Option<wire::CreateAgentSessionRequest>,
    responses(
        (status = 201, description = "Session created", body = wire::AgentSession),
        (status = 409, description = "The key was used for another request", body = ErrorResponse, content_type = "application/problem+json"),
    ),
)]
pub async fn create(
    State(app): State<App>,
    program: Program,
    key: IdempotencyKey,
    body: Option<Json<wire::CreateAgentSessionRequest>>,
) -> Answer<(StatusCode, axum::Json<wire::AgentSession>)> {
    let Program { agent, caller, end_user } = program;
    let origin = key.with_any_body("everruns.create_agent_session", body.as_ref().map(|body| &body.source));
    let mut new = channels::new_thread(body.map(|body| body.value).unwrap_or_default());
    new.origin = origin;
    let made = match &end_user {
        Some(name) => app.create_thread_for(&caller, name, new).await,
        None => app.create_thread(&caller, new).await,
    };
    let id = made.map_err(channels::found_in_path).map_err(channels::spoken_for)?.id;
    // The session's owner is known at this point.
    let owner = app.narrow(&caller, AgentRef::Id(agent.id), end_user.as_deref()).await?.caller;
    Ok((StatusCode::CREATED, axum::Json(channels::session(app.conversation(&owner, id).await?))))
}

/// Lists the caller's sessions, by their newest event, latest first.
#[utoipa::path(
    get, path = "/v1/channels/{channel_id}/sessions", operation_id = "list_agent_sessions", tag = "channels",
    params(
        ("channel_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or the agent's name"),
        ("End-User" = Option<String>, Header, description = "The person for whom the key's program sends the request"),
        wire::AgentSessionsQuery,
    ),
    responses((status = 200, description = "A page of sessions", body = wire::AgentSessionList)),
)]
pub async fn list(
    State(app): State<App>,
    Channel(caller): Channel,
    Query(query): Query<wire::AgentSessionsQuery>,
) -> Answer<axum::Json<wire::AgentSessionList>> {
    let limit = super::events::within("limit", query.limit, PAGE, PAGE_MAX)?;
    let tokens = Tokens::of(&app, &caller);
    let before = query.page_token.as_deref().map(|token| tokens.read(token)).transpose()?;
    // Reads one session more than the page shows, to know whether another page follows.
    let mut found = app.conversations(&caller, before, i64::from(limit) + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let last = found.last().filter(|_| more).map(|last| (last.thread.last_at, last.thread.id));
    let data = found.into_iter().map(channels::session).collect();
    Ok(axum::Json(wire::AgentSessionList { data, next_page_token: last.map(|last| tokens.write(last)) }))
}

/// Shows a session with its pending tool calls.
#[utoipa::path(
    get, path = "/v1/channels/{channel_id}/sessions/{session_id}", operation_id = "get_agent_session", tag = "channels",
    params(
        ("channel_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or the agent's name"),
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        ("End-User" = Option<String>, Header, description = "The person for whom the key's program sends the request"),
    ),
    responses((status = 200, description = "Session found", body = wire::AgentSession)),
)]
pub async fn get(
    State(app): State<App>,
    Channel(caller): Channel,
    params: Params,
) -> Answer<axum::Json<wire::AgentSession>> {
    Ok(axum::Json(channels::session(app.conversation(&caller, session_of(&params)?).await?)))
}

/// Cancels the session's open turns. Without open turns it has no effect. The body is ignored.
#[utoipa::path(
    post, path = "/v1/channels/{channel_id}/sessions/{session_id}/cancel", operation_id = "cancel_agent_turn", tag = "channels",
    params(
        ("channel_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or the agent's name"),
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        ("End-User" = Option<String>, Header, description = "The person for whom the key's program sends the request"),
        IdempotencyHeader,
    ),
    responses((status = 200, description = "Turn cancelled, or nothing to cancel", body = wire::CancelTurnResponse)),
)]
pub async fn cancel(
    state: State<App>,
    Channel(caller): Channel,
    params: Params,
    key: IdempotencyKey,
) -> Answer<axum::Json<wire::CancelTurnResponse>> {
    sessions::cancel(state, Authed(caller), params, key).await
}

/// Sends the results of tools that the client runs. The turn continues after the last result.
#[utoipa::path(
    post, path = "/v1/channels/{channel_id}/sessions/{session_id}/tool-results",
    operation_id = "submit_agent_tool_results", tag = "channels",
    params(
        ("channel_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or the agent's name"),
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        ("End-User" = Option<String>, Header, description = "The person for whom the key's program sends the request"),
        IdempotencyHeader,
    ),
    request_body = wire::SubmitToolResultsRequest,
    responses(
        (status = 200, description = "Tool results accepted", body = wire::SubmitToolResultsResponse),
        (status = 409, description = "Session is not waiting for tool results", body = ErrorResponse, content_type = "application/problem+json"),
    ),
)]
pub async fn tool_results(
    state: State<App>,
    Channel(caller): Channel,
    params: Params,
    key: IdempotencyKey,
    body: Json<wire::SubmitToolResultsRequest>,
) -> Answer<axum::Json<wire::SubmitToolResultsResponse>> {
    sessions::tool_results(state, Authed(caller), params, key, body).await
}

/// Answers an agent's questions. Always refused, because agents ask questions as messages; send a message instead.
#[utoipa::path(
    post, path = "/v1/channels/{channel_id}/sessions/{session_id}/question-answers", operation_id = "answer_questions", tag = "channels",
    params(
        ("channel_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or the agent's name"),
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        ("End-User" = Option<String>, Header, description = "The person for whom the key's program sends the request"),
    ),
    request_body = Object,
    responses((status = 409, description = "No questions are pending", body = ErrorResponse, content_type = "application/problem+json")),
)]
pub async fn answer_questions(
    State(app): State<App>,
    Channel(caller): Channel,
    params: Params,
    _answers: Json<Map>,
) -> Answer {
    app.thread(&caller, session_of(&params)?).await?;
    let message = "The session has no pending questions; answer the agent with a message";
    Err(Error::conflict(codes::NO_PENDING_QUESTIONS, message).into())
}

/// Decides about tool calls. Always refused, because no tool waits for an approval.
#[utoipa::path(
    post, path = "/v1/channels/{channel_id}/sessions/{session_id}/tool-approvals", operation_id = "submit_tool_approvals", tag = "channels",
    params(
        ("channel_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or the agent's name"),
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        ("End-User" = Option<String>, Header, description = "The person for whom the key's program sends the request"),
    ),
    request_body = Object,
    responses((status = 409, description = "No approvals are pending", body = ErrorResponse, content_type = "application/problem+json")),
)]
pub async fn approve_tools(
    State(app): State<App>,
    Channel(caller): Channel,
    params: Params,
    _decisions: Json<Map>,
) -> Answer {
    app.thread(&caller, session_of(&params)?).await?;
    Err(Error::conflict(
        codes::NO_PENDING_APPROVALS,
        "The session has no pending approvals, because no tool waits for one",
    )
    .into())
}

/// Encodes and decodes the page tokens of one caller's list.
struct Tokens {
    cursors: Cursors,
    scope: String,
}

const LIST: &str = "channel sessions";

impl Tokens {
    fn of(app: &App, caller: &Caller) -> Self {
        // A program has its own sessions.
        let line = matches!(caller.subject, Subject::Agent(_)).then_some(caller.line);
        let scope = format!("{:?}", (caller.project, caller.subject, line));
        Self { cursors: Cursors::new(&app.derive("cursor everruns")), scope }
    }

    /// Encodes the place of a page's last session.
    fn write(&self, (at, id): (Timestamp, ThreadId)) -> String {
        self.cursors.seal(LIST, self.scope.as_bytes(), &[&at.0.to_be_bytes()[..], id.0.as_bytes()].concat())
    }

    /// # Errors
    /// `invalid` for a token of another list or another caller.
    fn read(&self, token: &str) -> Result<(Timestamp, ThreadId)> {
        let wrong = || Error::field("page_token", "does not belong to this list");
        let place = self.cursors.open(LIST, self.scope.as_bytes(), token).map_err(|_| wrong())?;
        let (at, id) = place.split_first_chunk::<8>().ok_or_else(wrong)?;
        Ok((Timestamp(i64::from_be_bytes(*at)), ThreadId(Uuid::from_slice(id).map_err(|_| wrong())?)))
    }
}
