//! Entries and deltas.

use domain::{
    budget::Unit,
    event::{self, Ended, Entry, Item},
    usage::Usd,
};

use super::message::{author, message, tool_call};
use crate::wire::{self, Data, Id, MessageSaid, NoData};

/// What a reader is shown of an item.
pub fn item(item: Item) -> wire::Event {
    match item {
        Item::Entry(entry) => self::entry(entry),
        Item::Delta(delta) => self::delta(delta),
    }
}

pub fn entry(entry: Entry) -> wire::Event {
    wire::Event {
        seq: entry.seq,
        n: None,
        thread: Id(entry.thread.0),
        turn: entry.turn.map(|id| Id(id.0)),
        at: entry.at,
        data: data(entry.event, entry.message),
    }
}

fn delta(delta: event::Delta) -> wire::Event {
    let data = wire::Delta {
        message: Id(delta.message.0),
        attempt: delta.attempt,
        kind: delta.kind,
        offset: delta.offset,
        text: delta.text,
    };
    wire::Event {
        seq: delta.seq,
        n: Some(delta.n),
        thread: Id(delta.thread.0),
        turn: Some(Id(delta.turn.0)),
        at: delta.at,
        data: Data::MessageDelta(data),
    }
}

/// `said`: the entry's message. The three kinds of entries that are messages always have one.
fn data(event: event::Event, said: Option<domain::message::Message>) -> Data {
    use event::Event;
    let said = said.map(message);
    match (event, said) {
        (Event::ThreadCreated {}, _) => Data::ThreadCreated(NoData {}),
        (Event::ThreadUpdated { changed }, _) => Data::ThreadUpdated(wire::Updated { changed }),
        (Event::ThreadClosed { closed }, _) => Data::ThreadClosed(closed.into()),
        (Event::ThreadReopened {}, _) => Data::ThreadReopened(NoData {}),
        // What it stands for is shown to keys of a project, and all others are refused here.
        (Event::ThreadInternal {}, _) => Data::ThreadInternal(NoData {}),
        (Event::ThreadReminder { number_left, ticket }, _) => {
            Data::ThreadReminder(wire::Reminded { number_left, ticket })
        }
        (Event::BudgetAlert { owner, owner_id, per, unit, most, used }, _) => {
            let amount = |amount: i64| match unit {
                Unit::Tokens => amount.to_string(),
                Unit::Usd => Usd(amount).to_string(),
            };
            let (most, used) = (amount(most), amount(used));
            Data::BudgetAlert(wire::BudgetAlert { owner, owner_id: Id(owner_id), per, unit, most, used })
        }
        (Event::MessageUpdated { message, changed }, _) => {
            Data::MessageUpdated(wire::MessageUpdated { message: Id(message.0), changed })
        }
        (Event::MessageCreated {}, Some(message)) => Data::MessageCreated(MessageSaid { message }),
        (Event::MessageCompleted { record }, Some(message)) => {
            let record = record.map(|record| (*record).into());
            Data::MessageCompleted(Box::new(wire::MessageCompleted { message, record }))
        }
        (Event::MessageCreated {} | Event::MessageCompleted { .. }, None) => {
            unreachable!("the store joins each entry that is a message with it")
        }
        (
            event @ (Event::ThreadTaken { .. }
            | Event::ThreadHandedBack { .. }
            | Event::ThreadWanted { .. }
            | Event::ThreadWantedExpired {}
            | Event::ThreadWantedWithdrawn { .. }
            | Event::ThreadAssigned { .. }
            | Event::ThreadNoted { .. }),
            _,
        ) => of_people(event),
        (Event::TurnRetried { retries, messages }, _) => Data::TurnRetried(wire::TurnRetried {
            retries: Id(retries.0),
            messages: messages.into_iter().map(|id| Id(id.0)).collect(),
        }),
        (Event::TurnStarted { attempt, input }, _) => {
            Data::TurnStarted(wire::TurnStarted { attempt, input: input.map(|id| Id(id.0)) })
        }
        (Event::StepStarted { attempt, step, reads, message, thinks, model }, _) => {
            Data::StepStarted(wire::StepStarted { attempt, step, reads, message: Id(message.0), thinks, model })
        }
        (Event::ModelMissing { model }, _) => Data::ModelMissing(wire::ModelMissing { model }),
        (Event::ToolCalled { call, kind }, _) => Data::ToolCalled(wire::ToolCalled { call: tool_call(call), kind }),
        (Event::ToolCompleted { tool_call_id, name, success, duration_ms, last_open }, message) => {
            let completed = wire::ToolCompleted { tool_call_id, name, success, duration_ms, last_open, message };
            Data::ToolCompleted(completed)
        }
        (Event::TurnAttempt { attempt, dropped_chars, .. }, _) => {
            Data::TurnAttempt(wire::TurnAttempt { attempt, dropped_chars })
        }
        (Event::TurnCompleted(ended), _) => Data::TurnCompleted(turn_ended(ended)),
        (Event::TurnFailed(ended), _) => Data::TurnFailed(turn_ended(ended)),
        (Event::TurnCancelled(ended), _) => Data::TurnCancelled(turn_ended(ended)),
    }
}

/// The entries about who speaks in a thread.
fn of_people(event: event::Event) -> Data {
    use event::Event;
    match event {
        Event::ThreadTaken { member, from, turns } => Data::ThreadTaken(wire::Taken {
            member: member.into(),
            from: from.map(Into::into),
            turns: turns.into_iter().map(|id| Id(id.0)).collect(),
        }),
        Event::ThreadHandedBack { member, brief } => {
            Data::ThreadHandedBack(wire::HandBack { member: member.map(Into::into), brief })
        }
        Event::ThreadWanted { by, reason, until, turns } => Data::ThreadWanted(wire::Asked {
            by: by.map(author),
            reason,
            silent: until.is_some(),
            until,
            turns: turns.into_iter().map(|id| Id(id.0)).collect(),
        }),
        Event::ThreadWantedExpired {} => Data::ThreadWantedExpired(NoData {}),
        Event::ThreadWantedWithdrawn { by } => Data::ThreadWantedWithdrawn(wire::Withdrawn { by: by.into() }),
        Event::ThreadAssigned { member } => Data::ThreadAssigned(wire::Assigned { member: member.map(Into::into) }),
        Event::ThreadNoted { note } => Data::ThreadNoted(wire::NoteWritten { note: (*note).into() }),
        other => unreachable!("{} is not about people", other.kind()),
    }
}

fn turn_ended(ended: Ended) -> wire::TurnEnded {
    wire::TurnEnded {
        steps: ended.steps,
        tool_calls: ended.tool_calls,
        duration_ms: ended.duration_ms,
        first_text_ms: ended.first_text_ms,
        message: ended.message.map(|id| Id(id.0)),
        reason: ended.reason,
        code: ended.code,
        usage: ended.spent.map(Into::into),
        idle: ended.idle,
    }
}
