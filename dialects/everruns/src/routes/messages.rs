//! Messages of a session.

use std::time::Duration;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use dialect_kit::{
    Answer, Authed, FilesJson, IdempotencyHeader, IdempotencyKey, Params, Patience, Query, Shutdown, Streams,
};
use domain::{Caller, Result, caller::Scope, controls::Policy, event::Event};
use engine::{
    App,
    app::{
        messages::{Send, Sent, WhenClosed},
        turns::outcome::Outcome,
    },
};
use http::StatusCode;

use super::session_of;
use crate::{
    answer,
    convert::{self, Place},
    intake, wire,
};

/// Default and longest wait for a turn's end.
const WAIT_MS: u64 = 120_000;
const WAIT_MS_MAX: u64 = 600_000;

/// Sends a message. The answer 201 means that the message and the turn that answers it are stored.
///
/// While a turn is open, the message steers it: the turn reads the message at its next step.
#[utoipa::path(
    post,
    path = "/v1/sessions/{session_id}/messages",
    operation_id = "create_message",
    tag = "messages",
    params(
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        IdempotencyHeader,
        wire::WaitQuery,
    ),
    request_body = wire::CreateMessageRequest,
    responses(
        (status = 201, description = "Message created successfully", body = wire::Message),
        (status = 200, description = "With `wait`: the turn has ended", body = wire::MessageOutcome),
        (status = 202, description = "With `wait`: the turn goes on", body = wire::MessageOutcome),
        (status = 409, description = "The message's own name was used for another message", body = crate::error::ErrorResponse, content_type = "application/problem+json"),
    ),
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<wire::WaitQuery>,
    key: IdempotencyKey,
    (patience, shutdown, streams): (Patience, Shutdown, Streams),
    request: FilesJson<wire::CreateMessageRequest>,
) -> Answer {
    let thread = session_of(&params)?;
    let wait = query.wait == Some(true);
    // Checked before anything is stored.
    let _place = match wait {
        true => {
            caller.require_bound(Scope::Read)?;
            Some(streams.place(&caller)?)
        }
        false => None,
    };
    let FilesJson { value, source } = request;
    let origin = convert::origin(key, value.client_message_id.as_deref(), &source, app.limits())?;
    let (mut body, parts) = convert::said(value, &app.models_of(&caller).await?)?;
    let intake::Kept { content, attachments } = intake::keep(&app, &caller, parts).await?;
    body.content = content;
    let send = Send {
        when_closed: WhenClosed::Reopen,
        attachments: attachments.clone(),
        origin,
        ..Send::new(thread, body, Policy::Steer)
    };
    let sent = app.send(&caller, send).await.map_err(convert::named_as_sent)?;
    if !wait {
        return Ok(answer::created(&app, &sent.message, attachments));
    }
    let longest = Duration::from_millis(query.timeout_ms.unwrap_or(WAIT_MS).clamp(1, WAIT_MS_MAX));
    patience.extend(longest);
    Ok(outcome(&app, &caller, sent, longest, &shutdown).await?)
}

/// The outcome of the message's turn, within `longest` and before the server stops. A message that starts no turn is
/// done at once, unless a person is to answer it.
async fn outcome(app: &App, caller: &Caller, sent: Sent, longest: Duration, shutdown: &Shutdown) -> Result<Response> {
    let message = sent.message;
    let ended = match sent.turn {
        Some((turn, _)) => tokio::select! {
            ended = app.outcome(caller, message.thread, turn, message.seq, longest) => ended?,
            () = shutdown.wait() => None,
        },
        None => None,
    };
    let (status, error) = match &ended {
        Some(Outcome { end, .. }) => ending(&end.event),
        // A person will answer, and nobody knows when.
        None if sent.turn.is_some() || sent.is_silent => (wire::OutcomeStatus::Timeout, None),
        None => (wire::OutcomeStatus::Completed, None),
    };
    let answers = ended.map(|ended| ended.answers).unwrap_or_default();
    let shown = wire::MessageOutcome {
        status,
        message: convert::message(&message, Place::Stream),
        messages: answers.iter().map(|answer| convert::message(answer, Place::Stream)).collect(),
        error,
    };
    let code = if status == wire::OutcomeStatus::Timeout { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((code, axum::Json(shown)).into_response())
}

fn ending(event: &Event) -> (wire::OutcomeStatus, Option<wire::OutcomeError>) {
    let failed = |code: &str, message: &Option<String>| {
        let message = message.clone().unwrap_or_else(|| "The turn failed".into());
        (wire::OutcomeStatus::Failed, Some(wire::OutcomeError { code: code.into(), message }))
    };
    match event {
        Event::TurnFailed(ended) => failed(ended.code.as_deref().unwrap_or("failed"), &ended.reason),
        Event::TurnCancelled(ended) => failed("cancelled", &ended.reason),
        _ => (wire::OutcomeStatus::Completed, None),
    }
}

/// Lists all messages of a session, oldest first.
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
