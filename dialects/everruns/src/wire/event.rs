//! Events, and the data of each type.

use std::collections::BTreeMap;

use domain::{Map, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{ContentPart, Message, TokenUsage, ToolCall};

/// One event of a session.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Event {
    /// `event_` and 32 hex digits. A stream can resume after it.
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[schema(value_type = String, format = DateTime)]
    pub ts: Timestamp,
    pub session_id: String,
    pub context: EventContext,
    #[schema(value_type = EventKind)]
    pub data: Data,
    /// 1, 2, 3 … without gaps. Absent for deltas. An event that is derived from another has none: absent in streams,
    /// null in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub sequence: Option<Option<i64>>,
    /// Tags of the message, if it has any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventContext {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<String>,
    /// The message that started the turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_message_id: Option<String>,
}

/// The data of an event, by its type.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Data {
    SessionStarted(SessionStartedData),
    InputMessage(Box<InputMessageData>),
    TurnStarted(TurnStartedData),
    SessionActivated(SessionActivatedData),
    ReasonStarted(ReasonStartedData),
    OutputMessageStarted(OutputMessageStartedData),
    ReasonThinkingStarted(ReasonThinkingStartedData),
    Delta(DeltaData),
    OutputMessageCompleted(Box<OutputMessageCompletedData>),
    ReasonThinkingCompleted(ReasonThinkingCompletedData),
    ReasonCompleted(ReasonCompletedData),
    ActStarted(ActStartedData),
    ToolStarted(ToolStartedData),
    ToolCallRequested(ToolCallRequestedData),
    ToolCompleted(ToolCompletedData),
    ActCompleted(ActCompletedData),
    ReasonRecovered(ReasonRecoveredData),
    TurnCompleted(TurnCompletedData),
    TurnFailed(TurnFailedData),
    TurnCancelled(TurnCancelledData),
    SessionIdled(SessionIdledData),
    /// An entry for which the vendor has no type. It has our type name and our fields.
    Native(Map),
}

