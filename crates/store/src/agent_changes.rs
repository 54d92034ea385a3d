//! Changes of agents: who made them, and the agents as they were before.

use domain::{AgentId, KeyId, MemberId, ProjectId, Result, Timestamp, agent::Settings};
use uuid::Uuid;

use crate::{FromRow, Json, Row, Tx, json};

/// A change of an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub id: Uuid,
    pub project: ProjectId,
    pub agent: AgentId,
    /// The key that made the change. Nil for a member who was signed in.
    pub key: KeyId,
    pub member: Option<MemberId>,
    pub at: Timestamp,
    /// The agent before the change.
    pub before: Before,
}

/// An agent as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    pub name: String,
    pub archived: bool,
    pub settings: Settings,
}

impl FromRow for Change {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let archived = row.get::<i64>(7)? == 1;
        let before = Before { name: row.get(6)?, archived, settings: row.get::<Json<_>>(8)?.0 };
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            agent: row.get(2)?,
            key: row.get(3)?,
            member: row.get(4)?,
            at: row.get(5)?,
            before,
        })
    }
}

pub async fn insert(tx: &mut Tx, change: &Change) -> Result<()> {
    let Before { name, archived, settings } = &change.before;
    tx.execute(
        "INSERT INTO agent_changes (id, project_id, agent_id, key_id, member_id, at, name, archived, settings)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        &[
            &change.id,
            &change.project,
            &change.agent,
            &change.key,
            &change.member,
            &change.at,
            name,
            &i64::from(*archived),
            &json(settings)?,
        ],
    )
    .await
    .map(drop)
}

/// Forgets all changes of the agent but the newest ones.
pub async fn keep(tx: &mut Tx, project: ProjectId, agent: AgentId, most: i64) -> Result<u64> {
    tx.execute(
        "DELETE FROM agent_changes WHERE project_id = ?1 AND agent_id = ?2 AND id NOT IN (
             SELECT id FROM agent_changes WHERE project_id = ?1 AND agent_id = ?2 ORDER BY id DESC LIMIT ?3)",
        &[&project, &agent, &most],
    )
    .await
}

/// The changes of the agent, newest first.
pub async fn list(tx: &mut Tx, project: ProjectId, agent: AgentId, limit: i64) -> Result<Vec<Change>> {
    tx.query(
        "SELECT id, project_id, agent_id, key_id, member_id, at, name, archived, settings FROM agent_changes
         WHERE project_id = ?1 AND agent_id = ?2 ORDER BY id DESC LIMIT ?3",
        &[&project, &agent, &limit],
    )
    .await
}
