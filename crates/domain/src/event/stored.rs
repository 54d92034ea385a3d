//! The stored form of an entry.

use serde::Deserialize;
use uuid::Uuid;

use super::{Ended, Event};
use crate::{
    Map, MessageId, Timestamp, TurnId,
    agent::ToolKind,
    author::Author,
    budget::{Owner, Per, Unit},
    controls::Disclosure,
    handling::{Note, Person},
    message::ToolCall,
    spent::Spent,
    step::Record,
    thread::{Closed, Ticket},
};

/// All fields of all events. serde's own decoding of tagged types would buffer the fields and lose those that are kept
/// as text.
#[derive(Deserialize)]
pub(super) struct Fields {
    #[serde(rename = "type")]
    event: String,
    changed: Option<Map>,
    closed: Option<Closed>,
    number_left: Option<i64>,
    ticket: Option<Ticket>,
    message: Option<MessageId>,
    retries: Option<TurnId>,
    messages: Option<Vec<MessageId>>,
    attempt: Option<i64>,
    input: Option<MessageId>,
    step: Option<u32>,
    reads: Option<i64>,
    #[serde(default)]
    thinks: bool,
    model: Option<String>,
    call: Option<ToolCall>,
    kind: Option<ToolKind>,
    tool_call_id: Option<String>,
    name: Option<String>,
    success: Option<bool>,
    duration_ms: Option<i64>,
    last_open: Option<bool>,
    dropped_chars: Option<i64>,
    #[serde(default)]
    paused: bool,
    steps: Option<u32>,
    tool_calls: Option<u32>,
    first_text_ms: Option<i64>,
    reason: Option<String>,
    code: Option<String>,
    disclosure: Option<Disclosure>,
    spent: Option<Spent>,
    idle: Option<bool>,
    member: Option<Person>,
    from: Option<Person>,
    turns: Option<Vec<TurnId>>,
    brief: Option<String>,
    by: Option<By>,
    until: Option<Timestamp>,
    note: Option<Box<Note>>,
    record: Option<Box<Record>>,
    owner: Option<Owner>,
    owner_id: Option<Uuid>,
    per: Option<Per>,
    unit: Option<Unit>,
    most: Option<i64>,
    used: Option<i64>,
}

/// The one who asked for a person, or the member who withdrew the request.
#[derive(Deserialize)]
#[serde(untagged)]
enum By {
    Author(Author),
    Person(Person),
}

impl TryFrom<Fields> for Event {
    type Error = String;

    fn try_from(fields: Fields) -> Result<Self, String> {
        let kind = Self::KINDS.iter().copied().find(|kind| *kind == fields.event);
        let kind = kind.ok_or_else(|| format!("unknown type {}", fields.event))?;
        fields.read(kind).ok_or_else(|| format!("{kind} lacks a field"))
    }
}

impl Fields {
    fn read(self, kind: &str) -> Option<Event> {
        Some(match kind {
            "thread.created" => Event::ThreadCreated {},
            "thread.updated" => Event::ThreadUpdated { changed: self.changed? },
            "thread.closed" => Event::ThreadClosed { closed: self.closed? },
            "thread.reopened" => Event::ThreadReopened {},
            "thread.reminder" => Event::ThreadReminder { number_left: self.number_left?, ticket: self.ticket? },
            "budget.alert" => Event::BudgetAlert {
                owner: self.owner?,
                owner_id: self.owner_id?,
                per: self.per?,
                unit: self.unit?,
                most: self.most?,
                used: self.used?,
            },
            "message.created" => Event::MessageCreated {},
            "message.updated" => Event::MessageUpdated { message: self.message?, changed: self.changed? },
            "turn.retried" => Event::TurnRetried { retries: self.retries?, messages: self.messages? },
            "turn.started" => Event::TurnStarted { attempt: self.attempt?, input: self.input },
            "step.started" => Event::StepStarted {
                attempt: self.attempt?,
                step: self.step?,
                reads: self.reads?,
                message: self.message?,
                thinks: self.thinks,
                model: self.model,
            },
            "message.completed" => Event::MessageCompleted { record: self.record },
            "model.missing" => Event::ModelMissing { model: self.model? },
            "tool.called" => Event::ToolCalled { call: self.call?, kind: self.kind? },
            "tool.completed" => Event::ToolCompleted {
                tool_call_id: self.tool_call_id?,
                name: self.name?,
                success: self.success?,
                duration_ms: self.duration_ms,
                last_open: self.last_open,
            },
            "turn.attempt" => {
                Event::TurnAttempt { attempt: self.attempt?, dropped_chars: self.dropped_chars?, paused: self.paused }
            }
            "turn.completed" => Event::TurnCompleted(self.ended()?),
            "turn.failed" => Event::TurnFailed(self.ended()?),
            "turn.cancelled" => Event::TurnCancelled(self.ended()?),
            kind => return self.of_people(kind),
        })
    }

    fn of_people(self, kind: &str) -> Option<Event> {
        Some(match kind {
            "thread.taken" => {
                Event::ThreadTaken { member: self.member?, from: self.from, turns: self.turns.unwrap_or_default() }
            }
            "thread.handed_back" => Event::ThreadHandedBack { member: self.member, brief: self.brief },
            "thread.wanted" => Event::ThreadWanted {
                by: match self.by {
                    Some(By::Author(by)) => Some(by),
                    Some(By::Person(_)) => return None,
                    None => None,
                },
                reason: self.reason?,
                until: self.until,
                turns: self.turns.unwrap_or_default(),
            },
            "thread.wanted_expired" => Event::ThreadWantedExpired {},
            "thread.wanted_withdrawn" => match self.by? {
                By::Person(by) => Event::ThreadWantedWithdrawn { by },
                By::Author(_) => return None,
            },
            "thread.assigned" => Event::ThreadAssigned { member: self.member },
            "thread.noted" => Event::ThreadNoted { note: self.note? },
            _ => return None,
        })
    }

    fn ended(self) -> Option<Ended> {
        Some(Ended {
            steps: self.steps?,
            tool_calls: self.tool_calls?,
            duration_ms: self.duration_ms?,
            first_text_ms: self.first_text_ms,
            message: self.message,
            reason: self.reason,
            code: self.code,
            disclosure: self.disclosure,
            spent: self.spent,
            idle: self.idle?,
        })
    }
}
