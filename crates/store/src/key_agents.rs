//! The external agents whose program has a key.

use domain::{AgentId, KeyId, ProjectId, Result};

use crate::Tx;

pub async fn insert(tx: &mut Tx, project: ProjectId, key: KeyId, agent: AgentId) -> Result<()> {
    tx.execute(
        "INSERT INTO key_agents (key_id, agent_id, project_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        &[&key, &agent, &project],
    )
    .await
    .map(drop)
}

/// The key's agents, oldest first.
pub async fn of_key(tx: &mut Tx, project: ProjectId, key: KeyId) -> Result<Vec<AgentId>> {
    tx.query(
        "SELECT agent_id FROM key_agents WHERE key_id = ?1 AND project_id = ?2 ORDER BY agent_id",
        &[&key, &project],
    )
    .await
}

/// Tells whether the key is for the agent.
pub async fn has(tx: &mut Tx, project: ProjectId, key: KeyId, agent: AgentId) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM key_agents WHERE key_id = ?1 AND project_id = ?2 AND agent_id = ?3)";
    Ok(tx.query_opt(sql, &[&key, &project, &agent]).await?.unwrap_or(false))
}
