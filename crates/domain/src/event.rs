//! Events: the entries of a thread's log, and the deltas beside it.

mod shown;
mod stored;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Map, MessageId, Position, ThreadId, Timestamp, TurnId,
    agent::ToolKind,
    author::Author,
    budget::{Owner, Per, Unit},
    caller::Subject,
    controls::{Disclosure, words},
    handling::{Note, Person},
    message::{Message, Role, ToolCall},
    spent::Spent,
    step::Record,
    thread::{Closed, Ticket},
};

/// One entry of a thread's log.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub thread: ThreadId,
    pub seq: i64,
    pub at: Timestamp,
    pub turn: Option<TurnId>,
    pub event: Event,
    /// The entry's message, for `message.created`, `message.completed` and `tool.completed`.
    pub message: Option<Message>,
}

/// The event of an entry. The database stores [`Event::kind`] in a column and the fields as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", try_from = "stored::Fields")]
pub enum Event {
    #[serde(rename = "thread.created")]
    ThreadCreated {},
    /// A change of title, metadata, agent, ticket, tags, customers or reminder with the new value, or a comment of the
    /// project.
    #[serde(rename = "thread.updated")]
    ThreadUpdated { changed: Map },
    #[serde(rename = "thread.closed")]
    ThreadClosed { closed: Closed },
    #[serde(rename = "thread.reopened")]
    ThreadReopened {},
    #[serde(rename = "thread.reminder")]
    ThreadReminder { number_left: i64, ticket: Ticket },
    /// A member holds the thread now, and the agent is silent. `turns` are the open turns that ended by it.
    #[serde(rename = "thread.taken")]
    ThreadTaken {
        member: Person,
        /// The member who held the thread before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Person>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        turns: Vec<TurnId>,
    },
    /// The agent speaks again. The entry's turn answers the unanswered messages.
    #[serde(rename = "thread.handed_back")]
    ThreadHandedBack {
        /// Absent: a key handed the thread back for nobody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member: Option<Person>,
        /// The person's words to the agent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        brief: Option<String>,
    },
    /// Somebody asked for a person. With `until`, the agent is silent until then.
    #[serde(rename = "thread.wanted")]
    ThreadWanted {
        /// Absent: the server itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Author>,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// The open turns that ended by it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        turns: Vec<TurnId>,
    },
    /// Nobody came in time, and the agent speaks again. The entry's turn answers the unanswered messages.
    #[serde(rename = "thread.wanted_expired")]
    ThreadWantedExpired {},
    /// The request for a person was withdrawn. The entry's turn answers the unanswered messages.
    #[serde(rename = "thread.wanted_withdrawn")]
    ThreadWantedWithdrawn { by: Person },
    /// The thread was assigned to a member. Absent: to nobody.
    #[serde(rename = "thread.assigned")]
    ThreadAssigned {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member: Option<Person>,
    },
    /// The project noted something for itself.
    #[serde(rename = "thread.noted")]
    ThreadNoted { note: Box<Note> },
    /// Replaces an internal event of the project for callers below the project ([`Entry::shown_to`]). Never stored.
    #[serde(rename = "thread.internal")]
    ThreadInternal {},
    /// Calls have used 80 % of a budget. Once for each budget and period, in the thread whose call it was.
    #[serde(rename = "budget.alert")]
    BudgetAlert {
        owner: Owner,
        /// The owner's id. For a guest: the thread's. For the period `turn`: the turn's.
        owner_id: Uuid,
        per: Per,
        unit: Unit,
        /// The amounts of the budget and of its use. Tokens, or picodollars.
        most: i64,
        used: i64,
    },
    #[serde(rename = "message.created")]
    MessageCreated {},
    /// A change of a message, with the new values. Lists show the changed message; the message's own entry keeps the
    /// first version.
    #[serde(rename = "message.updated")]
    MessageUpdated { message: MessageId, changed: Map },
    /// The entry's turn retries one that failed or was cancelled, and takes over its messages.
    #[serde(rename = "turn.retried")]
    TurnRetried { retries: TurnId, messages: Vec<MessageId> },
    /// `attempt` claimed the turn for the first time.
    #[serde(rename = "turn.started")]
    TurnStarted { attempt: i64, input: Option<MessageId> },
    /// A call of the model starts, with the log up to `reads`. Its answer will be `message`.
    #[serde(rename = "step.started")]
    StepStarted {
        attempt: i64,
        step: u32,
        reads: i64,
        message: MessageId,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        thinks: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        model: Option<String>,
    },
    /// The whole text. Deltas before it are void.
    #[serde(rename = "message.completed")]
    MessageCompleted {
        /// The model call that made the message. Absent for messages that no call completed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<Box<Record>>,
    },
    /// No model is connected: `echo` has answered in the place of the model of this public name.
    #[serde(rename = "model.missing")]
    ModelMissing { model: String },
    #[serde(rename = "tool.called")]
    ToolCalled { call: ToolCall, kind: ToolKind },
    /// The result is the entry's message.
    #[serde(rename = "tool.completed")]
    ToolCompleted {
        tool_call_id: String,
        name: String,
        success: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duration_ms: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_open: Option<bool>,
    },
    /// A worker took over the turn from a dead one, or continues it after a pause. Unfinished text of earlier attempts
    /// is void, and the entry counts its characters.
    #[serde(rename = "turn.attempt")]
    TurnAttempt {
        attempt: i64,
        dropped_chars: i64,
        /// True if the previous model call failed and the provider asked for a pause.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        paused: bool,
    },
    #[serde(rename = "turn.completed")]
    TurnCompleted(Ended),
    #[serde(rename = "turn.failed")]
    TurnFailed(Ended),
    #[serde(rename = "turn.cancelled")]
    TurnCancelled(Ended),
}

