//! Messages and what they choose for their turn.

use domain::{Map, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{ContentPart, InputContentPart};

/// `POST /v1/sessions/{session_id}/messages`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct CreateMessageRequest {
    pub message: InputMessage,
    pub controls: Option<Controls>,
    /// Kept with the message.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map>,
    pub tags: Option<Vec<String>>,
    /// Who of another system it was sent for.
    pub external_actor: Option<ExternalActor>,
    /// `part_` and 32 hex digits; kept with the message.
    pub addressed_participant_id: Option<String>,
    /// The sender's own name for it, unique in the session: sent twice, it is one message.
    pub client_message_id: Option<String>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct InputMessage {
    /// `user`, which it is when absent. The others are written by the server alone.
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

/// What a message chooses for the turn that answers it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Controls {
    /// `model_` and 32 hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<ReasoningConfig>,
    /// BCP 47.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub hints: Option<Map>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_disclosure: Option<ErrorDisclosure>,
    /// From the vendor's types 0.50 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
    /// From the vendor's types 0.50 on.
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

/// An actor of another system, like a user of Slack.
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
    /// The number of the event that it is.
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
    /// Of an agent's message: whether it calls tools and goes on, or answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// What the model thought before it spoke.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// The provider's signature over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_signature: Option<String>,
    /// Last, so that what is long can be written behind all the rest: `answer::pieces`.
    pub content: Vec<ContentPart>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Commentary,
    FinalAnswer,
}

/// `GET /v1/sessions/{session_id}/messages`: all of them, oldest first.
#[derive(Serialize, ToSchema)]
pub struct MessageList {
    pub data: Vec<Message>,
}

/// `POST /v1/sessions/{session_id}/messages`: whether the answer waits for the turn's end.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct WaitQuery {
    /// Answer when the turn has ended, with what became of it.
    pub wait: Option<bool>,
    /// The longest wait in milliseconds; 120,000 when absent, cut to between 1 and 600,000.
    pub timeout_ms: Option<u64>,
}

/// What became of the turn that answers a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageOutcome {
    pub status: OutcomeStatus,
    /// The message that was sent.
    pub message: Message,
    /// What the agent said in the turn, in order; pictures by URL.
    pub messages: Vec<Message>,
    /// Why the turn failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<OutcomeError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeStatus {
    Completed,
    /// It failed, or was cancelled: then the code is `cancelled`.
    Failed,
    /// The turn goes on.
    Timeout,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeError {
    pub code: String,
    pub message: String,
}
