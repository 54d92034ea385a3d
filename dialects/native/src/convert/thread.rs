//! Threads.

use dialect_kit::{Given, Spellings};
use domain::{AgentId, Timestamp, overrides::Overrides};
use engine::{
    Origin,
    app::threads::{NewThread, ThreadPatch, beside::BesideThread, fork::NewFork},
};

use crate::wire::{self, Id, ThreadState, budget::budgets};

/// The thread's state at `now`.
pub fn thread(
    thread: domain::thread::Thread,
    now: Timestamp,
    beside: BesideThread,
    spellings: &Spellings,
) -> wire::Thread {
    let closed = thread.closed_at(now);
    wire::Thread {
        id: Id(thread.id.0),
        agent: Id(thread.agent.0),
        title: thread.title,
        metadata: thread.metadata,
        state: if closed.is_some() { ThreadState::Closed } else { ThreadState::Open },
        closed: closed.map(Into::into),
        run: wire::Run { running: thread.run.running, waiting: thread.run.waiting, queued: thread.run.queued },
        ticket: thread.ticket,
        handling: thread.people.handling(),
        assignee: thread.people.assignee.map(|id| Id(id.0)),
        held_since: thread.people.held_since,
        wanted: thread.people.wanted.map(wanted),
        unanswered_since: thread.people.unanswered.map(|one| one.since),
        presence: None,
        last_words: thread.last_words.map(last_words),
        seen: None,
        tags: thread.tags.into_iter().map(Into::into).collect(),
        variables: beside.variables,
        participants: thread.participants.iter().map(participant).collect(),
        window: thread.window_s.map(|length_s| wire::Window { length_s, ends_at: thread.window_ends_at }),
        reminder: beside.reminder.map(Into::into),
        usage: thread.spent.any().map(Into::into),
        last_seq: thread.last_seq,
        last_at: thread.last_at,
        created_at: thread.created_at,
        spellings: spellings.of(thread.id),
    }
}

fn last_words(words: domain::last_words::LastWords) -> wire::LastWords {
    let domain::last_words::LastWords { seq, at, role, author, text, .. } = words;
    wire::LastWords { seq, at, role, author: super::message::author(author), text }
}

fn wanted(wanted: domain::handling::Wanted) -> wire::Wanted {
    let domain::handling::Wanted { by, reason, at, until } = wanted;
    wire::Wanted { by: by.map(super::message::author), reason, at, silent: until.is_some(), until }
}

fn participant(participant: &domain::participant::Participant) -> wire::Participant {
    let domain::participant::Participant { id, kind, first_at, last_at } = *participant;
    wire::Participant { id: Id(id), kind, first_at, last_at }
}

/// `agent`: the one that the body names.
pub fn new(wire: wire::NewThread, agent: Option<AgentId>, origin: Option<Origin>) -> NewThread {
    NewThread {
        title: wire.title,
        metadata: wire.metadata.unwrap_or_default(),
        agent,
        tags: wire.tags.unwrap_or_default(),
        variables: wire.variables.unwrap_or_default(),
        overrides: Overrides { budgets: budgets(wire.budgets.unwrap_or_default()), ..Overrides::default() },
        origin,
        ..NewThread::default()
    }
}

/// `agent`: the one that the body names.
pub fn fork(wire: wire::NewFork, agent: Option<AgentId>) -> NewFork {
    NewFork {
        title: wire.title,
        agent,
        model: wire.model,
        locale: wire.locale,
        instructions: wire.instructions,
        tags: wire.tags,
        ..NewFork::default()
    }
}

/// `agent`: the one that the patch names.
pub fn patch(patch: wire::ThreadPatch, agent: Option<AgentId>) -> ThreadPatch {
    let title = match patch.title {
        Given::Absent => None,
        Given::Null => Some(None),
        Given::Value(title) => Some(Some(title)),
    };
    let (metadata, tags, variables) = (whole(patch.metadata), whole(patch.tags), whole(patch.variables));
    let budgets = whole(patch.budgets).map(budgets);
    ThreadPatch { title, metadata, tags, variables, budgets, agent, ..ThreadPatch::default() }
}

/// A field in whose place null is none of what it holds.
fn whole<T: Default>(given: Given<T>) -> Option<T> {
    match given {
        Given::Absent => None,
        Given::Null => Some(T::default()),
        Given::Value(value) => Some(value),
    }
}
