//! Threads as tickets: found by status, people and names.

use domain::{CustomerId, ProjectId, Result, ThreadId, thread::Ticket};

use crate::Tx;

/// Which threads a search finds; absent fields let all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub ticket: Option<Ticket>,
    /// One of the thread's customers.
    pub customer: Option<CustomerId>,
    /// The only thread that it may be.
    pub thread: Option<ThreadId>,
    /// A tag that it carries.
    pub tag: Option<String>,
    /// Part of the title, in lower case.
    pub title: Option<String>,
}

macro_rules! found {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " FROM threads t WHERE t.project_id = ?1 AND (CAST(?2 AS TEXT) IS NULL OR t.ticket = CAST(?2 AS TEXT))
             AND (t.id IN (SELECT c.thread_id FROM thread_customers c WHERE c.customer_id = ?3) OR ?3 IS NULL)
             AND (t.id = ?4 OR ?4 IS NULL) AND (LOWER(t.title) LIKE ?5 ESCAPE '!' OR ?5 IS NULL)
             AND (CAST(?6 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM thread_tags g
                  WHERE g.thread_id = t.id AND g.name = CAST(?6 AS TEXT)))",
            $rest
        )
    };
}

/// The ids of the threads found, from the `offset`-th on, the newest first.
pub async fn search(
    tx: &mut Tx,
    project: ProjectId,
    filter: &Filter,
    offset: i64,
    limit: i64,
) -> Result<Vec<ThreadId>> {
    let (ticket, title) = (filter.ticket.map(Ticket::as_str), filter.title.as_deref().map(crate::threads::contains));
    tx.query(
        found!("SELECT t.id", " ORDER BY t.id DESC LIMIT ?7 OFFSET ?8"),
        &[&project, &ticket, &filter.customer, &filter.thread, &title, &filter.tag, &limit, &offset],
    )
    .await
}

/// How many threads there are to find.
pub async fn count(tx: &mut Tx, project: ProjectId, filter: &Filter) -> Result<i64> {
    let (ticket, title) = (filter.ticket.map(Ticket::as_str), filter.title.as_deref().map(crate::threads::contains));
    let count = tx
        .query_opt(
            found!("SELECT COUNT(*)", ""),
            &[&project, &ticket, &filter.customer, &filter.thread, &title, &filter.tag],
        )
        .await?;
    Ok(count.unwrap_or(0))
}

/// Lets these customers take part in the thread, and no others. The thread is locked.
pub async fn set_customers(tx: &mut Tx, project: ProjectId, thread: ThreadId, customers: &[CustomerId]) -> Result<()> {
    tx.execute("DELETE FROM thread_customers WHERE thread_id = ?1 AND project_id = ?2", &[&thread, &project]).await?;
    for customer in customers {
        crate::threads::add_customer(tx, project, thread, *customer).await?;
    }
    Ok(())
}
