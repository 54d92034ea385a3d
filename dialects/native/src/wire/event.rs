//! The entries of a thread's log, and what a stream shows between them.

use domain::{
    Map, Timestamp,
    agent::ToolKind,
    budget::{Owner, Per, Unit},
    event::DeltaKind,
    thread::Ticket,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Asked, Assigned, Closed, HandBack, Message, NoteWritten, StepRecord, Taken, ToolCall, Usage, Withdrawn,
    schema::{self, Id},
};

/// One entry of a thread's log. On a stream also a piece of a message that the model is still saying.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    /// The entry's number within the thread: 1, 2, 3 … without gaps. For a `message.delta`: the number of the entry before it.
    pub seq: i64,
    /// The number of a `message.delta` after that entry: 1, 2, 3 … Its `id:` on a stream is `seq.n`.
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

/// The type of the event, and its fields.
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
    #[serde(rename = "thread.taken")]
    ThreadTaken(Taken),
    #[serde(rename = "thread.handed_back")]
    ThreadHandedBack(HandBack),
    #[serde(rename = "thread.wanted")]
    ThreadWanted(Asked),
    /// Nobody came in time, and the agent speaks again.
    #[serde(rename = "thread.wanted_expired")]
    ThreadWantedExpired(NoData),
    #[serde(rename = "thread.wanted_withdrawn")]
    ThreadWantedWithdrawn(Withdrawn),
    #[serde(rename = "thread.assigned")]
    ThreadAssigned(Assigned),
    #[serde(rename = "thread.noted")]
    ThreadNoted(NoteWritten),
    /// An entry that is the project's alone, for callers below the project. A key of the project sees the entry itself.
    #[serde(rename = "thread.internal")]
    ThreadInternal(NoData),
    #[serde(rename = "budget.alert")]
    BudgetAlert(BudgetAlert),
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
    MessageCompleted(Box<MessageCompleted>),
    #[serde(rename = "model.missing")]
    ModelMissing(ModelMissing),
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

/// No fields: the type says everything.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoData {}

/// The new value of each field that changed: title, metadata, agent, ticket, tags, customers, reminder, variables. Or a comment of the
/// project.
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

/// Calls have used 80 % of a budget.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetAlert {
    #[schema(value_type = schema::Owner)]
    pub owner: Owner,
    /// The owner's id. For a guest: the thread's. For the period `turn`: the turn's.
    pub owner_id: Id,
    #[schema(value_type = schema::Per)]
    pub per: Per,
    #[schema(value_type = schema::Unit)]
    pub unit: Unit,
    /// The amount of the budget, as a decimal string.
    pub most: String,
    /// The amount that calls have used.
    pub used: String,
}

/// The message that this entry is. `message.completed` has the whole text, and replaces all deltas of the message.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageSaid {
    pub message: Message,
}

/// An agent's whole message.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageCompleted {
    pub message: Message,
    /// The model call that made the message, for keys of the project. Absent for messages that no call completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<StepRecord>,
}

/// A change of a message. Every list shows the changed message from then on.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageUpdated {
    pub message: Id,
    /// The new value of each field that changed: `text`, `subject`, `delivery_requested`, `priority`, `read`.
    #[schema(value_type = Object)]
    pub changed: Map,
}

/// No model is connected, so `echo` has answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelMissing {
    /// The public name of the model that was asked for.
    #[schema(example = "claude-opus-4-8")]
    pub model: String,
}

/// The turn takes over the messages of a turn that failed or was cancelled.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnRetried {
    /// The old turn.
    pub retries: Id,
    /// The messages, oldest first.
    pub messages: Vec<Id>,
}

/// A worker has begun the turn.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnStarted {
    pub attempt: i64,
    /// The message that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Id>,
}

/// The model is asked. It reads the log as far as the entry `reads`.
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

/// A piece of a message that the model is still saying. Only streams have it. The complete message replaces it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Delta {
    /// The id that the completed message will have.
    pub message: Id,
    /// The attempt that says it. A `turn.attempt` makes the deltas of earlier attempts void.
    pub attempt: i64,
    #[schema(value_type = schema::DeltaKind)]
    pub kind: DeltaKind,
    /// Where the piece begins in its text, in Unicode scalar values.
    pub offset: i64,
    pub text: String,
}

/// The agent asks for a tool. With the kind `client` the turn waits for the client's result.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolCalled {
    pub call: ToolCall,
    #[schema(value_type = schema::Runner)]
    pub kind: ToolKind,
}

/// A tool has ended. The message has its result.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolCompleted {
    pub tool_call_id: String,
    pub name: String,
    pub success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    /// Whether no other call of the step waits for a result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_open: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
}

/// Another worker goes on with the turn. The unfinished text of earlier attempts is void.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnAttempt {
    pub attempt: i64,
    /// The number of characters of that text that readers were shown.
    pub dropped_chars: i64,
}

/// How a turn ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnEnded {
    /// The number of model calls.
    pub steps: u32,
    pub tool_calls: u32,
    pub duration_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_text_ms: Option<i64>,
    /// The last message of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Id>,
    /// Why it failed or was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The code of a failure: stable, in snake case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The use of its model calls, for keys of the project. Absent if no call reported any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Whether no turn of the thread is open now.
    pub idle: bool,
}
