//! Deleted threads, customers and webhooks with remaining rows. Nobody sees them, and a service removes their rows step
//! by step. The pending deliveries of a disabled webhook are removed in the same way.

use domain::{ProjectId, Result, ThreadId, Timestamp};
use uuid::Uuid;

use crate::{Tx, search, stored, usage_sums};

/// Deletes the thread, which is locked, from everybody's view: its head, its open turns, and all its bounded rows.
/// [`step`] removes the log and the rows of single messages. Attachments stay, because they belong to the project.
/// Returns the bytes that the thread had stored.
pub async fn begin(tx: &mut Tx, project: ProjectId, thread: ThreadId, now: Timestamp) -> Result<i64> {
    let stored = stored::of_thread(tx, thread).await?.unwrap_or(0);
    tx.execute_all(&[
        (
            "INSERT INTO removals (owner_id, project_id, due_at, stored_bytes) VALUES (?1, ?2, ?3, ?4)",
            &[&thread, &project, &now, &stored],
        ),
        ("DELETE FROM turns WHERE thread_id = ?1 AND ended_at IS NULL", &[&thread]),
        ("DELETE FROM forks WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM reminders WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM thread_customers WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM thread_tags WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM windows WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM fits WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM thread_seen WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM search_late WHERE thread_id = ?1 AND project_id = ?2", &[&thread, &project]),
        ("DELETE FROM thread_variables WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM thread_overrides WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM guest_threads WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM extras WHERE owner_id = ?1 AND project_id = ?2", &[&thread, &project]),
        ("DELETE FROM threads WHERE id = ?1", &[&thread]),
    ])
    .await?;
    Ok(stored)
}

/// Records that rows of a customer or a webhook may remain, for [`step`].
pub async fn remain(tx: &mut Tx, project: ProjectId, owner: Uuid, now: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO removals (owner_id, project_id, due_at) VALUES (?1, ?2, ?3) ON CONFLICT (owner_id) DO NOTHING",
        &[&owner, &project, &now],
    )
    .await
    .map(drop)
}

/// Adds a thread's calls to the project's sums, then removes some of the remaining rows. At most `rows` of a table, and entries of at most `bytes` in all, but at least
/// one. `false` once nothing remains; then call [`end`].
pub async fn step(tx: &mut Tx, owner: Uuid, rows: i64, bytes: i64) -> Result<bool> {
    let project = tx.query_opt("SELECT project_id FROM removals WHERE owner_id = ?1", &[&owner]).await?;
    if let Some(project) = project {
        // The sums outlive the thread, so its calls are added first.
        if usage_sums::roll_of_thread(tx, project, ThreadId(owner), rows).await? > 0 {
            return Ok(true);
        }
        // Nobody indexes an entry while the step removes it.
        search::hold(tx, project).await?;
    }
    if entries(tx, owner, rows, bytes).await? {
        return Ok(true);
    }
    let own: [&dyn crate::Param; 2] = [&owner, &rows];
    let removed = tx.execute_all(&REST.map(|sql| (sql, &own[..]))).await?;
    Ok(removed.iter().any(|rows| *rows > 0))
}

/// Removes the record of a finished removal. Returns the bytes that a deleted thread had stored, 0 for other owners.
/// `None` if another worker was first.
pub async fn end(tx: &mut Tx, owner: Uuid) -> Result<Option<i64>> {
    tx.query_opt("DELETE FROM removals WHERE owner_id = ?1 RETURNING stored_bytes", &[&owner]).await
}

