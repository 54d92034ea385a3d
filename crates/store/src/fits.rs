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

/// The thread's fit. `None` while all of the thread is read.
pub async fn find(tx: &mut Tx, thread: ThreadId) -> Result<Option<Fit>> {
    let found: Option<Json<Fit>> = tx.query_opt("SELECT fit FROM fits WHERE thread_id = ?1", &[&thread]).await?;
    Ok(found.map(|fit| fit.0))
}