/// The end of a turn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Number of model calls.
    pub steps: u32,
    pub tool_calls: u32,
    /// Milliseconds since the claim; 0 for a turn that never ran.
    pub duration_ms: i64,
    /// Milliseconds from the claim to the first piece of text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_text_ms: Option<i64>,
    /// The last message of the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// The reason of a failure or cancellation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The stable code of a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The detail of the failure that a reader gets, by the turn's controls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosure: Option<Disclosure>,
    /// What the turn's model calls used. Absent if no call told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<Spent>,
    /// True if the thread has no open turn afterwards.
    pub idle: bool,
}

impl Ended {
    /// Longest reason of a failure, in characters.
    pub const REASON_CHARS: usize = 500;

    /// The reason, shortened to its bound.
    pub fn cut(reason: String, most: usize) -> String {
        match reason.chars().nth(most) {
            Some(_) => reason.chars().take(most - 1).chain(['…']).collect(),
            None => reason,
        }
    }
}

impl Event {
    /// The type that callers below the project get for an internal event of the project.
    pub const INTERNAL: &'static str = "thread.internal";

    /// The type of notes. Webhooks are told of it only if they name it.
    pub const NOTED: &'static str = "thread.noted";

    /// All stored types, in the order of the documentation.
    pub const KINDS: &'static [&'static str] = &[
        "thread.created",
        "thread.updated",
        "thread.closed",
        "thread.reopened",
        "thread.reminder",
        "budget.alert",
        "thread.taken",
        "thread.handed_back",
        "thread.wanted",
        "thread.wanted_expired",
        "thread.wanted_withdrawn",
        "thread.assigned",
        Self::NOTED,
        "message.created",
        "message.updated",
        "turn.retried",
        "turn.started",
        "step.started",
        "message.completed",
        "model.missing",
        "tool.called",
        "tool.completed",
        "turn.attempt",
        "turn.completed",
        "turn.failed",
        "turn.cancelled",
    ];

    pub fn kind(&self) -> &'static str {
        match self {
            Self::ThreadCreated {} => "thread.created",
            Self::ThreadUpdated { .. } => "thread.updated",
            Self::ThreadClosed { .. } => "thread.closed",
            Self::ThreadReopened {} => "thread.reopened",
            Self::ThreadReminder { .. } => "thread.reminder",
            Self::ThreadTaken { .. } => "thread.taken",
            Self::ThreadHandedBack { .. } => "thread.handed_back",
            Self::ThreadWanted { .. } => "thread.wanted",
            Self::ThreadWantedExpired {} => "thread.wanted_expired",
            Self::ThreadWantedWithdrawn { .. } => "thread.wanted_withdrawn",
            Self::ThreadAssigned { .. } => "thread.assigned",
            Self::ThreadNoted { .. } => Self::NOTED,
            Self::ThreadInternal {} => Self::INTERNAL,
            Self::BudgetAlert { .. } => "budget.alert",
            Self::MessageCreated {} => "message.created",
            Self::MessageUpdated { .. } => "message.updated",
            Self::TurnRetried { .. } => "turn.retried",
            Self::TurnStarted { .. } => "turn.started",
            Self::StepStarted { .. } => "step.started",
            Self::MessageCompleted { .. } => "message.completed",
            Self::ModelMissing { .. } => "model.missing",
            Self::ToolCalled { .. } => "tool.called",
            Self::ToolCompleted { .. } => "tool.completed",
            Self::TurnAttempt { .. } => "turn.attempt",
            Self::TurnCompleted(_) => "turn.completed",
            Self::TurnFailed(_) => "turn.failed",
            Self::TurnCancelled(_) => "turn.cancelled",
        }
    }

    /// The end of a turn, if the event is one.
    pub fn ended(&self) -> Option<&Ended> {
        match self {
            Self::TurnCompleted(ended) | Self::TurnFailed(ended) | Self::TurnCancelled(ended) => Some(ended),
            _ => None,
        }
    }
}

words! {
    DeltaKind { Text = "text", Thinking = "thinking" }
}

/// A delta: a piece of an unfinished message, stored beside the log. Deltas are removed when the message completes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    pub thread: ThreadId,
    /// The newest entry when the delta was written.
    pub seq: i64,
    /// 1, 2, 3 … after that entry.
    pub n: u32,
    pub turn: TurnId,
    pub attempt: i64,
    /// The id of the completed message.
    pub message: MessageId,
    pub kind: DeltaKind,
    /// The start of the piece in its text, in Unicode scalar values.
    pub offset: i64,
    pub text: String,
    pub at: Timestamp,
}

/// An item that a reader of a thread gets, in the order of positions.
#[expect(clippy::large_enum_variant, reason = "made once and shared behind a pointer")]
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Entry(Entry),
    Delta(Delta),
}

impl Item {
    /// Like [`Entry::shown_to`]. Returns the same item if the view is equal.
    pub fn shown_to(self: Arc<Self>, subject: Subject) -> Arc<Self> {
        match &*self {
            Self::Entry(entry) if subject != Subject::Project && entry.is_other_below() => {
                Arc::new(Self::Entry(entry.clone().shown_to(subject)))
            }
            _ => self,
        }
    }

    pub fn position(&self) -> Position {
        match self {
            Self::Entry(entry) => Position::entry(entry.seq),
            Self::Delta(delta) => Position::delta(delta.seq, delta.n),
        }
    }

    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Entry(entry) => entry.message.as_ref().map(|m| m.role),
            Self::Delta(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
