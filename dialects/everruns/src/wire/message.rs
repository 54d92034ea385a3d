//! Messages and their settings for the turn.

use domain::{Map, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{ContentPart, InputContentPart};

/// `POST /v1/sessions/{session_id}/messages`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct CreateMessageRequest {
    pub message: InputMessage,
    pub controls: Option<Controls>,
    /// Stored with the message.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map>,
    pub tags: Option<Vec<String>>,
    /// The person in another system for whom the message was sent.
    pub external_actor: Option<ExternalActor>,
    /// `part_` and 32 hex digits. Stored with the message.
    pub addressed_participant_id: Option<String>,
    /// The sender's own id of the message, unique in the session. A repeated id creates no second message
    /// (idempotency).
    pub client_message_id: Option<String>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct InputMessage {
    /// Must be `user`, which is the default. Only the server writes the other roles.
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(nullable = false)]
    pub role: Option<MessageRole>,
    pub content: Vec<InputContentPart>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageRole {
    System,
    User,
    Agent,
    ToolResult,
}

/// Settings of the turn that answers the message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Controls {
    /// `model_` and 32 hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<ReasoningConfig>,
    /// A language tag (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub hints: Option<Map>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_disclosure: Option<ErrorDisclosure>,
    /// Since version 0.50 of the vendor's types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
    /// Since version 0.50 of the vendor's types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbosity: Option<Verbosity>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReasoningConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ErrorDisclosure {
    Generic,
    Standard,
    Detailed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Speed {
    Flex,
    Default,
    Priority,
    Fast,
    Ultrafast,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verbosity {
    Low,
    Medium,
    High,
}

/// A person in another system, for example a user of Slack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExternalActor {
    pub actor_id: String,
    pub source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub metadata: Option<Map<String>>,
}

/// A message of a session.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Message {
    /// `message_` and 32 hex digits.
    pub id: String,
    pub session_id: String,
    /// The sequence of the message's event.
    pub sequence: i64,
    pub role: MessageRole,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controls: Option<Controls>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_actor: Option<ExternalActor>,
    /// Present for an agent's message: whether it calls tools and continues, or answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// The model's thinking before the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// The provider's signature of the thinking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_signature: Option<String>,
    /// The last field, so that long content is written after all others (`answer::pieces`).
    pub content: Vec<ContentPart>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Commentary,
    FinalAnswer,
}

/// `GET /v1/sessions/{session_id}/messages`: all messages, oldest first.
#[derive(Serialize, ToSchema)]
pub struct MessageList {
    pub data: Vec<Message>,
}

/// `POST /v1/sessions/{session_id}/messages`: whether to wait for the turn's end.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct WaitQuery {
    /// True to answer when the turn has ended, with its outcome.
    pub wait: Option<bool>,
    /// Longest wait in milliseconds. Default: 120,000. Clamped to 1 to 600,000.
    pub timeout_ms: Option<u64>,
}

/// The outcome of the turn that answers a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageOutcome {
    pub status: OutcomeStatus,
    /// The sent message.
    pub message: Message,
    /// The agent's messages in the turn, in order; pictures by URL.
    pub messages: Vec<Message>,
    /// The reason of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<OutcomeError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeStatus {
    Completed,
    /// The turn failed or was cancelled. The code of a cancelled turn is `cancelled`.
    Failed,
    /// The turn still runs.
    Timeout,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeError {
    pub code: String,
    pub message: String,
}
