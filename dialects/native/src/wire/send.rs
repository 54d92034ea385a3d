//! A message on its way in.

use domain::{Map, controls::Policy, turn::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Controls, Envelope, ExternalActor, Message, NewPart, NewReminder, PartFields, TurnRef, schema};

/// What to change of a message; what is absent stays. Text, subject and delivery only of a letter of the project's that waits to
/// be sent.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessagePatch {
    /// In place of its text parts; files stay.
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = String)]
    pub text: Option<String>,
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = String)]
    pub subject: Option<String>,
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = Value)]
    pub delivery_requested: Option<domain::Kept>,
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = i64)]
    pub priority: Option<i64>,
    /// Whether the project's people have read it.
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = bool)]
    pub read: Option<bool>,
}

/// A user's message: `text` or `content`, and whatever goes with it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// Short for one text part.
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<NewPart>>)]
    pub content: Option<Vec<PartFields>>,
    /// `user`; nobody else speaks through an API.
    #[serde(default)]
    pub role: Option<Speaking>,
    #[serde(default)]
    pub controls: Controls,
    /// Speak for a member of the project; needs the scope `impersonate`. Absent: the key speaks for itself.
    #[serde(default)]
    pub author: Option<Speaker>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map>,
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    #[serde(default)]
    pub external_actor: Option<ExternalActor>,
    #[serde(default)]
    pub addressed_to: Option<String>,
    #[serde(default)]
    pub envelope: Option<Envelope>,
    /// Sets the thread's timer anew. Absent: the message calls off the one that there was.
    #[serde(default)]
    pub reminder: Option<NewReminder>,
    /// An origin key within the thread: the same again is the same message. 1 to 255 visible ASCII characters; in place of
    /// the header `Idempotency-Key`.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Absent: `queue`.
    #[serde(default)]
    #[schema(value_type = Option<schema::Policy>)]
    pub when_busy: Option<Policy>,
    /// Whether it is to be answered.
    #[serde(default = "yes")]
    pub respond: bool,
}

fn yes() -> bool {
    true
}

/// Who may speak through an API.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaking {
    User,
}

/// In whose name a message is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Speaker {
    /// A member's e-mail address.
    pub member: String,
}

/// What has become of a message: it is on disk, and so is the turn that answers it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sent {
    pub message: Message,
    /// Null when nobody will answer: with `respond: false`, or while the agent is paused.
    #[schema(required)]
    pub turn: Option<TurnRef>,
    /// With `wait`: how the turn has ended. Absent while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<TurnOutcome>,
}

/// What became of a turn.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnOutcome {
    #[schema(value_type = schema::TurnState)]
    pub state: State,
    /// Why it failed or was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Of a failure: stable, in snake case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What the agent said since the message, oldest first.
    pub messages: Vec<Message>,
}
