//! Overrides: settings of a thread that replace or extend its agent's.

use domain::{ProjectId, Result, ThreadId, overrides::Overrides};

use crate::{Json, Tx, json};

/// Replaces the overrides of the thread.
pub async fn save(tx: &mut Tx, project: ProjectId, thread: ThreadId, overrides: &Overrides) -> Result<()> {
    let overrides = json(overrides)?;
    tx.execute(
        "INSERT INTO thread_overrides (thread_id, project_id, overrides) VALUES (?1, ?2, ?3)
         ON CONFLICT (thread_id) DO UPDATE SET overrides = excluded.overrides",
        &[&thread, &project, &overrides],
    )
    .await
    .map(drop)
}

pub async fn find(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<Option<Overrides>> {
    let found: Option<Json<Overrides>> = tx
        .query_opt(
            "SELECT overrides FROM thread_overrides WHERE thread_id = ?1 AND project_id = ?2",
            &[&thread, &project],
        )
        .await?;
    Ok(found.map(|found| found.0))
}
