//! Threads as tickets, found by status, people and names.

use domain::{AgentId, CustomerId, ProjectId, Result, ThreadId, thread::Ticket};

use crate::{
    Param, Tx,
    threads::{Stretch, contains, may_contain},
};

/// The filter of a search. Absent fields match all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub ticket: Option<Ticket>,
    pub agent: Option<AgentId>,
    /// One of the thread's customers.
    pub customer: Option<CustomerId>,
    /// The only thread that may match.
    pub thread: Option<ThreadId>,
    /// A tag of the thread.
    pub tag: Option<String>,
    /// Part of the title, folded. The search may return titles without it, so the caller must check.
    pub title: Option<String>,
}

impl Filter {
    /// Tells whether an index finds the threads, instead of a scan of all the project's threads.
    pub fn has_key(&self) -> bool {
        self.thread.is_some() || self.customer.is_some() || self.tag.is_some()
    }
}

/// The ids of the project's threads, newest first, starting at `offset`, by an index.
pub async fn all(tx: &mut Tx, project: ProjectId, offset: i64, limit: i64) -> Result<Vec<ThreadId>> {
    let sql = "SELECT id FROM threads WHERE project_id = ?1 ORDER BY id DESC LIMIT ?2 OFFSET ?3";
    tx.query(sql, &[&project, &limit, &offset]).await
}

/// The number of the project's threads, by an index.
pub async fn count(tx: &mut Tx, project: ProjectId) -> Result<i64> {
    Ok(tx.query_opt("SELECT COUNT(*) FROM threads WHERE project_id = ?1", &[&project]).await?.unwrap_or(0))
}

macro_rules! matching {
    ($from:literal, $id:literal) => {
        concat!(
            "SELECT t.id, t.title FROM ",
            $from,
            " AND t.project_id = ?1 AND ",
            $id,
            " < ?2 AND ",
            $id,
            " >= ?3 AND (CAST(?4 AS TEXT) IS NULL OR t.ticket = CAST(?4 AS TEXT)) AND (t.agent_id = ?5 OR ?5 IS NULL)
             AND (CAST(?6 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM thread_tags g
                  WHERE g.thread_id = t.id AND g.name = CAST(?6 AS TEXT))) AND ",
            may_contain!("t.title", "?7"),
            " ORDER BY ",
            $id,
            " DESC LIMIT ?8"
        )
    };
}

/// The threads of a range that match the filter, with their titles, newest first.
pub async fn matching(
    tx: &mut Tx,
    project: ProjectId,
    filter: &Filter,
    stretch: Stretch,
    limit: i64,
) -> Result<Vec<(ThreadId, Option<String>)>> {
    let (before, from) = stretch.ends();
    let (ticket, title) = (filter.ticket.map(Ticket::as_str), filter.title.as_deref().map(contains));
    let common: [&dyn Param; 8] = [&project, &before, &from, &ticket, &filter.agent, &filter.tag, &title, &limit];
    match (&filter.thread, &filter.customer) {
        (Some(thread), None) => {
            let sql = matching!("threads t WHERE t.id = ?9", "t.id");
            tx.query(sql, &[&common[..], &[thread as &dyn Param]].concat()).await
        }
        (None, None) if filter.tag.is_some() => {
            let sql = matching!(
                "thread_tags n JOIN threads t ON t.id = n.thread_id WHERE n.project_id = ?1 AND n.name = CAST(?6 AS TEXT)",
                "n.thread_id"
            );
            tx.query(sql, &common).await
        }
        (None, None) => tx.query(matching!("threads t WHERE t.project_id = ?1", "t.id"), &common).await,
        (thread, Some(customer)) => {
            let sql = matching!(
                "thread_customers c JOIN customers p ON p.id = c.customer_id JOIN threads t ON t.id = c.thread_id
                 WHERE c.customer_id = ?9 AND (c.thread_id = ?10 OR ?10 IS NULL)",
                "c.thread_id"
            );
            tx.query(sql, &[&common[..], &[customer as &dyn Param, thread]].concat()).await
        }
    }
}

/// Replaces the customers of the thread, which is locked.
pub async fn set_customers(tx: &mut Tx, project: ProjectId, thread: ThreadId, customers: &[CustomerId]) -> Result<()> {
    tx.execute("DELETE FROM thread_customers WHERE thread_id = ?1 AND project_id = ?2", &[&thread, &project]).await?;
    for customer in customers {
        crate::threads::add_customer(tx, project, thread, *customer).await?;
    }
    Ok(())
}
