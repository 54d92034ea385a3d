//! A message on its way in.

use domain::{Map, controls::Policy, handling::Handling, turn::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Controls, Envelope, ExternalActor, Message, NewPart, NewReminder, PartFields, TurnRef, schema};

/// Changes of a message. Absent fields stay as they are. Text, subject and delivery can be changed only in an e-mail of the project that
/// is not sent yet.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessagePatch {
    /// The new text. Files stay.
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

/// A user's message. It has either `text` or `content`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// The text, in place of a `content` with one text part.
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<NewPart>>)]
    pub content: Option<Vec<PartFields>>,
    /// Always `user`. Absent means the same.
    #[serde(default)]
    pub role: Option<Speaking>,
    #[serde(default)]
    pub controls: Controls,
    /// The member of the project for whom the key speaks. It needs the scope `impersonate`. Absent: the key speaks for itself.
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
    /// The thread's new timer. Absent: the message ends the timer that the thread had.
    #[serde(default)]
    pub reminder: Option<NewReminder>,
    /// An idempotency key within the thread: the same message under the same key is stored once. 1 to 255 visible ASCII characters. It must
    /// not be combined with the header `Idempotency-Key`.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Absent: `queue`.
    #[serde(default)]
    #[schema(value_type = Option<schema::Policy>)]
    pub when_busy: Option<Policy>,
    /// Whether the agent is to answer.
    #[serde(default = "yes")]
    pub respond: bool,
}

pub(super) fn yes() -> bool {
    true
}

/// The role of a message that a client sends.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaking {
    User,
}

/// The person in whose name a message is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Speaker {
    /// A member's e-mail address.
    pub member: String,
}

/// A message that was sent. It is stored, and so is the turn that answers it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sent {
    pub message: Message,
    /// The turn that answers. Null with `respond: false`, while the agent is paused, and while the agent is silent for a person.
    #[schema(required)]
    pub turn: Option<TurnRef>,
    /// Who speaks in the thread.
    #[schema(value_type = schema::Handling)]
    pub handling: Handling,
    /// With `wait`: the end of the turn. Absent while the turn goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<TurnOutcome>,
}

/// The end of a turn.
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
    /// The agent's messages since then, oldest first.
    pub messages: Vec<Message>,
}
