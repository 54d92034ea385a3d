//! What a project's threads did in a period.

use domain::{ProjectId, Result, ThreadId, Timestamp, event::Event};
use uuid::Uuid;

use crate::{FromRow, Json, Row, Tx, participants};

/// From `from` on, until before `to`.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// By what active threads are sorted; among equals by their last activity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Activity,
    Title,
    BegunBy,
}

/// Which of the active threads.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    pub order: Order,
    pub ascending: bool,
    pub offset: i64,
    pub limit: i64,
}

/// Threads of project ?1 that somebody wrote into, with an entry from ?2 until before ?3, begun by the pattern ?4.
macro_rules! active {
    () => {
        "t.project_id = ?1 AND t.created_at < ?3 AND t.last_at >= ?2 AND t.participants <> ''
         AND (t.participants LIKE ?4 OR ?4 IS NULL)
         AND EXISTS (SELECT 1 FROM events e WHERE e.thread_id = t.id AND e.at >= ?2 AND e.at < ?3)"
    };
}

macro_rules! sorted {
    ($direction:literal) => {
        concat!(
            "SELECT id, last_at FROM (SELECT t.id AS id,
                (SELECT MAX(e.at) FROM events e WHERE e.thread_id = t.id AND e.at >= ?2 AND e.at < ?3) AS last_at,
                CASE CAST(?5 AS TEXT) WHEN 'title' THEN LOWER(COALESCE(t.title, ''))
                     WHEN 'begun_by' THEN SUBSTR(t.participants, 1, 36) ELSE '' END AS word
              FROM threads t WHERE ",
            active!(),
            ") a ORDER BY word /*pg COLLATE \"C\" */ ",
            $direction,
            ", last_at ",
            $direction,
            ", id ",
            $direction,
            " LIMIT ?6 OFFSET ?7"
        )
    };
}

/// Active threads with the time of their last entry in the period, sorted.
pub async fn active(
    tx: &mut Tx,
    project: ProjectId,
    Period { from, to }: Period,
    begun_by: Option<Uuid>,
    rows: Rows,
) -> Result<Vec<(ThreadId, Timestamp)>> {
    let pattern = begun_by.map(participants::begins_with);
    let order = match rows.order {
        Order::Activity => "activity",
        Order::Title => "title",
        Order::BegunBy => "begun_by",
    };
    let sql = if rows.ascending { sorted!("ASC") } else { sorted!("DESC") };
    tx.query(sql, &[&project, &from, &to, &pattern, &order, &rows.limit, &rows.offset]).await
}

/// How many threads were active.
pub async fn count_active(
    tx: &mut Tx,
    project: ProjectId,
    Period { from, to }: Period,
    begun_by: Option<Uuid>,
) -> Result<i64> {
    let pattern = begun_by.map(participants::begins_with);
    let sql = concat!("SELECT COUNT(*) FROM threads t WHERE ", active!());
    Ok(tx.query_opt(sql, &[&project, &from, &to, &pattern]).await?.unwrap_or(0))
}

/// Who began threads that were active.
pub async fn starters(
    tx: &mut Tx,
    project: ProjectId,
    Period { from, to }: Period,
    begun_by: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Uuid>> {
    let pattern = begun_by.map(participants::begins_with);
    let sql = concat!(
        "SELECT DISTINCT SUBSTR(t.participants, 1, 36) AS id FROM threads t WHERE ",
        active!(),
        " ORDER BY id LIMIT ?5"
    );
    let found: Vec<Starter> = tx.query(sql, &[&project, &from, &to, &pattern, &limit]).await?;
    Ok(found.into_iter().map(|Starter(id)| id).collect())
}

struct Starter(Uuid);

impl FromRow for Starter {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        crate::word(row, 0, |text| Uuid::try_parse(text).ok()).map(Self)
    }
}

/// The newest entries of the thread within the period that say that its model was asked.
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
