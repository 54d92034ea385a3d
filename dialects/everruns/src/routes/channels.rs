//! Channels. A channel is one agent, for programs that have a key of it and for the end users of those programs.
//!
//! The caller is bound to the channel's agent before any other check, and everything outside of it is unknown. Messages
//! and streams are those of the sessions.

pub mod events;
pub mod messages;
pub mod sessions;

use axum::{
    Json,
    extract::{FromRequestParts, OriginalUri, State},
};
use dialect_kit::{Answer, Authed, Fault, IdempotencyHeader, IdempotencyKey, Params};
use domain::{Caller, Error, agent::Agent, codes};
use engine::App;
use http::request::Parts;

use crate::{
    convert::{channels, header_once},
    error::ErrorResponse,
    ids, wire,
};

/// The header that names the end user of a request.
const END_USER: &str = "end-user";

/// An extractor: the caller, bound to the channel's agent, and to the end user's sessions if `End-User` is given.
pub struct Channel(pub Caller);

/// An extractor: the program, bound to the channel's agent, and the end user that it names.
pub struct Program {
    pub agent: Agent,
    pub caller: Caller,
    pub end_user: Option<String>,
}

impl FromRequestParts<App> for Channel {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let end_user = header_once(&parts.headers, END_USER)?.map(str::to_owned);
        narrowed(parts, app, end_user.as_deref()).await.map(|(_, caller)| Self(caller))
    }
}

impl FromRequestParts<App> for Program {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let (agent, caller) = narrowed(parts, app, None).await?;
        let end_user = header_once(&parts.headers, END_USER)?.map(str::to_owned);
        Ok(Self { agent, caller, end_user })
    }
}

async fn narrowed(parts: &mut Parts, app: &App, end_user: Option<&str>) -> Result<(Agent, Caller), Fault> {
    let Authed(caller) = Authed::from_request_parts(parts, app).await?;
    let params = Params::from_request_parts(parts, app).await?;
    let agent = params.parse("channel_id", channels::agent_ref, invalid_channel)?;
    let narrowed = app.narrow(&caller, agent, end_user).await.map_err(channels::spoken_for)?;
    Ok((narrowed.agent, narrowed.caller))
}

fn invalid_channel() -> Error {
    Error::invalid(codes::INVALID_ID, "Invalid ID format: expected agent_ and 32 hex digits, or an agent's name")
}

/// Shows the channel's agent, its kinds of input, and its ways to authenticate.
#[utoipa::path(
    get, path = "/v1/channels/{channel_id}", operation_id = "get_agent_card", tag = "channels",
    params(
        ("channel_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or the agent's name"),
        ("End-User" = Option<String>, Header, description = "The person for whom the key's program sends the request"),
    ),
    responses((status = 200, description = "The agent's card", body = wire::AgentCard)),
)]
pub async fn card(
    Program { agent, .. }: Program,
    _of_a_known_person: Channel,
    OriginalUri(uri): OriginalUri,
) -> Answer<Json<wire::AgentCard>> {
    Ok(Json(channels::card(agent, uri.path())))
}

/// Creates a token for an end user of the key's program. It opens the end user's sessions in this channel, and expires
/// with the key.
#[utoipa::path(
    post, path = "/v1/channels/{channel_id}/runtime-auth", operation_id = "create_runtime_token", tag = "channels",
    params(
        ("channel_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or the agent's name"),
        ("End-User" = String, Header, description = "The person whom the token is for, by the program's own name for them"),
        IdempotencyHeader,
    ),
    responses(
        (status = 200, description = "The token", body = wire::RuntimeToken),
        (status = 403, description = "The key may not speak for people", body = ErrorResponse, content_type = "application/problem+json"),
    ),
)]
pub async fn runtime_auth(
    State(app): State<App>,
    Program { caller, end_user, .. }: Program,
    key: IdempotencyKey,
) -> Answer<Json<wire::RuntimeToken>> {
    let end_user = end_user.ok_or_else(|| Error::field("End-User", "must name the person whom the token is for"))?;
    let origin = key.without_body("everruns.create_runtime_token");
    let speaking = app.keyed(origin).let_end_user_in(&caller, &end_user).await;
    let (token, customer) = speaking.map_err(channels::spoken_for)?;
    Ok(Json(wire::RuntimeToken {
        access_token: token.text,
        token_type: "Bearer",
        expires_in: app.limits().guest_token_s,
        virtual_user_id: ids::virtual_user(customer),
    }))
}
