//! One conversation, and the three axes of its life: its run, whether it is closed, its ticket.

use serde::{Deserialize, Serialize};

use crate::{AgentId, Map, ProjectId, ThreadId, Timestamp, controls::words, participant::Participant, tag::Tag};

/// One conversation: the head of an ordered log.
#[derive(Clone, Debug, PartialEq)]
pub struct Thread {
    pub id: ThreadId,
    pub project: ProjectId,
    pub agent: AgentId,
    pub title: Option<String>,
    pub metadata: Map,
    /// The newest entry's number; entries are 1 … `last_seq`, without gaps.
    pub last_seq: i64,
    /// The newest entry's time.
    pub last_at: Timestamp,
    /// How many of its messages have something to read.
    pub listed: i64,
    pub created_at: Timestamp,
    pub closed: Option<Closed>,
    /// Seconds that the thread stays open after its last message; absent: it has no inactivity window.
    pub window_s: Option<i64>,
    /// When the window ends, unless a turn is open then.
    pub window_ends_at: Option<Timestamp>,
    pub ticket: Ticket,
    /// Who has written into it, whoever began it first ([`crate::participant`]).
    pub participants: Vec<Participant>,
    pub run: Run,
    /// By name. Empty, like the run, while the thread is locked: tags stand in a table of their own.
    pub tags: Vec<Tag>,
}

/// How and why a thread was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    pub by: ClosedBy,
    /// The closer's word for why (Feather's `closedReason`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub at: Timestamp,
}

words! {
    ClosedBy {
        /// Someone closed it; its open turns were cancelled.
        Person = "person",
        /// Its inactivity window ended.
        Lapsed = "lapsed",
    }
}

words! {
    /// Algoreg's status of a thread.
    Ticket { Open = "open", Waiting = "waiting", Reminder = "reminder", Closed = "closed" }
}

/// What the thread's turns make of it. Derived from them, never stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// A turn is running.
    pub running: bool,
    /// A turn waits for a client's tool results.
    pub waiting: bool,
    /// Turns not begun.
    pub queued: i64,
}

impl Run {
    /// Whether a turn is open: queued, running or waiting.
    pub fn is_open(self) -> bool {
        self.running || self.waiting || self.queued > 0
    }
}

impl Thread {
    /// Whether the thread is closed at `now`: by a person, or because its window has ended and no turn is open.
    pub fn closed_at(&self, now: Timestamp) -> Option<Closed> {
        if self.closed.is_some() {
            return self.closed.clone();
        }
        let ends = self.window_ends_at.filter(|ends| *ends <= now && !self.run.is_open())?;
        Some(Closed { by: ClosedBy::Lapsed, reason: Some("ENDED".into()), at: ends })
    }
}