/// Tables with rows of a thread beside its entries, of a deleted customer or webhook, and of a disabled webhook.
const REST: [&str; 11] = [
    "DELETE FROM origin_keys WHERE thread_id = ?1 AND (project_id, kind, scope, key) IN (
        SELECT k.project_id, k.kind, k.scope, k.key FROM origin_keys k WHERE k.thread_id = ?1 LIMIT ?2)",
    "DELETE FROM receipts WHERE message_id IN (SELECT r.message_id FROM receipts r WHERE r.thread_id = ?1 LIMIT ?2)",
    "DELETE FROM deliveries WHERE id IN (SELECT d.id FROM deliveries d WHERE d.thread_id = ?1 LIMIT ?2)",
    "DELETE FROM listed_marks WHERE thread_id = ?1 AND number IN (
        SELECT k.number FROM listed_marks k WHERE k.thread_id = ?1 LIMIT ?2)",
    "DELETE FROM tool_calls WHERE thread_id = ?1 AND call_id IN (
        SELECT k.call_id FROM tool_calls k WHERE k.thread_id = ?1 LIMIT ?2)",
    "DELETE FROM step_usage WHERE thread_id = ?1 AND (at, id) IN (
        SELECT s.at, s.id FROM step_usage s WHERE s.thread_id = ?1 ORDER BY s.at, s.id LIMIT ?2)",
    "DELETE FROM deltas WHERE thread_id = ?1 AND (seq, n) IN (
        SELECT d.seq, d.n FROM deltas d WHERE d.thread_id = ?1 ORDER BY d.seq, d.n LIMIT ?2)",
    "DELETE FROM external_turns WHERE turn_id IN (SELECT x.turn_id FROM external_turns x WHERE x.thread_id = ?1 LIMIT ?2)",
    "DELETE FROM thread_customers WHERE customer_id = ?1 AND thread_id IN (
        SELECT t.thread_id FROM thread_customers t WHERE t.customer_id = ?1
        AND NOT EXISTS (SELECT 1 FROM customers c WHERE c.id = t.customer_id) LIMIT ?2)",
    "DELETE FROM webhook_backlogs WHERE webhook_id = ?1 AND thread_id IN (
        SELECT b.thread_id FROM webhook_backlogs b WHERE b.webhook_id = ?1
        AND NOT EXISTS (SELECT 1 FROM webhooks w WHERE w.id = b.webhook_id AND w.disabled IS NULL) LIMIT ?2)",
    "DELETE FROM webhook_postings WHERE webhook_id = ?1 AND id IN (
        SELECT o.id FROM webhook_postings o WHERE o.webhook_id = ?1
        AND NOT EXISTS (SELECT 1 FROM webhooks w WHERE w.id = o.webhook_id) LIMIT ?2)",
];

/// Removes some of a thread's entries, with their turns. `false` if there are none.
async fn entries(tx: &mut Tx, thread: Uuid, rows: i64, bytes: i64) -> Result<bool> {
    let up_to: Option<Option<i64>> = tx
        .query_opt(
            "SELECT COALESCE(MAX(CASE WHEN s.total <= ?3 THEN s.seq END), MIN(s.seq)) FROM (
                SELECT l.seq, SUM(l.bytes) OVER (ORDER BY l.seq) AS total FROM (
                    SELECT seq, octet_length(data) + COALESCE(octet_length(body), 0) AS bytes
                    FROM events WHERE thread_id = ?1 ORDER BY seq LIMIT ?2
                ) AS l
             ) AS s",
            &[&thread, &rows, &bytes],
        )
        .await?;
    if let Some(up_to) = up_to.flatten() {
        tx.execute_all(&[
            (
                "DELETE FROM turns WHERE id IN (SELECT e.turn_id FROM events e WHERE e.thread_id = ?1 AND e.seq <= ?2)",
                &[&thread, &up_to],
            ),
            ("DELETE FROM blocks WHERE thread_id = ?1 AND seq <= ?2", &[&thread, &up_to]),
            ("DELETE FROM search_rows WHERE thread_id = ?1 AND seq <= ?2", &[&thread, &up_to]),
            ("DELETE FROM events WHERE thread_id = ?1 AND seq <= ?2", &[&thread, &up_to]),
        ])
        .await?;
        return Ok(true);
    }
    Ok(false)
}

/// Due removals with their projects, longest due first.
pub async fn due(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<(Uuid, ProjectId)>> {
    tx.query(
        "SELECT owner_id, project_id FROM removals WHERE due_at <= ?1 ORDER BY due_at, owner_id LIMIT ?2",
        &[&now, &limit],
    )
    .await
}

/// When the next removal is due.
pub async fn next_due(tx: &mut Tx) -> Result<Option<Timestamp>> {
    Ok(tx.query_opt::<Option<Timestamp>>("SELECT MIN(due_at) FROM removals", &[]).await?.flatten())
}

/// Reschedules a removal that failed.
pub async fn reschedule(tx: &mut Tx, owner: Uuid, due_at: Timestamp) -> Result<()> {
    tx.execute("UPDATE removals SET due_at = ?2 WHERE owner_id = ?1", &[&owner, &due_at]).await.map(drop)
}
