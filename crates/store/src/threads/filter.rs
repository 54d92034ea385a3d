//! What a list of threads is filtered by.

use domain::{AgentId, CustomerId, MemberId, Timestamp, handling::Handling, thread::Ticket};
use uuid::Uuid;

/// The filter of a project's list of threads. Absent fields match all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub agent: Option<AgentId>,
    /// True for threads that a person closed.
    pub closed: Option<bool>,
    /// True for threads that are closed at this time, by a person or by an expired inactivity window.
    pub closed_at: Option<(bool, Timestamp)>,
    /// True for threads with an open turn.
    pub open_turn: Option<bool>,
    /// Part of the title, already folded for the statement. The statement may return titles without it, so the caller
    /// must check.
    pub title: Option<String>,
    /// A tag of the thread.
    pub tag: Option<String>,
    /// The key, member or customer who created the thread.
    pub begun_by: Option<Uuid>,
    /// A key, member or customer who wrote in the thread.
    pub participant: Option<Uuid>,
    pub ticket: Option<Ticket>,
    /// A customer who takes part in the thread.
    pub customer: Option<CustomerId>,
    /// Who speaks in the thread.
    pub handling: Option<Handling>,
    /// The member to whom the thread is assigned.
    pub assignee: Option<MemberId>,
    /// True for threads in which a person is wanted.
    pub wanted: Option<bool>,
    /// True for held threads whose customers have waited since this time or longer.
    pub overdue: Option<(bool, Timestamp)>,
}

impl Filter {
    pub(super) fn is_held(&self) -> Option<i64> {
        self.handling.map(|handling| i64::from(handling == Handling::Person))
    }

    pub(super) fn overdue(&self) -> (Option<i64>, Option<Timestamp>) {
        self.overdue.map(|(overdue, since)| (i64::from(overdue), since)).unzip()
    }
}
