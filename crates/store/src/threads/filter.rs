//! What a list of threads is filtered by.

use domain::{
    AgentId, CustomerId, MemberId, ProjectId, Result, Timestamp,
    handling::Handling,
    thread::{Thread, Ticket},
};
use uuid::Uuid;

use crate::{Bound, Fitted, Param, Tx, participants};

/// Held threads whose customers have waited for too long, or all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overdue {
    pub is: bool,
    pub now: Timestamp,
    /// The seconds of a thread whose agent says none.
    pub idle_s: i64,
}

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
    /// True for threads with an open turn, and for those whose customers wait for a person while the agent is silent.
    pub is_awaited: Option<bool>,
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
    pub overdue: Option<Overdue>,
    /// Like `overdue`, with the threads in which a person is wanted.
    pub needs_person: Option<Overdue>,
    /// The dialect through which the customer's side wrote last, by name.
    pub door: Option<String>,
    /// Threads that began from the first time on and before the second.
    pub begun: (Option<Timestamp>, Option<Timestamp>),
}

impl Filter {
    fn is_held(&self) -> Option<i64> {
        self.handling.map(|handling| i64::from(handling == Handling::Person))
    }

    /// Runs a statement with [`filtered`], between two places of its own.
    pub(super) async fn query(
        &self,
        tx: &mut Tx,
        sql: &'static str,
        project: ProjectId,
        (place, beyond): (&dyn Param, &dyn Param),
        bound: Bound,
    ) -> Result<Fitted<Thread>> {
        let title = self.title.as_deref().map(contains);
        let begun_by = self.begun_by.map(participants::begins_with);
        let participant = self.participant.map(participants::has);
        let is = |one: Option<Overdue>| one.map(|one| i64::from(one.is));
        let times = self.overdue.or(self.needs_person).map(|one| (one.now, one.idle_s)).unzip();
        // A name has no character that a pattern or JSON writes otherwise, and a text in JSON has no bare quotes.
        let door = self.door.as_deref().map(|door| contains(&format!("\"door\":\"{door}\"")));
        tx.query_fitting(
            sql,
            &[
                &project,
                place,
                &self.agent,
                &self.closed.map(i64::from),
                &self.open_turn.map(i64::from),
                &title,
                &bound.asked(),
                &self.closed_at.map(|(closed, _)| i64::from(closed)),
                &self.closed_at.map(|(_, at)| at),
                &self.tag,
                &begun_by,
                &participant,
                &self.ticket.map(Ticket::as_str),
                &i64::from(self.customer.is_some()),
                &self.customer,
                &bound.bytes,
                beyond,
                &self.is_held(),
                &self.assignee,
                &self.wanted.map(i64::from),
                &is(self.overdue),
                &times.0,
                &times.1,
                &is(self.needs_person),
                &self.is_awaited.map(i64::from),
                &door,
                &self.begun.0,
                &self.begun.1,
            ],
            bound,
        )
        .await
    }
}

/// Matches texts that may contain a folded text, although databases fold non-ASCII letters differently. A text with
/// non-ASCII letters always matches. Other texts match if they contain it. Null matches all.
macro_rules! may_contain {
    ($text:literal, $pattern:literal) => {
        concat!(
            "(LOWER(",
            $text,
            " /*pg COLLATE \"C\" */) LIKE ",
            $pattern,
            " ESCAPE '!' OR ",
            $pattern,
            " IS NULL OR LENGTH(",
            $text,
            ") <> octet_length(",
            $text,
            "))"
        )
    };
}
pub(crate) use may_contain;

/// A LIKE pattern (escape `!`) for texts that contain `part`.
pub(crate) fn contains(part: &str) -> String {
    let escaped = part.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}

/// The conditions of a [`Filter`], with the parameters ?3 to ?6, ?8 to ?15 and ?18 to ?28.
macro_rules! filtered {
    () => {
        concat!(
            " AND (agent_id = ?3 OR ?3 IS NULL)
             AND (CAST(?4 AS BIGINT) IS NULL OR CAST(?4 AS BIGINT) = CASE WHEN closed IS NULL THEN 0 ELSE 1 END)
             AND (CAST(?5 AS BIGINT) IS NULL OR CAST(?5 AS BIGINT) = CASE WHEN EXISTS (SELECT 1 FROM turns o
                  WHERE o.thread_id = threads.id AND o.ended_at IS NULL) THEN 1 ELSE 0 END)
             AND ",
            may_contain!("title", "?6"),
            "
             AND (CAST(?8 AS BIGINT) IS NULL OR CAST(?8 AS BIGINT) = CASE
                  WHEN closed IS NOT NULL THEN 1
                  WHEN window_ends_at <= ?9 AND NOT EXISTS (SELECT 1 FROM turns o
                       WHERE o.thread_id = threads.id AND o.ended_at IS NULL) THEN 1
                  ELSE 0 END)
             AND (CAST(?10 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM thread_tags g
                  WHERE g.thread_id = threads.id AND g.name = CAST(?10 AS TEXT)))
             AND (participants LIKE ?11 OR ?11 IS NULL) AND (participants LIKE ?12 OR ?12 IS NULL)
             AND (CAST(?13 AS TEXT) IS NULL OR ticket = CAST(?13 AS TEXT))
             AND (CAST(?14 AS BIGINT) = 0 OR EXISTS (SELECT 1 FROM thread_customers c
                  JOIN customers p ON p.id = c.customer_id WHERE c.thread_id = threads.id AND c.customer_id = ?15))
             AND (CAST(?18 AS BIGINT) IS NULL OR CAST(?18 AS BIGINT) = CASE WHEN held_since IS NULL THEN 0 ELSE 1 END) AND (assignee_id = ?19 OR ?19 IS NULL) AND (CAST(?20 AS BIGINT) IS NULL OR CAST(?20 AS BIGINT) = CASE WHEN wanted IS NULL THEN 0 ELSE 1 END)
             AND (CAST(?21 AS BIGINT) IS NULL OR CAST(?21 AS BIGINT) = CASE WHEN held_since IS NOT NULL
                  AND unanswered_since <= CAST(?22 AS BIGINT) - COALESCE(idle_s, CAST(?23 AS BIGINT)) * 1000000 THEN 1 ELSE 0 END)
             AND (CAST(?24 AS BIGINT) IS NULL OR CAST(?24 AS BIGINT) = CASE WHEN wanted IS NOT NULL OR held_since IS NOT NULL
                  AND unanswered_since <= CAST(?22 AS BIGINT) - COALESCE(idle_s, CAST(?23 AS BIGINT)) * 1000000 THEN 1 ELSE 0 END)
             AND (CAST(?25 AS BIGINT) IS NULL OR CAST(?25 AS BIGINT) = CASE
                  WHEN unanswered_since IS NOT NULL AND (held_since IS NOT NULL OR silent_until IS NOT NULL) THEN 1
                  WHEN EXISTS (SELECT 1 FROM turns o WHERE o.thread_id = threads.id AND o.ended_at IS NULL) THEN 1
                  ELSE 0 END)
             AND (last_words LIKE ?26 ESCAPE '!' OR ?26 IS NULL)
             AND (created_at >= ?27 OR ?27 IS NULL) AND (created_at < ?28 OR ?28 IS NULL) "
        )
    };
}
pub(super) use filtered;