/// The event types with their data. The vendor has no types for the entries after `session.idled`.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", content = "data")]
#[expect(dead_code, reason = "only its schema is used")]
pub enum EventKind {
    #[serde(rename = "session.started")]
    SessionStarted(SessionStartedData),
    #[serde(rename = "input.message")]
    InputMessage(InputMessageData),
    #[serde(rename = "turn.started")]
    TurnStarted(TurnStartedData),
    #[serde(rename = "session.activated")]
    SessionActivated(SessionActivatedData),
    #[serde(rename = "reason.started")]
    ReasonStarted(ReasonStartedData),
    #[serde(rename = "output.message.started")]
    OutputMessageStarted(OutputMessageStartedData),
    #[serde(rename = "reason.thinking.started")]
    ReasonThinkingStarted(ReasonThinkingStartedData),
    #[serde(rename = "output.message.delta")]
    OutputMessageDelta(DeltaData),
    #[serde(rename = "reason.thinking.delta")]
    ReasonThinkingDelta(DeltaData),
    #[serde(rename = "output.message.completed")]
    OutputMessageCompleted(OutputMessageCompletedData),
    #[serde(rename = "reason.thinking.completed")]
    ReasonThinkingCompleted(ReasonThinkingCompletedData),
    #[serde(rename = "reason.completed")]
    ReasonCompleted(ReasonCompletedData),
    #[serde(rename = "act.started")]
    ActStarted(ActStartedData),
    #[serde(rename = "tool.started")]
    ToolStarted(ToolStartedData),
    #[serde(rename = "tool.call_requested")]
    ToolCallRequested(ToolCallRequestedData),
    #[serde(rename = "tool.completed")]
    ToolCompleted(ToolCompletedData),
    #[serde(rename = "act.completed")]
    ActCompleted(ActCompletedData),
    #[serde(rename = "reason.recovered")]
    ReasonRecovered(ReasonRecoveredData),
    #[serde(rename = "turn.completed")]
    TurnCompleted(TurnCompletedData),
    #[serde(rename = "turn.failed")]
    TurnFailed(TurnFailedData),
    #[serde(rename = "turn.cancelled")]
    TurnCancelled(TurnCancelledData),
    #[serde(rename = "session.idled")]
    SessionIdled(SessionIdledData),
    #[serde(rename = "thread.updated")]
    ThreadUpdated(BTreeMap<String, Value>),
    #[serde(rename = "thread.closed")]
    ThreadClosed(BTreeMap<String, Value>),
    #[serde(rename = "thread.reopened")]
    ThreadReopened(BTreeMap<String, Value>),
    #[serde(rename = "thread.reminder")]
    ThreadReminder(BTreeMap<String, Value>),
    #[serde(rename = "thread.taken")]
    ThreadTaken(BTreeMap<String, Value>),
    #[serde(rename = "thread.handed_back")]
    ThreadHandedBack(BTreeMap<String, Value>),
    #[serde(rename = "thread.wanted")]
    ThreadWanted(BTreeMap<String, Value>),
    #[serde(rename = "thread.wanted_expired")]
    ThreadWantedExpired(BTreeMap<String, Value>),
    #[serde(rename = "thread.wanted_withdrawn")]
    ThreadWantedWithdrawn(BTreeMap<String, Value>),
    #[serde(rename = "thread.assigned")]
    ThreadAssigned(BTreeMap<String, Value>),
    #[serde(rename = "thread.noted")]
    ThreadNoted(BTreeMap<String, Value>),
    #[serde(rename = "thread.internal")]
    ThreadInternal(BTreeMap<String, Value>),
    #[serde(rename = "message.updated")]
    MessageUpdated(BTreeMap<String, Value>),
    #[serde(rename = "turn.retried")]
    TurnRetried(BTreeMap<String, Value>),
    #[serde(rename = "model.missing")]
    ModelMissing(BTreeMap<String, Value>),
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SessionStartedData {
    pub harness_id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct InputMessageData {
    pub message: Message,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TurnStartedData {
    pub turn_id: String,
    pub input_message_id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SessionActivatedData {
    pub turn_id: String,
    pub input_message_id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReasonStartedData {
    pub harness_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<ModelMetadata>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelMetadata {
    pub model: String,
    /// True if the turn ended before the model had finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OutputMessageStartedData {
    pub turn_id: String,
    /// The id of the completed message.
    pub message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Counts the turn's model calls from 1.
    pub iteration: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReasonThinkingStartedData {
    pub turn_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// Data of `output.message.delta` and `reason.thinking.delta`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DeltaData {
    pub turn_id: String,
    pub message_id: String,
    pub delta: String,
    /// The text of this attempt so far, including this delta.
    pub accumulated: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OutputMessageCompletedData {
    pub message: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<ModelMetadata>,
    /// What the model call used. Absent for a message of no model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<TokenUsage>,
    /// Present if the message explains a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReasonThinkingCompletedData {
    pub turn_id: String,
    pub thinking: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReasonCompletedData {
    pub success: bool,
    pub has_tool_calls: bool,
    pub tool_call_count: u32,
    /// The first 200 characters of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_preview: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the model call used. Absent for a message of no model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<TokenUsage>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ActStartedData {
    pub tool_calls: Vec<ToolCallSummary>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ToolCallSummary {
    pub id: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ToolStartedData {
    pub tool_call: ToolCall,
}

/// Calls that the client runs and whose results it sends.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ToolCallRequestedData {
    pub tool_calls: Vec<ToolCall>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ToolCompletedData {
    pub tool_call_id: String,
    pub tool_name: String,
    pub success: bool,
    pub status: ToolStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Vec<ContentPart>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ToolStatus {
    Success,
    Error,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ActCompletedData {
    pub completed: bool,
    pub success_count: u32,
    pub error_count: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReasonRecoveredData {
    pub turn_id: String,
    pub mode: RecoveryMode,
    /// Number of characters that were shown and are now invalid.
    pub accumulated_len: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RecoveryMode {
    Restart,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TurnCompletedData {
    pub turn_id: String,
    pub iterations: u32,
    pub duration_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_to_first_token_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_message_id: Option<String>,
    pub tool_call_count: u32,
    pub llm_call_count: u32,
    /// What the turn's model calls used, failed calls included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<TokenUsage>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TurnFailedData {
    pub turn_id: String,
    pub error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TurnCancelledData {
    pub turn_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the turn's finished model calls used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<TokenUsage>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SessionIdledData {
    pub turn_id: String,
    pub iterations: u32,
}
