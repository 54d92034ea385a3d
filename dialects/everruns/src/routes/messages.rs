//! Messages of a session.

use axum::{extract::State, http::HeaderMap};
use dialect_kit::{Answer, Authed, FilesJson, Params};
use domain::turn::Policy;
use engine::{
    App,
    app::messages::{Send, WhenClosed},
};

use super::session_of;
use crate::{answer, convert, intake, wire};

/// Sends a message. When it is answered with 201, the message and the turn that answers it are stored.
///
/// While a turn is open the message steers it: it is read at the turn's next step.
#[utoipa::path(
    post,
    path = "/v1/sessions/{session_id}/messages",
    operation_id = "create_message",
    tag = "messages",
    params(
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        ("Idempotency-Key" = Option<String>, Header, description = "Sent twice, it is one message"),
    ),
    request_body = wire::CreateMessageRequest,
    responses(
        (status = 201, description = "Message created successfully", body = wire::Message),
        (status = 409, description = "The message's own name was used for another message", body = crate::error::ErrorResponse, content_type = "application/problem+json"),
    ),
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    headers: HeaderMap,
    request: FilesJson<wire::CreateMessageRequest>,
) -> Answer {
    let thread = session_of(&params)?;
    let FilesJson { value, source } = request;
    let origin = convert::origin(&headers, value.client_message_id.as_deref(), &source, app.limits())?;
    let (mut body, parts) = convert::said(value)?;
    let intake::Kept { content, attachments } = intake::keep(&app, &caller, parts).await?;
    body.content = content;
    let send = Send {
        when_closed: WhenClosed::Reopen,
        attachments: attachments.clone(),
        origin,
        ..Send::new(thread, body, Policy::Steer)
    };
    let sent = app.send(&caller, send).await.map_err(convert::named_as_sent)?;
    Ok(answer::created(&app, &sent.message, attachments))
}

/// All messages of a session, oldest first.
#[utoipa::path(
    get,
    path = "/v1/sessions/{session_id}/messages",
    operation_id = "list_messages",
    tag = "messages",
    params(("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID")),
    responses((status = 200, description = "List of messages", body = wire::MessageList)),
)]
pub async fn list(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    Ok(answer::list(&app, &caller, session_of(&params)?).await?)
}
