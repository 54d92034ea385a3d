//! The entries of a thread's log, and the deltas beside it.

mod stored;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    Map, MessageId, Position, ThreadId, Timestamp, TurnId,
    agent::ToolKind,
    caller::Subject,
    controls::{Disclosure, words},
    message::{Message, Role, ToolCall},
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
    /// The message that this entry is: of `message.created`, `message.completed` and `tool.completed`.
    pub message: Option<Message>,
}

/// What happened. The database keeps [`Event::kind`] in a column and the fields as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", try_from = "stored::Fields")]
pub enum Event {
    #[serde(rename = "thread.created")]
    ThreadCreated {},
    /// Title, metadata, agent, ticket, tags, customers, reminder: what changed, with its new value; or a comment of the
    /// project's.
    #[serde(rename = "thread.updated")]
    ThreadUpdated { changed: Map },
    #[serde(rename = "thread.closed")]
    ThreadClosed { closed: Closed },
    #[serde(rename = "thread.reopened")]
    ThreadReopened {},
    #[serde(rename = "thread.reminder")]
    ThreadReminder { number_left: i64, ticket: Ticket },
    /// Something that is the project's alone, as callers below the project see it ([`Entry::shown_to`]). Never stored.
    #[serde(rename = "thread.internal")]
    ThreadInternal {},
    #[serde(rename = "message.created")]
    MessageCreated {},
    /// A message was changed: what of it, with its new value. Wherever the message stands, it stands changed from then on.
    #[serde(rename = "message.updated")]
    MessageUpdated { message: MessageId, changed: Map },
    /// The entry's turn answers the messages of one that failed or was cancelled: they are its own from then on.
    #[serde(rename = "turn.retried")]
    TurnRetried { retries: TurnId, messages: Vec<MessageId> },
    /// `attempt` took hold of the turn for the first time.
    #[serde(rename = "turn.started")]
    TurnStarted { attempt: i64, input: Option<MessageId> },
    /// The model is asked: with the log as far as `reads`. Its answer will be `message`.
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
    /// The whole text; what deltas said before it is void.
    #[serde(rename = "message.completed")]
    MessageCompleted {},
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
    /// A worker took over from a dead one, or goes on after a pause. Unfinished text of earlier attempts is void; so many
    /// characters were dropped.
    #[serde(rename = "turn.attempt")]
    TurnAttempt {
        attempt: i64,
        dropped_chars: i64,
        /// The model's call before has failed, and its provider asked for the pause.
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

/// How a turn ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Model calls that were made.
    pub steps: u32,
    pub tool_calls: u32,
    /// From the claim; 0 for a turn that never ran.
    pub duration_ms: i64,
    /// From the claim to the first piece of text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_text_ms: Option<i64>,
    /// The last agent message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// Why, of a failed or cancelled turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Stable code of a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// How much of a failure the turn's controls let a reader know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosure: Option<Disclosure>,
    /// Whether no turn of the thread is open after it.
    pub idle: bool,
}

/// What of a thread's changes is told to whoever is bound to less than the project, and of a message's.
const THREAD_SHOWN: &[&str] = &["title", "metadata"];
const MESSAGE_SHOWN: &[&str] = &["text", "subject"];

impl Entry {
    /// The entry as this subject is told of it. Its position always stays.
    pub fn shown_to(self, subject: Subject) -> Self {
        match subject {
            Subject::Project => self,
            _ => {
                let message = self.message.map(|message| message.shown_to(subject));
                Self { event: self.event.below(subject), message, ..self }
            }
        }
    }

    /// Whether callers below the project see another entry.
    fn is_other_below(&self) -> bool {
        self.event.is_other_below() || self.message.as_ref().is_some_and(|message| message.body.error_code.is_some())
    }
}

impl Ended {
    /// Characters of the reason of a failure.
    pub const REASON_CHARS: usize = 500;

    /// A reason within its bound.
    pub fn cut(reason: String, most: usize) -> String {
        match reason.chars().nth(most) {
            Some(_) => reason.chars().take(most - 1).chain(['…']).collect(),
            None => reason,
        }
    }
}

impl Event {
    /// The type that callers below the project see in place of what is the project's alone.
    pub const INTERNAL: &'static str = "thread.internal";

