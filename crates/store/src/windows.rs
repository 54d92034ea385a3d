//! Inactivity windows: the times at which to check threads.

use domain::{ProjectId, Result, ThreadId, Timestamp};

use crate::Tx;

/// `false` if a check of the thread is already scheduled.
pub async fn insert(tx: &mut Tx, project: ProjectId, thread: ThreadId, due_at: Timestamp) -> Result<bool> {
    let rows = tx
        .execute(
            "INSERT INTO windows (thread_id, project_id, due_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            &[&thread, &project, &due_at],
        )
        .await?;
    Ok(rows == 1)
}

/// Schedules the check earlier, if `at` is earlier.
pub async fn bring_forward(tx: &mut Tx, project: ProjectId, thread: ThreadId, due_at: Timestamp) -> Result<u64> {
    tx.execute(
        "UPDATE windows SET due_at = ?3 WHERE thread_id = ?1 AND project_id = ?2 AND due_at > ?3",
        &[&thread, &project, &due_at],
    )
    .await
}

/// Reschedules the check.
pub async fn reschedule(tx: &mut Tx, project: ProjectId, thread: ThreadId, due_at: Timestamp) -> Result<u64> {
    tx.execute("UPDATE windows SET due_at = ?3 WHERE thread_id = ?1 AND project_id = ?2", &[&thread, &project, &due_at])
        .await
}

pub async fn clear(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<u64> {
    tx.execute("DELETE FROM windows WHERE thread_id = ?1 AND project_id = ?2", &[&thread, &project]).await
}

/// Threads to check now, longest due first. The list is a hint; the thread's row is the lock.
pub async fn due(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<(ThreadId, ProjectId)>> {
    tx.query("SELECT thread_id, project_id FROM windows WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2", &[&now, &limit])
        .await
}

/// When the next check is due.
pub async fn next_due(tx: &mut Tx) -> Result<Option<Timestamp>> {
    let next: Option<Option<Timestamp>> = tx.query_opt("SELECT MIN(due_at) FROM windows", &[]).await?;
    Ok(next.flatten())
}
