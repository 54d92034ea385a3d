//! Extras: settings of an agent or a thread that are stored without effect. `owner` is the agent's or the thread's id.
//! The text is a JSON object, or the sealed text of one.

use domain::{ProjectId, Result, StoredSecret};
use uuid::Uuid;

use crate::Tx;

/// Replaces the owner's extras.
pub async fn save(tx: &mut Tx, project: ProjectId, owner: Uuid, extras: &StoredSecret) -> Result<()> {
    tx.execute(
        "INSERT INTO extras (owner_id, project_id, extras) VALUES (?1, ?2, ?3)
         ON CONFLICT (project_id, owner_id) DO UPDATE SET extras = excluded.extras",
        &[&owner, &project, extras],
    )
    .await
    .map(drop)
}

pub async fn find(tx: &mut Tx, project: ProjectId, owner: Uuid) -> Result<Option<StoredSecret>> {
    tx.query_opt("SELECT extras FROM extras WHERE owner_id = ?1 AND project_id = ?2", &[&owner, &project]).await
}
