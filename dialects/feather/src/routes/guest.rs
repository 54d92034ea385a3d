//! Tokens of guests: their renewal and end, and the identities that a project's own server signs.

use axum::{Json, extract::State, http::HeaderMap};
use dialect_kit::{Answer, Json as Body, Origin, Params, credential};
use domain::{Error, ThreadId, codes};
use engine::App;

use super::{chat::guest_id, thread_id, visitor::Visitor};
use crate::wire;

#[utoipa::path(
    post,
    path = "/api/v1/chat/threads/{threadId}/token",
    tag = "Chat",
    operation_id = "renewChatToken",
    summary = "Get another token for the thread of a token",
    description = "`Authorization: Bearer <token>`: a token of the thread, which may have expired for less than 30 days. Tokens can be \
                   renewed for 180 days, until a logout, or until the project revokes them. The earlier token stays good.",
    params(("threadId" = String, Path, format = "uuid")),
    responses(
        (status = 200, description = "The new token", body = wire::ChatTokenResponse),
        (status = 403, description = "The token is not valid, or the page's origin is not allowed", body = wire::ErrorResponse),
    ),
)]
pub async fn renew_token(
    State(app): State<App>,
    origin: Origin,
    params: Params,
    headers: HeaderMap,
) -> Answer<Json<wire::ChatTokenResponse>> {
    let thread = thread_id(&params)?;
    let shown = credential::bearer(&headers)?;
    let token = app.renew_guest(shown.secret(), thread, origin.text()).await?;
    origin.allow();
    Ok(Json(wire::ChatTokenResponse { token: token.text, expires_at: token.expires_at }))
}

#[utoipa::path(
    post,
    path = "/api/v1/chat/threads/{threadId}/logout",
    tag = "Chat",
    operation_id = "logOutOfChat",
    summary = "End all tokens of a thread",
    description = "`Authorization: Bearer <token>`: a token of the thread, which may have expired. The tokens, tickets and streams of the \
                   thread's guests end within five seconds. A token that is void already ends nothing.",
    params(("threadId" = String, Path, format = "uuid")),
    responses(
        (status = 200, description = "The tokens are void", body = wire::ChatLoggedOut),
        (status = 403, description = "The token is not valid, or the page's origin is not allowed", body = wire::ErrorResponse),
    ),
)]
pub async fn log_out(
    State(app): State<App>,
    origin: Origin,
    params: Params,
    headers: HeaderMap,
) -> Answer<Json<wire::ChatLoggedOut>> {
    let thread = thread_id(&params)?;
    let shown = credential::bearer(&headers)?;
    app.log_out(shown.secret(), thread, origin.text()).await?;
    origin.allow();
    Ok(Json(wire::ChatLoggedOut { thread_id: thread.to_string() }))
}

#[utoipa::path(
    post,
    path = "/api/v1/chat/identify",
    tag = "Chat",
    operation_id = "identifyGuest",
    summary = "Get the threads of a signed guest",
    description = "The identity is a compact JSON Web Token, signed by HS256 with the agent's guest secret (native API), with the claims \
                   `sub`, `aud` (the `guest_id`), `exp` (at most an hour away), and maybe `name` and `email`. The answer has the threads \
                   that joined by an identity with the same `sub`, newest first, 50 at a time.",
    request_body = wire::IdentifyBody,
    responses(
        (status = 200, description = "The threads, each with a token", body = wire::IdentifyResponse),
        (status = 403, description = "The identity is not valid, or the page's origin is not allowed", body = wire::ErrorResponse),
    ),
)]
pub async fn identify(
    State(app): State<App>,
    origin: Origin,
    Body { value: body, .. }: Body<wire::IdentifyBody>,
) -> Answer<Json<wire::IdentifyResponse>> {
    let agent = guest_id(&body.agent_id)?;
    let before = match body.cursor.as_deref() {
        Some(text) => {
            let refuse = || Error::field("cursor", "must be `next` of the previous page");
            Some(ThreadId::parse(text).ok_or_else(refuse)?)
        }
        None => None,
    };
    let found = app
        .identify(agent, origin.text(), &body.identity, before)
        .await
        .inspect_err(|error| readable(&origin, error))?;
    origin.allow();
    let next = found.threads.last().filter(|_| found.more).map(|last| last.thread.to_string());
    let threads = found.threads.into_iter().map(|known| wire::KnownThread {
        thread_id: known.thread.to_string(),
        token: known.token.text,
        expires_at: known.token.expires_at,
        last_activity_at: known.last_at,
    });
    Ok(Json(wire::IdentifyResponse { threads: threads.collect(), next }))
}

#[utoipa::path(
    post,
    path = "/api/v1/chat/threads/{threadId}/identity",
    tag = "Chat",
    operation_id = "joinIdentity",
    summary = "Join a thread to a signed guest",
    description = "The thread of the token joins the person whom the identity names. A thread of another person is 409.",
    params(("threadId" = String, Path, format = "uuid")),
    request_body = wire::IdentityBody,
    responses((status = 200, description = "The thread belongs to the person", body = wire::IdentityResponse)),
)]
pub async fn join_identity(
    State(app): State<App>,
    visitor: Visitor,
    Body { value: body, .. }: Body<wire::IdentityBody>,
) -> Answer<Json<wire::IdentityResponse>> {
    app.join_identity(&visitor.caller, visitor.thread, &body.identity).await?;
    Ok(Json(wire::IdentityResponse { thread_id: visitor.thread.to_string() }))
}

/// Lets the page read why its identity is refused: the page is one of the agent's.
pub(super) fn readable(origin: &Origin, error: &Error) {
    if error.code == codes::IDENTITY_NOT_VALID {
        origin.allow();
    }
}
