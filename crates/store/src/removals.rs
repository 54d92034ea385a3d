//! Deleted threads of which something is left: nobody sees them, and a service removes the rest step by step.

use domain::{ProjectId, Result, ThreadId, Timestamp};

use crate::{Tx, stored};

/// Deletes the thread, which is locked, as far as anybody can see: its head and its open turns are gone, and what else is bounded.
/// Its log and what hangs on single messages are left to [`step`]. Attachments stay, they are the project's. It gives back how many
/// bytes it has stored.
pub async fn begin(tx: &mut Tx, project: ProjectId, thread: ThreadId, now: Timestamp) -> Result<i64> {
    let stored = stored::of_thread(tx, thread).await?.unwrap_or(0);
    tx.execute_all(&[
        (
            "INSERT INTO removals (thread_id, project_id, due_at, stored_bytes) VALUES (?1, ?2, ?3, ?4)",
            &[&thread, &project, &now, &stored],
        ),
        ("DELETE FROM turns WHERE thread_id = ?1 AND ended_at IS NULL", &[&thread]),
        ("DELETE FROM forks WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM reminders WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM thread_customers WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM thread_tags WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM windows WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM thread_variables WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM thread_overrides WHERE thread_id = ?1", &[&thread]),
        ("DELETE FROM extras WHERE owner_id = ?1 AND project_id = ?2", &[&thread, &project]),
        ("DELETE FROM threads WHERE id = ?1", &[&thread]),
    ])
    .await?;
    Ok(stored)
}

/// Removes some of what is left of the thread: no more than `rows` rows of a table, and of entries no more than have `bytes` in
/// all, but one at least. `false` once nothing is left: then [`end`] it.
pub async fn step(tx: &mut Tx, thread: ThreadId, rows: i64, bytes: i64) -> Result<bool> {
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
            ("DELETE FROM events WHERE thread_id = ?1 AND seq <= ?2", &[&thread, &up_to]),
        ])
        .await?;
        return Ok(true);
    }
    let removed = tx
        .execute_all(&[
            (
                "DELETE FROM origin_keys WHERE thread_id = ?1 AND (project_id, kind, scope, key) IN (
                    SELECT k.project_id, k.kind, k.scope, k.key FROM origin_keys k WHERE k.thread_id = ?1 LIMIT ?2)",
                &[&thread, &rows],
            ),
            (
                "DELETE FROM receipts WHERE message_id IN (
                    SELECT r.message_id FROM receipts r WHERE r.thread_id = ?1 LIMIT ?2)",
                &[&thread, &rows],
            ),
            (
                "DELETE FROM deliveries WHERE id IN (SELECT d.id FROM deliveries d WHERE d.thread_id = ?1 LIMIT ?2)",
                &[&thread, &rows],
            ),
            (
                "DELETE FROM listed_marks WHERE thread_id = ?1 AND number IN (
                    SELECT k.number FROM listed_marks k WHERE k.thread_id = ?1 LIMIT ?2)",
                &[&thread, &rows],
            ),
            (
                "DELETE FROM tool_calls WHERE thread_id = ?1 AND call_id IN (
                    SELECT k.call_id FROM tool_calls k WHERE k.thread_id = ?1 LIMIT ?2)",
                &[&thread, &rows],
            ),
            (
                "DELETE FROM deltas WHERE thread_id = ?1 AND (seq, n) IN (
                    SELECT d.seq, d.n FROM deltas d WHERE d.thread_id = ?1 ORDER BY d.seq, d.n LIMIT ?2)",
                &[&thread, &rows],
            ),
        ])
        .await?;
    Ok(removed.iter().any(|rows| *rows > 0))
}

/// Forgets a deleted thread of which nothing is left. How many bytes it had stored; `None` if another has forgotten it.
pub async fn end(tx: &mut Tx, thread: ThreadId) -> Result<Option<i64>> {
    tx.query_opt("DELETE FROM removals WHERE thread_id = ?1 RETURNING stored_bytes", &[&thread]).await
}

/// Deleted threads with their projects that are due, longest due first.
pub async fn due(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<(ThreadId, ProjectId)>> {
    tx.query(
        "SELECT thread_id, project_id FROM removals WHERE due_at <= ?1 ORDER BY due_at, thread_id LIMIT ?2",
        &[&now, &limit],
    )
    .await
}

/// When the next one is due.
pub async fn next_due(tx: &mut Tx) -> Result<Option<Timestamp>> {
    Ok(tx.query_opt::<Option<Timestamp>>("SELECT MIN(due_at) FROM removals", &[]).await?.flatten())
}

/// Goes on with a thread that has failed later.
pub async fn put_off(tx: &mut Tx, thread: ThreadId, due_at: Timestamp) -> Result<()> {
    tx.execute("UPDATE removals SET due_at = ?2 WHERE thread_id = ?1", &[&thread, &due_at]).await.map(drop)
}
