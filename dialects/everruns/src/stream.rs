//! Converts a session's log to this dialect's events. Pure: an entry always gives the same events.
//!
//! An entry is one event, with a sequence and an SSE `id:`. Further events that clients expect are derived: they follow
//! the entry at their own positions, without a sequence and an `id:`. Deltas have neither.

mod derived;
mod entry;

use domain::{
    MessageId, Position, ThreadId, Timestamp, TurnId,
    event::{Delta, DeltaKind, Entry},
};

use crate::{event_id::EventIds, ids, wire};

/// Details that an entry does not contain, but the log before it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// The first message of the entry's turn.
    pub input: Option<MessageId>,
    /// Present for the last tool result of a step: the outcome of the step's calls.
    pub act: Option<Act>,
}

/// The outcome of the calls of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Act {
    pub succeeded: u32,
    pub failed: u32,
}

/// An event without an id.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub at: Position,
    pub kind: &'static str,
    pub ts: Timestamp,
    pub turn: Option<TurnId>,
    pub input: Option<MessageId>,
    /// Tags of the message, if it has any.
    pub tags: Vec<String>,
    pub data: wire::Data,
}

/// The entry's event and the derived ones, in order. Derived events are numbered from k = 1.
pub fn of_entry(entry: &Entry, around: &Around) -> Vec<Told> {
    let own = std::iter::once(entry::told(entry, around));
    let all = own.chain(derived::told(entry, around));
    (0..)
        .zip(all)
        .map(|(k, (kind, data))| Told {
            at: Position::entry(entry.seq).derived(k),
            kind,
            ts: entry.at,
            turn: entry.turn,
            input: input(entry, around),
            tags: if k == 0 { tags(entry) } else { Vec::new() },
            data,
        })
        .collect()
}

/// The entry's events in a list: its own, and the one that the session is idle.
pub fn listed(entry: &Entry, around: &Around) -> impl Iterator<Item = Told> {
    let is_listed = |told: &Told| told.at.k == 0 || told.kind == derived::IDLED;
    of_entry(entry, around).into_iter().filter(is_listed)
}

/// A delta. `accumulated` is the text so far, including this delta.
pub fn of_delta(delta: &Delta, accumulated: &str, input: Option<MessageId>) -> Told {
    let data = wire::Data::Delta(wire::DeltaData {
        turn_id: ids::turn(delta.turn),
        message_id: ids::message(delta.message),
        delta: delta.text.clone(),
        accumulated: accumulated.into(),
    });
    let (at, kind) = (Position::delta(delta.seq, delta.n), delta_type(delta.kind));
    Told { at, kind, ts: delta.at, turn: Some(delta.turn), input, tags: Vec::new(), data }
}

/// The type of a delta.
pub fn delta_type(kind: DeltaKind) -> &'static str {
    match kind {
        DeltaKind::Text => "output.message.delta",
        DeltaKind::Thinking => "reason.thinking.delta",
    }
}

/// The event of a session, with its id.
pub fn event(told: Told, thread: ThreadId, event_ids: &EventIds) -> wire::Event {
    wire::Event {
        id: event_ids.write(told.at),
        kind: told.kind.into(),
        ts: told.ts,
        session_id: ids::session(thread),
        context: wire::EventContext {
            turn_id: told.turn.map(ids::turn),
            input_message_id: told.input.map(ids::message),
        },
        tags: told.tags,
        data: told.data,
        sequence: (told.at == Position::entry(told.at.seq)).then_some(Some(told.at.seq)),
    }
}

/// The event in the form of a list.
pub fn listed_event(told: Told, thread: ThreadId, event_ids: &EventIds) -> wire::Event {
    let event = event(told, thread, event_ids);
    wire::Event { sequence: event.sequence.or(Some(None)), ..event }
}

fn tags(entry: &Entry) -> Vec<String> {
    entry.message.as_ref().and_then(|message| message.body.tags.clone()).unwrap_or_default()
}

/// A user's message is its own input, whatever started its turn.
fn input(entry: &Entry, around: &Around) -> Option<MessageId> {
    match (&entry.event, &entry.message) {
        (domain::event::Event::MessageCreated {}, Some(message)) => Some(message.id),
        _ => around.input,
    }
}

#[cfg(test)]
mod tests;
