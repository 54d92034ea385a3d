//! What webhooks are owed: a row for each thread that has entries which a webhook has not been sent.
//!
//! A row is due when its time has come; so is one whose time lies beyond `longest`, which no pause that is counted from now
//! reaches: the clock that wrote it was ahead.

use domain::{ProjectId, Result, ThreadId, Timestamp, WebhookId, webhook::Backlog};
use uuid::Uuid;

use crate::{FromRow, Row, Tx};

impl FromRow for Backlog {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            webhook: row.get(0)?,
            thread: row.get(1)?,
            project: row.get(2)?,
            next_seq: row.get(3)?,
            tries: row.get(4)?,
            since: row.get(5)?,
        })
    }
}

/// Notes that every webhook of the project is owed the thread's entries from `first_seq` on; one that is behind in the thread
/// already stays where it is. The thread is locked, the entries are of this transaction. How many webhooks it is news to.
pub async fn owe(tx: &mut Tx, project: ProjectId, thread: ThreadId, first_seq: i64, now: Timestamp) -> Result<u64> {
    tx.execute(
        "INSERT INTO webhook_backlogs (webhook_id, thread_id, project_id, next_seq, tries, since, due_at)
         SELECT w.id, t.id, t.project_id, CAST(?3 AS BIGINT), 0, CAST(?4 AS BIGINT), CAST(?4 AS BIGINT)
         FROM threads t JOIN webhooks w ON w.project_id = t.project_id
         WHERE t.id = ?2 AND t.project_id = ?1 AND w.disabled IS NULL
         ON CONFLICT (webhook_id, thread_id) DO NOTHING",
        &[&project, &thread, &first_seq, &now],
    )
    .await
}

/// Makes the thread's entries from `next_seq` on owed again, or for the first time. Whoever sends now loses its claim.
pub async fn rewind(tx: &mut Tx, backlog: &Backlog) -> Result<()> {
    tx.execute(
        "INSERT INTO webhook_backlogs (webhook_id, thread_id, project_id, next_seq, tries, since, due_at)
         VALUES (?1, ?2, ?3, ?4, 0, ?5, ?5)
         ON CONFLICT (webhook_id, thread_id) DO UPDATE SET
             next_seq = CASE WHEN webhook_backlogs.next_seq < ?4 THEN webhook_backlogs.next_seq ELSE ?4 END,
             tries = 0, since = ?5, due_at = ?5, claim = NULL",
        &[&backlog.webhook, &backlog.thread, &backlog.project, &backlog.next_seq, &backlog.since],
    )
    .await
    .map(drop)
}

/// Threads of which the webhook is owed something that is due, longest due first: where to look, not a claim.
pub async fn due(
    tx: &mut Tx,
    project: ProjectId,
    webhook: WebhookId,
    (now, longest): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<ThreadId>> {
    tx.query(
        "SELECT thread_id FROM (
             SELECT thread_id FROM (
                 SELECT thread_id FROM webhook_backlogs WHERE webhook_id = ?1 AND project_id = ?2 AND due_at > ?5 LIMIT ?4
             ) AS ahead
             UNION ALL
             SELECT thread_id FROM (
                 SELECT thread_id FROM webhook_backlogs WHERE webhook_id = ?1 AND project_id = ?2 AND due_at <= ?3
                 ORDER BY due_at LIMIT ?4
             ) AS come
         ) AS due LIMIT ?4",
        &[&webhook, &project, &now, &limit, &longest],
    )
    .await
}

/// Takes hold of a backlog that is due, until `until`.
pub async fn claim(
    tx: &mut Tx,
    (project, webhook, thread): (ProjectId, WebhookId, ThreadId),
    claim: Uuid,
    (now, longest): (Timestamp, Timestamp),
    until: Timestamp,
) -> Result<Option<Backlog>> {
    tx.query_opt(
        "UPDATE webhook_backlogs SET claim = ?4, due_at = ?6
         WHERE webhook_id = ?1 AND thread_id = ?2 AND project_id = ?3 AND (due_at <= ?5 OR due_at > ?7)
         RETURNING webhook_id, thread_id, project_id, next_seq, tries, since",
        &[&webhook, &thread, &project, &claim, &now, &until, &longest],
    )
    .await
}

/// Writes where the holder of `claim` stands, and when it is due next. `false` if it does not hold it any more.
pub async fn save(tx: &mut Tx, backlog: &Backlog, claim: Uuid, due_at: Timestamp) -> Result<bool> {
    let rows = tx
        .execute(
            "UPDATE webhook_backlogs SET next_seq = ?4, tries = ?5, due_at = ?7
             WHERE webhook_id = ?1 AND thread_id = ?2 AND project_id = ?3 AND claim = ?6",
            &[&backlog.webhook, &backlog.thread, &backlog.project, &backlog.next_seq, &backlog.tries, &claim, &due_at],
        )
        .await?;
    Ok(rows == 1)
}

/// As [`save`], and lets go of it.
pub async fn release(tx: &mut Tx, backlog: &Backlog, claim: Uuid, due_at: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE webhook_backlogs SET next_seq = ?4, tries = ?5, due_at = ?7, claim = NULL
         WHERE webhook_id = ?1 AND thread_id = ?2 AND project_id = ?3 AND claim = ?6",
        &[&backlog.webhook, &backlog.thread, &backlog.project, &backlog.next_seq, &backlog.tries, &claim, &due_at],
    )
    .await
    .map(drop)
}

/// Nothing more is owed: the holder of `claim` has sent everything. The thread is locked, or gone.
pub async fn settle(tx: &mut Tx, backlog: &Backlog, claim: Uuid) -> Result<()> {
    tx.execute(
        "DELETE FROM webhook_backlogs WHERE webhook_id = ?1 AND thread_id = ?2 AND project_id = ?3 AND claim = ?4",
        &[&backlog.webhook, &backlog.thread, &backlog.project, &claim],
    )
    .await
    .map(drop)
}

/// Forgets what a disabled webhook was owed of `limit` threads at most; of how many.
pub async fn forget(tx: &mut Tx, project: ProjectId, webhook: WebhookId, limit: i64) -> Result<u64> {
    tx.execute(
        "DELETE FROM webhook_backlogs WHERE webhook_id = ?1 AND project_id = ?2 AND thread_id IN (
             SELECT b.thread_id FROM webhook_backlogs b JOIN webhooks w ON w.id = b.webhook_id
             WHERE b.webhook_id = ?1 AND w.disabled IS NOT NULL LIMIT ?3)",
        &[&webhook, &project, &limit],
    )
    .await
}

/// How many threads the webhook is behind in.
pub async fn count(tx: &mut Tx, project: ProjectId, webhook: WebhookId) -> Result<i64> {
    let count = tx
        .query_opt(
            "SELECT COUNT(*) FROM webhook_backlogs WHERE webhook_id = ?1 AND project_id = ?2",
            &[&webhook, &project],
        )
        .await?;
    Ok(count.unwrap_or(0))
}

/// Ends every claim: nobody else lives on this folder.
pub async fn end_claims(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    tx.execute("UPDATE webhook_backlogs SET claim = NULL, due_at = ?1 WHERE claim IS NOT NULL", &[&now]).await
}
