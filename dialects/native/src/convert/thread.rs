//! Threads.

use dialect_kit::{Given, Spellings};
use domain::{AgentId, Map, Timestamp, reminder::Reminder};
use engine::app::threads::ThreadPatch;

use crate::wire::{self, Id, ThreadState};

/// The thread as it stands at `now`.
pub fn thread(
    thread: domain::thread::Thread,
    now: Timestamp,
    reminder: Option<Reminder>,
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
        tags: thread.tags.into_iter().map(|tag| wire::Tag { name: tag.name, color: tag.color }).collect(),
        participants: thread.participants.iter().map(participant).collect(),
        window: thread.window_s.map(|length_s| wire::Window { length_s, ends_at: thread.window_ends_at }),
        reminder: reminder.map(Into::into),
        last_seq: thread.last_seq,
        last_at: thread.last_at,
        created_at: thread.created_at,
        spellings: spellings.of(thread.id),
    }
}

fn participant(participant: &domain::participant::Participant) -> wire::Participant {
    let domain::participant::Participant { id, kind, first_at, last_at } = *participant;
    wire::Participant { id: Id(id), kind, first_at, last_at }
}

/// `agent`: the one that the patch names.
pub fn patch(patch: wire::ThreadPatch, agent: Option<AgentId>) -> ThreadPatch {
    let title = match patch.title {
        Given::Absent => None,
        Given::Null => Some(None),
        Given::Value(title) => Some(Some(title)),
    };
    let metadata = match patch.metadata {
        Given::Absent => None,
        Given::Null => Some(Map::new()),
        Given::Value(metadata) => Some(metadata),
    };
    ThreadPatch { title, metadata, agent, ..ThreadPatch::default() }
}
