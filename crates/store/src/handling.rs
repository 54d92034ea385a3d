//! Threads by who speaks in them: silent ones whose time is over, and those of members who are gone.

use domain::{MemberId, ProjectId, Result, ThreadId, Timestamp};

use crate::Tx;

/// Threads whose agents are silent until now at the latest, longest due first. The list is a hint; the thread's row is
/// the lock.
pub async fn due(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<(ThreadId, ProjectId)>> {
    tx.query(
        "SELECT id, project_id FROM threads WHERE silent_until IS NOT NULL AND silent_until <= ?1
         ORDER BY silent_until LIMIT ?2",
        &[&now, &limit],
    )
    .await
}

/// When the next silence ends.
pub async fn next_due(tx: &mut Tx) -> Result<Option<Timestamp>> {
    let sql = "SELECT MIN(silent_until) FROM threads WHERE silent_until IS NOT NULL";
    let next: Option<Option<Timestamp>> = tx.query_opt(sql, &[]).await?;
    Ok(next.flatten())
}

/// Ends a silence later, without reading the rest of its row, which may be unreadable.
pub async fn reschedule(
    tx: &mut Tx,
    project: ProjectId,
    thread: ThreadId,
    now: Timestamp,
    later: Timestamp,
) -> Result<u64> {
    tx.execute(
        "UPDATE threads SET silent_until = ?4 WHERE id = ?1 AND project_id = ?2 AND silent_until <= ?3",
        &[&thread, &project, &now, &later],
    )
    .await
}

/// Threads that are assigned to members who are gone, each with its former assignee.
pub async fn orphaned(tx: &mut Tx, limit: i64) -> Result<Vec<(ThreadId, ProjectId, MemberId)>> {
    tx.query(
        "SELECT t.id, t.project_id, t.assignee_id FROM threads t WHERE t.assignee_id IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM members m WHERE m.id = t.assignee_id) LIMIT ?1",
        &[&limit],
    )
    .await
}
