//! Reminders: one timer for each thread.

use domain::{ProjectId, Result, ThreadId, Timestamp, reminder::Reminder};

use crate::{FromRow, Row, Tx};

impl FromRow for Reminder {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            thread: row.get(0)?,
            project: row.get(1)?,
            delay_s: row.get(2)?,
            number_left: row.get(3)?,
            due_at: row.get(4)?,
        })
    }
}

/// Sets the thread's timer. It replaces an earlier one.
pub async fn set(tx: &mut Tx, reminder: &Reminder) -> Result<()> {
    tx.execute(
        "INSERT INTO reminders (thread_id, project_id, delay_s, number_left, due_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (thread_id) DO UPDATE SET delay_s = ?3, number_left = ?4, due_at = ?5",
        &[&reminder.thread, &reminder.project, &reminder.delay_s, &reminder.number_left, &reminder.due_at],
    )
    .await
    .map(drop)
}

pub async fn clear(tx: &mut Tx, thread: ThreadId) -> Result<u64> {
    tx.execute("DELETE FROM reminders WHERE thread_id = ?1", &[&thread]).await
}

pub async fn find(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<Option<Reminder>> {
    tx.query_opt(
        "SELECT thread_id, project_id, delay_s, number_left, due_at FROM reminders WHERE thread_id = ?1 AND project_id = ?2",
        &[&thread, &project],
    )
    .await
}

/// Due reminders, longest due first. The list is a hint; the thread's row is the lock.
pub async fn due(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<Reminder>> {
    tx.query(
        "SELECT thread_id, project_id, delay_s, number_left, due_at FROM reminders WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2",
        &[&now, &limit],
    )
    .await
}

/// Reschedules a due timer.
pub async fn reschedule(tx: &mut Tx, thread: ThreadId, now: Timestamp, due_at: Timestamp) -> Result<u64> {
    tx.execute("UPDATE reminders SET due_at = ?3 WHERE thread_id = ?1 AND due_at <= ?2", &[&thread, &now, &due_at])
        .await
}

/// When the next reminder is due.
pub async fn next_due(tx: &mut Tx) -> Result<Option<Timestamp>> {
    let next: Option<Option<Timestamp>> = tx.query_opt("SELECT MIN(due_at) FROM reminders", &[]).await?;
    Ok(next.flatten())
}
