//! The secrets of agents' HTTP tools: one sealed text an agent.

use domain::{AgentId, ProjectId, Result, StoredSecret};

use crate::Tx;

/// Replaces the secrets of the agent's tools. Without secrets, the text is empty.
pub async fn save(tx: &mut Tx, project: ProjectId, agent: AgentId, secrets: &StoredSecret) -> Result<()> {
    tx.execute(
        "INSERT INTO tool_secrets (agent_id, project_id, secrets) VALUES (?1, ?2, ?3)
         ON CONFLICT (project_id, agent_id) DO UPDATE SET secrets = excluded.secrets",
        &[&agent, &project, secrets],
    )
    .await
    .map(drop)
}

pub async fn find(tx: &mut Tx, project: ProjectId, agent: AgentId) -> Result<Option<StoredSecret>> {
    tx.query_opt(
        "SELECT secrets FROM tool_secrets WHERE agent_id = ?1 AND project_id = ?2 AND secrets <> ''",
        &[&agent, &project],
    )
    .await
}
