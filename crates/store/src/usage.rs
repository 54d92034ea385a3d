//! The activity of a project's threads in a period.

use domain::{ProjectId, Result, ThreadId, Timestamp, event::Event, usage::Usd};
use uuid::Uuid;

use crate::{FromRow, Json, Row, Tx, participants, step_usage::cost, threads::Stretch};

/// From `from`, inclusive, to `to`, exclusive.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// A thread in which somebody wrote, with an entry in the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Active {
    pub thread: ThreadId,
    /// The time of the thread's last entry in the period.
    pub last_at: Timestamp,
    pub title: Option<String>,
    /// The key, member or customer who created the thread.
    pub begun_by: Uuid,
    /// The cost of the thread's model calls in the period. Calls without a known price are missing.
    pub cost: Usd,
}

impl FromRow for Active {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let begun_by = crate::word(row, 3, |text| Uuid::try_parse(text).ok())?;
        Ok(Self { thread: row.get(0)?, last_at: row.get(1)?, title: row.get(2)?, begun_by, cost: cost(row, 4)? })
    }
}

/// The active threads of a range, newest first. The log of each is read from its end, and the rows of its calls in the
/// period are summed, whether or not the sums of the project have them.
pub async fn active(
    tx: &mut Tx,
    project: ProjectId,
    Period { from, to }: Period,
    begun_by: Option<Uuid>,
    stretch: Stretch,
) -> Result<Vec<Active>> {
    let (below, down_to) = stretch.ends();
    let pattern = begun_by.map(participants::begins_with);
    tx.query(
        "SELECT a.id, a.last_at, a.title, a.begun_by,
            (SELECT CAST(COALESCE(SUM(s.cost / 1000000000000), 0) AS BIGINT) FROM step_usage s
             WHERE s.thread_id = a.id AND s.project_id = ?1 AND s.at >= ?2 AND s.at < ?3),
            (SELECT CAST(COALESCE(SUM(s.cost % 1000000000000), 0) AS BIGINT) FROM step_usage s
             WHERE s.thread_id = a.id AND s.project_id = ?1 AND s.at >= ?2 AND s.at < ?3)
         FROM (
            SELECT t.id, t.title, SUBSTR(t.participants, 1, 36) AS begun_by,
                (SELECT e.at FROM events e WHERE e.thread_id = t.id AND e.at < ?3 ORDER BY e.seq DESC LIMIT 1) AS last_at
            FROM threads t WHERE t.project_id = ?1 AND t.id < ?5 AND t.id >= ?6
             AND t.created_at < ?3 AND t.last_at >= ?2 AND t.participants <> ''
             AND (t.participants LIKE ?4 OR ?4 IS NULL)
         ) AS a WHERE a.last_at >= ?2 ORDER BY a.id DESC",
        &[&project, &from, &to, &pattern, &below, &down_to],
    )
    .await
}

/// The newest entries of the thread in the period that record a call of its model.
pub async fn steps(
    tx: &mut Tx,
    project: ProjectId,
    thread: ThreadId,
    Period { from, to }: Period,
    limit: i64,
) -> Result<Vec<Event>> {
    let found: Vec<Json<Event>> = tx
        .query(
            "SELECT e.data FROM events e JOIN threads t ON t.id = e.thread_id
             WHERE e.thread_id = ?1 AND t.project_id = ?2 AND e.kind = 'step.started' AND e.at >= ?3 AND e.at < ?4
             ORDER BY e.seq DESC LIMIT ?5",
            &[&thread, &project, &from, &to, &limit],
        )
        .await?;
    Ok(found.into_iter().map(|Json(event)| event).collect())
}
