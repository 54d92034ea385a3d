//! The fit of a thread's transcript, one row for a thread that has outgrown a model's window.

use domain::{Result, ThreadId, fit::Fit};

use crate::{Json, Tx, json};

/// Replaces the thread's fit. The thread is locked.
pub async fn save(tx: &mut Tx, thread: ThreadId, fit: &Fit) -> Result<()> {
    tx.execute(
        "INSERT INTO fits (thread_id, fit) VALUES (?1, ?2) ON CONFLICT (thread_id) DO UPDATE SET fit = ?2",
        &[&thread, &json(fit)?],
    )
    .await
    .map(drop)
}

/// The thread's fit, `None` while all of the thread is read, and the first entry about people that models read.
pub async fn find(tx: &mut Tx, thread: ThreadId) -> Result<(Option<Fit>, Option<i64>)> {
    let sql = "SELECT f.fit, t.people_seq FROM threads t LEFT JOIN fits f ON f.thread_id = t.id WHERE t.id = ?1";
    let found: Option<(Option<Json<Fit>>, Option<i64>)> = tx.query_opt(sql, &[&thread]).await?;
    let (fit, people_seq) = found.unwrap_or_default();
    Ok((fit.map(|fit| fit.0), people_seq))
}
