//! Variables: a thread's values for the placeholders in its agent's instructions.

use domain::{ProjectId, Result, ThreadId, variables::Variables};

use crate::{Json, Tx, json};

/// Replaces the thread's variables.
pub async fn set(tx: &mut Tx, project: ProjectId, thread: ThreadId, variables: &Variables) -> Result<()> {
    tx.execute(
        "INSERT INTO thread_variables (thread_id, project_id, variables) VALUES (?1, ?2, ?3)
         ON CONFLICT (thread_id) DO UPDATE SET variables = ?3",
        &[&thread, &project, &json(variables)?],
    )
    .await
    .map(drop)
}

/// The thread's variables. Empty if none were set.
pub async fn of_thread(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<Variables> {
    let found: Option<Json<Variables>> = tx
        .query_opt(
            "SELECT variables FROM thread_variables WHERE thread_id = ?1 AND project_id = ?2",
            &[&thread, &project],
        )
        .await?;
    Ok(found.map(|variables| variables.0).unwrap_or_default())
}
