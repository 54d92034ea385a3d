//! Forks that are copied step by step. The new thread belongs to no project until the last step. Every statement takes
//! the project, so nobody sees the unfinished thread.

use domain::{ProjectId, Result, ThreadId, Timestamp};
use uuid::Uuid;

use crate::{
    FromRow, Row, Tx,
    search::{self, Doc},
};

/// The project of an unfinished fork.
pub const NOBODY: ProjectId = ProjectId(Uuid::nil());

/// The progress of a fork.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The new thread.
    pub thread: ThreadId,
    /// The project that will own the new thread.
    pub project: ProjectId,
    /// The source thread, and its newest entry at the time of the fork.
    pub from: ThreadId,
    pub last_seq: i64,
    /// The last entry that is copied.
    pub copied_seq: i64,
}

impl FromRow for Fork {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            thread: row.get(0)?,
            project: row.get(1)?,
            from: row.get(2)?,
            last_seq: row.get(3)?,
            copied_seq: row.get(4)?,
        })
    }
}

/// Stores a fork that takes several steps. Another worker may continue it from `due_at`.
pub async fn insert(tx: &mut Tx, fork: &Fork, due_at: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO forks (thread_id, project_id, from_id, last_seq, copied_seq, due_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &[&fork.thread, &fork.project, &fork.from, &fork.last_seq, &fork.copied_seq, &due_at],
    )
    .await
    .map(drop)
}

/// Locks the fork. `None` if it is complete or was given up.
pub async fn lock(tx: &mut Tx, thread: ThreadId) -> Result<Option<Fork>> {
    tx.query_opt(
        "SELECT thread_id, project_id, from_id, last_seq, copied_seq FROM forks WHERE thread_id = ?1 /*pg FOR UPDATE */",
        &[&thread],
    )
    .await
}

/// Stores the progress of the fork.
pub async fn advance(tx: &mut Tx, thread: ThreadId, copied_seq: i64, due_at: Timestamp) -> Result<()> {
    tx.execute("UPDATE forks SET copied_seq = ?2, due_at = ?3 WHERE thread_id = ?1", &[&thread, &copied_seq, &due_at])
        .await
        .map(drop)
}

/// Gives the complete thread, which is locked, to its project. Titles of the project may already be indexed beyond the
/// thread's id.
pub async fn show(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<()> {
    search::note_late(tx, project, &[Doc::title(thread)]).await?;
    tx.execute_all(&[
        ("UPDATE threads SET project_id = ?2 WHERE id = ?1", &[&thread, &project]),
        ("DELETE FROM forks WHERE thread_id = ?1", &[&thread]),
    ])
    .await
    .map(drop)
}

/// Due forks with their projects, longest due first.
pub async fn due(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<(ThreadId, ProjectId)>> {
    tx.query(
        "SELECT thread_id, project_id FROM forks WHERE due_at <= ?1 ORDER BY due_at, thread_id LIMIT ?2",
        &[&now, &limit],
    )
    .await
}

/// When the next fork is due.
pub async fn next_due(tx: &mut Tx) -> Result<Option<Timestamp>> {
    Ok(tx.query_opt::<Option<Timestamp>>("SELECT MIN(due_at) FROM forks", &[]).await?.flatten())
}

/// Reschedules a fork that failed.
pub async fn reschedule(tx: &mut Tx, thread: ThreadId, due_at: Timestamp) -> Result<()> {
    tx.execute("UPDATE forks SET due_at = ?2 WHERE thread_id = ?1", &[&thread, &due_at]).await.map(drop)
}

/// Makes all forks due now. No other process makes forks on this folder.
pub async fn bring_forward(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    tx.execute("UPDATE forks SET due_at = ?1 WHERE due_at > ?1", &[&now]).await
}
