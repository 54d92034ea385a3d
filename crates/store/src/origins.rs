//! Web origins whose pages may send requests to a project or to one of its agents.

use domain::{ProjectId, Result};
use uuid::Uuid;

use crate::Tx;

/// `owner` is a project or an agent.
pub async fn add(tx: &mut Tx, project: ProjectId, owner: Uuid, origin: &str) -> Result<()> {
    tx.execute(
        "INSERT INTO origins (owner_id, origin, project_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        &[&owner, &origin, &project],
    )
    .await
    .map(drop)
}

/// Removes all origins of the owner.
pub async fn clear(tx: &mut Tx, project: ProjectId, owner: Uuid) -> Result<u64> {
    tx.execute("DELETE FROM origins WHERE owner_id = ?1 AND project_id = ?2", &[&owner, &project]).await
}

/// The owner's origins, in alphabetical order.
pub async fn list(tx: &mut Tx, project: ProjectId, owner: Uuid) -> Result<Vec<String>> {
    tx.query("SELECT origin FROM origins WHERE owner_id = ?1 AND project_id = ?2 ORDER BY origin", &[&owner, &project])
        .await
}

/// Tells whether anybody on the installation has the origin. Takes no project, because a preflight request has neither
/// key nor body.
pub async fn any(tx: &mut Tx, origin: &str) -> Result<bool> {
    let any = tx.query_opt("SELECT EXISTS (SELECT 1 FROM origins WHERE origin = ?1)", &[&origin]).await?;
    Ok(any.unwrap_or(false))
}
