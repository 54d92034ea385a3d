//! The handlers: decode, convert, call, encode. A file for each noun, like the engine's.

pub mod agents;
pub mod attachments;
pub mod audit;
pub mod checks;
pub mod contacts;
pub mod customers;
pub mod delivery_attempts;
pub mod events;
pub mod external;
pub mod handling;
pub mod heads;
pub mod keys;
pub mod limits;
pub mod members;
pub mod messages;
pub mod model_routes;
pub mod models;
mod open;
pub mod origins;
pub mod overrides;
pub mod own_provider;
pub mod projects;
pub mod receipts;
pub mod saved_replies;
pub mod search;
pub mod snapshots;
pub mod switches;
pub mod tags;
pub mod threads;
pub mod tickets;
pub mod tokens;
pub mod tool_results;
pub mod turns;
pub mod usage;
mod waiting;
pub mod webhooks;

use std::time::Duration;

use dialect_kit::{Answer, Params};
use domain::{
    AgentId, AttachmentId, Caller, CustomerId, DeliveryAttemptId, Error, KeyId, MemberId, MessageId, ProjectId, Result,
    SavedReplyId, SnapshotId, ThreadId, TurnId, WebhookId, codes,
};
use engine::App;
use http::StatusCode;
use utoipa::IntoResponses;

use crate::wire::Problem;

/// 200 with a body.
type Found<T> = Answer<axum::Json<T>>;

/// 201 with a body.
type Created<T> = Answer<(StatusCode, axum::Json<T>)>;

fn found<T>(body: T) -> Found<T> {
    Ok(axum::Json(body))
}

fn created<T>(body: T) -> Created<T> {
    Ok((StatusCode::CREATED, axum::Json(body)))
}

/// Documents a 409.
#[derive(IntoResponses)]
#[response(
    status = 409,
    description = "The request conflicts with the current state, or its `Idempotency-Key` was used for another request",
    content_type = "application/problem+json"
)]
#[expect(dead_code, reason = "only its documentation is used")]
struct Conflict(Problem);

/// For how long an answer may wait for what is yet to come.
///
/// # Errors
/// `invalid` beyond the longest poll.
fn wait(app: &App, seconds: Option<u64>) -> Result<Duration> {
    let most = app.limits().wait_s;
    match seconds.unwrap_or_default() {
        seconds if seconds <= most => Ok(Duration::from_secs(seconds)),
        _ => Err(Error::field("wait", format!("must be between 0 and {most}"))),
    }
}

// An id of the wrong form is answered as an unknown one, in the engine's words.

fn thread_id(params: &Params) -> Result<ThreadId> {
    params.parse("thread", ThreadId::parse, || Error::not_found(codes::THREAD_NOT_FOUND, "Thread"))
}

fn message_id(params: &Params) -> Result<MessageId> {
    params.parse("message", MessageId::parse, || Error::not_found(codes::MESSAGE_NOT_FOUND, "Message"))
}

fn turn_id(params: &Params) -> Result<TurnId> {
    params.parse("turn", TurnId::parse, || Error::not_found(codes::TURN_NOT_FOUND, "Turn"))
}

fn attachment_id(params: &Params) -> Result<AttachmentId> {
    params.parse("attachment", AttachmentId::parse, || Error::not_found(codes::ATTACHMENT_NOT_FOUND, "Attachment"))
}

fn snapshot_id(params: &Params) -> Result<SnapshotId> {
    params.parse("snapshot", SnapshotId::parse, || Error::not_found(codes::SNAPSHOT_NOT_FOUND, "Browser snapshot"))
}

fn saved_reply_id(params: &Params) -> Result<SavedReplyId> {
    let unknown = || Error::not_found(codes::SAVED_REPLY_NOT_FOUND, "Saved reply");
    params.parse("reply", SavedReplyId::parse, unknown)
}

fn member_id(params: &Params) -> Result<MemberId> {
    params.parse("member", MemberId::parse, || Error::not_found(codes::MEMBER_NOT_FOUND, "Member"))
}

fn customer_id(params: &Params) -> Result<CustomerId> {
    params.parse("customer", CustomerId::parse, || Error::not_found(codes::CUSTOMER_NOT_FOUND, "Customer"))
}

fn key_id(params: &Params) -> Result<KeyId> {
    params.parse("key", KeyId::parse, || Error::not_found(codes::KEY_NOT_FOUND, "Key"))
}

fn project_id(params: &Params) -> Result<ProjectId> {
    params.parse("project", ProjectId::parse, || Error::not_found(codes::PROJECT_NOT_FOUND, "Project"))
}

fn webhook_id(params: &Params) -> Result<WebhookId> {
    params.parse("webhook", WebhookId::parse, || Error::not_found(codes::WEBHOOK_NOT_FOUND, "Webhook"))
}

fn delivery_attempt_id(params: &Params) -> Result<DeliveryAttemptId> {
    params.parse("posting", DeliveryAttemptId::parse, || Error::not_found(codes::POSTING_NOT_FOUND, "Delivery attempt"))
}

/// The agent of the path: by its id, or by its name.
async fn agent_id(app: &App, caller: &Caller, params: &Params) -> Result<AgentId> {
    let unknown = || Error::not_found(codes::AGENT_NOT_FOUND, "Agent");
    let text = params.text("agent").ok_or_else(unknown)?;
    match AgentId::parse(text) {
        Some(id) => Ok(id),
        None => app.agent_by_name(caller, text).await.map(|agent| agent.id),
    }
}

/// The agent that a field names, by its id or its name. Whether there is one of that id, the operation tells.
///
/// # Errors
/// `invalid` for an unknown name.
async fn named_agent(app: &App, caller: &Caller, path: &str, named: Option<&str>) -> Result<Option<AgentId>> {
    let Some(text) = named else { return Ok(None) };
    if let Some(id) = AgentId::parse(text) {
        return Ok(Some(id));
    }
    match app.agent_by_name(caller, text).await {
        Ok(agent) => Ok(Some(agent.id)),
        Err(error) if error.kind == domain::Kind::NotFound => {
            Err(Error { code: error.code, ..Error::field(path, "names no agent of this project") })
        }
        Err(error) => Err(error),
    }
}
