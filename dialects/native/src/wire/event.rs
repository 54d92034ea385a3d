//! The entries of a thread's log, and what a stream shows between them.

use domain::{Map, Timestamp, agent::ToolKind, event::DeltaKind, thread::Ticket};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Closed, Message, ToolCall,
    schema::{self, Id},
};

/// One entry of a thread's log, or, on a stream, a piece of a message that is still being said.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    /// 1, 2, 3 … without gaps within the thread. Of a `message.delta`: the entry that it comes after.
    pub seq: i64,
    /// Of a `message.delta`: 1, 2, 3 … after that entry. On a stream `id:` is then `seq.n`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u32>,
    pub thread: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<Id>,
    #[schema(value_type = schema::Time)]
    pub at: Timestamp,
    #[serde(flatten)]
    pub data: Data,
}

/// What happened.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", content = "data")]
pub enum Data {
    #[serde(rename = "thread.created")]
    ThreadCreated(NoData),
    #[serde(rename = "thread.updated")]
    ThreadUpdated(Updated),
    #[serde(rename = "thread.closed")]
    ThreadClosed(Closed),
    #[serde(rename = "thread.reopened")]
    ThreadReopened(NoData),
    #[serde(rename = "thread.reminder")]
    ThreadReminder(Reminded),
    /// Stands for what is the project's alone, for whoever is bound to less. A key of the project never sees it.
    #[serde(rename = "thread.internal")]
    ThreadInternal(NoData),
    #[serde(rename = "message.created")]
    MessageCreated(MessageSaid),
    #[serde(rename = "message.updated")]
    MessageUpdated(MessageUpdated),
    #[serde(rename = "turn.retried")]
    TurnRetried(TurnRetried),
    #[serde(rename = "turn.started")]
    TurnStarted(TurnStarted),
    #[serde(rename = "step.started")]
    StepStarted(StepStarted),
    #[serde(rename = "message.delta")]
    MessageDelta(Delta),
    #[serde(rename = "message.completed")]
    MessageCompleted(MessageSaid),
    #[serde(rename = "tool.called")]
    ToolCalled(ToolCalled),
    #[serde(rename = "tool.completed")]
    ToolCompleted(ToolCompleted),
    #[serde(rename = "turn.attempt")]
    TurnAttempt(TurnAttempt),
    #[serde(rename = "turn.completed")]
    TurnCompleted(TurnEnded),
    #[serde(rename = "turn.failed")]
    TurnFailed(TurnEnded),
    #[serde(rename = "turn.cancelled")]
    TurnCancelled(TurnEnded),
}

/// Nothing but that it happened.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoData {}

/// Title, metadata, agent, ticket, customers, reminder: what changed, with its new value; or a comment of the project's.
#[derive(Debug, Serialize, ToSchema)]
pub struct Updated {
    #[schema(value_type = Object)]
    pub changed: Map,
}

/// The thread's reminder has fired.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reminded {
    pub number_left: i64,
    #[schema(value_type = schema::Ticket)]
    pub ticket: Ticket,
}

/// The message that this entry is. `message.completed` carries the whole text; what deltas said before it is void.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageSaid {
    pub message: Message,
}

/// A message was changed: what of it, with its new value. Wherever the message stands, it stands changed from then on.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageUpdated {
    pub message: Id,
    /// `text`, `subject`, `delivery_requested`, `priority`, `read`.
    #[schema(value_type = Object)]
    pub changed: Map,
}

/// The turn was opened over the messages of one that failed or was cancelled: they are its own from then on.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnRetried {
    /// The turn that they belonged to.
    pub retries: Id,
    /// Oldest first.
    pub messages: Vec<Id>,
}

/// A worker took hold of the turn for the first time.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnStarted {
    pub attempt: i64,
    /// The message that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Id>,
}

/// The model is asked, with the log as far as `reads`.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepStarted {
    pub attempt: i64,
    pub step: u32,
    pub reads: i64,
    /// The id that its answer will have.
    pub message: Id,
    pub thinks: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// A piece of a message that is still being said. On streams alone; gone once the message completes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Delta {
    /// The id that the completed message will have.
    pub message: Id,
    /// When a later attempt begins (`turn.attempt`), what an earlier one said is void.
    pub attempt: i64,
    #[schema(value_type = schema::DeltaKind)]
    pub kind: DeltaKind,
    /// Where the piece begins in its text, in Unicode scalar values.
    pub offset: i64,
    pub text: String,
}

/// The agent asks for a tool; kind `client` waits for the client's result.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolCalled {
    pub call: ToolCall,
    #[schema(value_type = schema::ToolKind)]
    pub kind: ToolKind,
}

/// A tool has ended; its result is the message.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolCompleted {
    pub tool_call_id: String,
    pub name: String,
    pub success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    /// Whether it was the last of the step's calls without a result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_open: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
}

/// A worker took over from a dead one. The unfinished text of earlier attempts is void.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnAttempt {
    pub attempt: i64,
    /// How many characters of it readers were shown.
    pub dropped_chars: i64,
}

/// How a turn ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnEnded {
    /// Model calls that were made.
    pub steps: u32,
    pub tool_calls: u32,
    pub duration_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_text_ms: Option<i64>,
    /// The last agent message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Id>,
    /// Why it failed or was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Of a failure: stable, in snake case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether no turn of the thread is open after it.
    pub idle: bool,
}
