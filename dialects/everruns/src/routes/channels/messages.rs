//! Messages of a channel's session, like those of any session.

use axum::extract::State;
use dialect_kit::{
    Answer, Authed, FilesJson, IdempotencyHeader, IdempotencyKey, Params, Patience, Query, Shutdown, Streams,
};
use engine::App;

use super::Channel;
use crate::{error::ErrorResponse, routes::messages, wire};

/// Sends a message. The answer 201 means that the message and the turn that answers it are stored.
///
/// While a turn is open, the message steers it: the turn reads the message at its next step.
#[utoipa::path(
    post, path = "/v1/channels/{channel_id}/sessions/{session_id}/messages", operation_id = "create_agent_message", tag = "channels",
    params(
        ("channel_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or the agent's name"),
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        ("End-User" = Option<String>, Header, description = "The person for whom the key's program sends the request"),
        IdempotencyHeader,
        wire::WaitQuery,
    ),
    request_body = wire::CreateMessageRequest,
    responses(
        (status = 201, description = "Message created", body = wire::Message),
        (status = 200, description = "With `wait`: the turn has ended", body = wire::MessageOutcome),
        (status = 202, description = "With `wait`: the turn goes on", body = wire::MessageOutcome),
        (status = 409, description = "The message's own name was used for another message", body = ErrorResponse, content_type = "application/problem+json"),
    ),
)]
pub async fn create(
    state: State<App>,
    Channel(caller): Channel,
    params: Params,
    query: Query<wire::WaitQuery>,
    key: IdempotencyKey,
    waiting: (Patience, Shutdown, Streams),
    request: FilesJson<wire::CreateMessageRequest>,
) -> Answer {
    messages::create(state, Authed(caller), params, query, key, waiting, request).await
}

/// Lists all messages of a session, oldest first. Pictures that were sent within a message have their bytes.
#[utoipa::path(
    get, path = "/v1/channels/{channel_id}/sessions/{session_id}/messages", operation_id = "list_agent_messages", tag = "channels",
    params(
        ("channel_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or the agent's name"),
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        ("End-User" = Option<String>, Header, description = "The person for whom the key's program sends the request"),
    ),
    responses((status = 200, description = "List of messages", body = wire::MessageList)),
)]
pub async fn list(state: State<App>, Channel(caller): Channel, params: Params) -> Answer {
    messages::list(state, Authed(caller), params).await
}
