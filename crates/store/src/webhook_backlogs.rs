//! Backlogs: pending deliveries of webhooks, one row for each webhook and thread with unsent entries.
//!
//! A row is due at its time. It is also due if its time is after `longest`, which no backoff from now reaches, because
//! the clock that wrote it was ahead.

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

/// Records the thread's entries from `first_seq` on as pending for every webhook of the project. An existing backlog
/// stays unchanged. The thread is locked, and the entries belong to this transaction. Returns the number of new
/// backlogs.
pub async fn record(tx: &mut Tx, project: ProjectId, thread: ThreadId, first_seq: i64, now: Timestamp) -> Result<u64> {
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

/// Makes the thread's entries from `next_seq` on pending, again or for the first time. A present sender loses its
/// claim.
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

/// Threads with due entries of the webhook, longest due first. The list is a hint, not a claim.
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

/// Claims a due backlog until `until`.
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

/// Stores the progress of the holder of `claim`, and the next due time. `false` if the claim is lost.
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

/// Like [`save`], and releases the claim.
pub async fn release(tx: &mut Tx, backlog: &Backlog, claim: Uuid, due_at: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE webhook_backlogs SET next_seq = ?4, tries = ?5, due_at = ?7, claim = NULL
         WHERE webhook_id = ?1 AND thread_id = ?2 AND project_id = ?3 AND claim = ?6",
        &[&backlog.webhook, &backlog.thread, &backlog.project, &backlog.next_seq, &backlog.tries, &claim, &due_at],
    )
    .await
    .map(drop)
}

/// Removes the backlog: the holder of `claim` has sent everything. The thread is locked, or gone.
pub async fn settle(tx: &mut Tx, backlog: &Backlog, claim: Uuid) -> Result<()> {
    tx.execute(
        "DELETE FROM webhook_backlogs WHERE webhook_id = ?1 AND thread_id = ?2 AND project_id = ?3 AND claim = ?4",
        &[&backlog.webhook, &backlog.thread, &backlog.project, &claim],
    )
    .await
    .map(drop)
}

/// Removes at most `limit` backlogs of a disabled webhook, and returns their number.
pub async fn forget(tx: &mut Tx, project: ProjectId, webhook: WebhookId, limit: i64) -> Result<u64> {
    tx.execute(
        "DELETE FROM webhook_backlogs WHERE webhook_id = ?1 AND project_id = ?2 AND thread_id IN (
             SELECT b.thread_id FROM webhook_backlogs b JOIN webhooks w ON w.id = b.webhook_id
             WHERE b.webhook_id = ?1 AND w.disabled IS NOT NULL LIMIT ?3)",
        &[&webhook, &project, &limit],
    )
    .await
}

/// The number of threads with pending entries of the webhook.
pub async fn count(tx: &mut Tx, project: ProjectId, webhook: WebhookId) -> Result<i64> {
    let count = tx
        .query_opt(
            "SELECT COUNT(*) FROM webhook_backlogs WHERE webhook_id = ?1 AND project_id = ?2",
            &[&webhook, &project],
        )
        .await?;
    Ok(count.unwrap_or(0))
}

/// Ends every claim. No other process lives on this folder.
pub async fn end_claims(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    tx.execute("UPDATE webhook_backlogs SET claim = NULL, due_at = ?1 WHERE claim IS NOT NULL", &[&now]).await
}