    /// Every type that is stored, in the order of the documentation.
    pub const KINDS: &'static [&'static str] = &[
        "thread.created",
        "thread.updated",
        "thread.closed",
        "thread.reopened",
        "thread.reminder",
        "message.created",
        "message.updated",
        "turn.retried",
        "turn.started",
        "step.started",
        "message.completed",
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
            Self::ThreadInternal {} => Self::INTERNAL,
            Self::MessageCreated {} => "message.created",
            Self::MessageUpdated { .. } => "message.updated",
            Self::TurnRetried { .. } => "turn.retried",
            Self::TurnStarted { .. } => "turn.started",
            Self::StepStarted { .. } => "step.started",
            Self::MessageCompleted {} => "message.completed",
            Self::ToolCalled { .. } => "tool.called",
            Self::ToolCompleted { .. } => "tool.completed",
            Self::TurnAttempt { .. } => "turn.attempt",
            Self::TurnCompleted(_) => "turn.completed",
            Self::TurnFailed(_) => "turn.failed",
            Self::TurnCancelled(_) => "turn.cancelled",
        }
    }

    /// Whether it is another event for whoever is bound to less than the project: the one table of what an entry tells whom. Of
    /// what changed they are told what they see of the thread and its messages anyway; comments, tickets, tags, customers,
    /// reminders, variables, the agent, priorities and how a letter is sent are the project's, and so is why it closed a thread.
    fn is_other_below(&self) -> bool {
        match self {
            Self::ThreadUpdated { changed } => !changed.keys().all(|name| THREAD_SHOWN.contains(&name)),
            Self::MessageUpdated { changed, .. } => !changed.keys().all(|name| MESSAGE_SHOWN.contains(&name)),
            Self::ThreadClosed { closed } => closed.reason.is_some(),
            Self::ThreadReminder { .. } | Self::TurnFailed(_) => true,
            Self::ThreadCreated {}
            | Self::ThreadReopened {}
            | Self::ThreadInternal {}
            | Self::MessageCreated {}
            | Self::MessageCompleted {}
            | Self::TurnRetried { .. }
            | Self::TurnStarted { .. }
            | Self::StepStarted { .. }
            | Self::ToolCalled { .. }
            | Self::ToolCompleted { .. }
            | Self::TurnAttempt { .. }
            | Self::TurnCompleted(_)
            | Self::TurnCancelled(_) => false,
        }
    }

    /// The event for a subject that is bound to less than the project. Why a turn failed is for keys alone, and at length for those of
    /// the project.
    fn below(self, subject: Subject) -> Self {
        let only = |changed: Map, shown: &[&str]| -> Map {
            changed.into_iter().filter(|(name, _)| shown.contains(&name.as_str())).collect()
        };
        match self {
            Self::ThreadUpdated { changed } => match only(changed, THREAD_SHOWN) {
                none if none.is_empty() => Self::ThreadInternal {},
                changed => Self::ThreadUpdated { changed },
            },
            Self::MessageUpdated { message, changed } => match only(changed, MESSAGE_SHOWN) {
                none if none.is_empty() => Self::ThreadInternal {},
                changed => Self::MessageUpdated { message, changed },
            },
            Self::ThreadClosed { closed } => Self::ThreadClosed { closed: Closed { reason: None, ..closed } },
            Self::ThreadReminder { .. } => Self::ThreadInternal {},
            Self::TurnFailed(ended) if subject.is_key() => {
                let reason = ended.reason.map(|reason| Ended::cut(reason, Ended::REASON_CHARS));
                Self::TurnFailed(Ended { reason, ..ended })
            }
            Self::TurnFailed(ended) => Self::TurnFailed(Ended { reason: None, code: None, ..ended }),
            other => other,
        }
    }

    /// Whether a turn ended with it.
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

/// A piece of a message that is still being said. Beside the log, not in it; pruned when the message completes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    pub thread: ThreadId,
    /// The newest entry when it was written.
    pub seq: i64,
    /// 1, 2, 3 … after that entry.
    pub n: u32,
    pub turn: TurnId,
    pub attempt: i64,
    /// The id that the completed message will have.
    pub message: MessageId,
    pub kind: DeltaKind,
    /// Where the piece begins in its text, in Unicode scalar values.
    pub offset: i64,
    pub text: String,
    pub at: Timestamp,
}

/// What a reader of a thread gets, in the order of positions.
#[expect(clippy::large_enum_variant, reason = "made once and shared behind a pointer")]
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Entry(Entry),
    Delta(Delta),
}

impl Item {
    /// As [`Entry::shown_to`]; the same item, unless it differs.
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
