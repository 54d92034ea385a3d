//! Events, and the data of each type.

use std::collections::BTreeMap;

use domain::{Map, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{ContentPart, Message, Sequence, ToolCall};

/// `GET /v1/sessions/{session_id}/sse`.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// The id of the last event that was seen. The header `Last-Event-ID` wins over it.
    pub since_id: Option<String>,
    /// The sequence of the last event that was seen; 0: from the start. `since_id` wins over it.
    #[param(value_type = Option<i64>, required = false, minimum = 0)]
    pub after_sequence: Option<Sequence>,
    /// Only these types; repeat the key, at most 64 times.
    pub types: Vec<String>,
    /// Not these types; applied after `types`.
    pub exclude: Vec<String>,
}

/// `GET /v1/sessions/{session_id}/events`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Only what came after this event.
    pub since_id: Option<String>,
    /// Only what has a higher sequence.
    #[param(value_type = Option<i64>, required = false, minimum = 0)]
    pub after_sequence: Option<Sequence>,
    /// Only what has a lower sequence.
    #[param(value_type = Option<i64>, required = false, minimum = 0)]
    pub before_sequence: Option<Sequence>,
    /// At most so many: behind `since_id` or `after_sequence` the first ones, else the last ones. All when absent.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// The event in whose neighbourhood to look; not together with the cursors.
    pub around: Option<String>,
    /// Events on each side of `around`; 50 when absent.
    #[param(minimum = 1, maximum = 500)]
    pub window: Option<u32>,
    /// Only these types; repeat the key, at most 64 times.
    pub types: Vec<String>,
    /// Not these types; applied after `types`.
    pub exclude: Vec<String>,
    /// Not before this time (RFC 3339).
    pub from_ts: Option<String>,
    /// Not after this time (RFC 3339).
    pub to_ts: Option<String>,
    /// Only of this turn.
    pub turn_id: Option<String>,
    /// Nothing here has one: a value lists nothing.
    pub exec_id: Option<String>,
    /// Nothing here has one: a value lists nothing.
    pub trace_id: Option<String>,
    /// Only messages with one of these tags; repeat the key, at most 64 times.
    pub tags: Vec<String>,
    /// Only calls and results of this tool.
    pub tool_name: Option<String>,
    /// Only what contains this, whatever the case.
    pub q: Option<String>,
    /// Newest first.
    pub order_desc: Option<bool>,
}

/// One event of a session.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Event {
    /// `event_` and 32 hex digits: a stream can be resumed behind it.
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[schema(value_type = String, format = DateTime)]
    pub ts: Timestamp,
    pub session_id: String,
    pub context: EventContext,
    #[schema(value_type = EventKind)]
    pub data: Data,
    /// 1, 2, 3 … without gaps. Absent for pieces of streamed text, and in streams for what only follows from another event, which has
    /// null in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub sequence: Option<Option<i64>>,
    /// Of a message that was sent with some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventContext {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<String>,
    /// The message that the turn began with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_message_id: Option<String>,
}

/// What an event says, by its type.
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
    /// Of an entry that the vendor has no type for: it goes by our own name for it, with our own fields.
    Native(Map),
}

/// The types of events, each with what it says. Those behind `session.idled` are entries that the vendor has no type for.
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
    #[serde(rename = "thread.internal")]
    ThreadInternal(BTreeMap<String, Value>),
    #[serde(rename = "message.updated")]
    MessageUpdated(BTreeMap<String, Value>),
    #[serde(rename = "turn.retried")]
    TurnRetried(BTreeMap<String, Value>),
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
    /// The turn ended before the model had finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OutputMessageStartedData {
    pub turn_id: String,
    /// The id that the completed message will have.
    pub message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// 1 for the turn's first call of the model.
    pub iteration: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReasonThinkingStartedData {
    pub turn_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// Of `output.message.delta` and `reason.thinking.delta`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DeltaData {
    pub turn_id: String,
    pub message_id: String,
    pub delta: String,
    /// The text so far, this piece included, of this attempt.
    pub accumulated: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OutputMessageCompletedData {
    pub message: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<ModelMetadata>,
    /// The message explains a failure.
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
    /// The first 200 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_preview: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
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

/// The client is to run these and to send the results.
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
    /// Characters of text that were shown and no longer hold.
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
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SessionIdledData {
    pub turn_id: String,
    pub iterations: u32,
}
