//! Threads. A thread has three independent states: its run, whether it is closed, and its ticket.

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Map, ProjectId, ThreadId, Timestamp, controls::words, handling::People, last_words::LastWords,
    participant::Participant, spent::Spent, tag::Tag,
};

/// A conversation: the head of an ordered log.
#[derive(Clone, Debug, PartialEq)]
pub struct Thread {
    pub id: ThreadId,
    pub project: ProjectId,
    pub agent: AgentId,
    pub title: Option<String>,
    pub metadata: Map,
    /// The number of the newest entry. Entries are 1 … `last_seq`, without gaps.
    pub last_seq: i64,
    /// The time of the newest entry.
    pub last_at: Timestamp,
    /// Absent: nobody has said anything, or a former version kept no words.
    pub last_words: Option<LastWords>,
    /// The number of readable messages.
    pub listed: i64,
    pub created_at: Timestamp,
    pub closed: Option<Closed>,
    /// Seconds after the last message at which the thread closes. Absent: no inactivity window.
    pub window_s: Option<i64>,
    /// The window's end. An open turn delays the closing. Absent: no window, or one that is suspended because a person
    /// speaks or is wanted.
    pub window_ends_at: Option<Timestamp>,
    pub ticket: Ticket,
    /// Who speaks, who is wanted, and what is unanswered.
    pub people: People,
    /// Those who have written in the thread, its creator first ([`crate::participant`]).
    pub participants: Vec<Participant>,
    /// What its model calls used. A fork begins with nothing.
    pub spent: Spent,
    pub run: Run,
    /// Sorted by name. Empty, like the run, while the thread is locked, because tags are in their own table.
    pub tags: Vec<Tag>,
}

/// The way and the reason of closing a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    pub by: ClosedBy,
    /// The reason, as given by the person who closed it (Feather's `closedReason`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub at: Timestamp,
}

words! {
    ClosedBy {
        /// A person closed it, and its open turns were cancelled.
        Person = "person",
        /// Its inactivity window expired.
        Expired = "lapsed",
    }
}

words! {
    /// Algoreg's status of a thread.
    Ticket { Open = "open", Waiting = "waiting", Reminder = "reminder", Closed = "closed" }
}

/// The state of the thread's turns. Derived from them, never stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// A turn is running.
    pub running: bool,
    /// A turn waits for a client's tool results.
    pub waiting: bool,
    /// Number of queued turns.
    pub queued: i64,
}

impl Run {
    /// Tells whether a turn is open: queued, running or waiting.
    pub fn is_open(self) -> bool {
        self.running || self.waiting || self.queued > 0
    }
}

impl Thread {
    /// The end of the inactivity window. A suspended window would begin now.
    pub fn window_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.window_ends_at.or_else(|| self.window_s.map(|s| now.plus_s(s)))
    }

    /// The state of closing at `now`: by a person, or because the window has expired and no turn is open.
    pub fn closed_at(&self, now: Timestamp) -> Option<Closed> {
        if self.closed.is_some() {
            return self.closed.clone();
        }
        let ends = self.window_ends_at.filter(|ends| *ends <= now && !self.run.is_open())?;
        Some(Closed { by: ClosedBy::Expired, reason: Some("ENDED".into()), at: ends })
    }
}
