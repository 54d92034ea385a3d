//! Agents.

use domain::{AgentId, GuestId, ProjectId, Result, ThreadId, agent::Agent, overrides::Overrides};

use crate::{Bound, Fitted, FromRow, Json, Row, Tx, fitting, json};

macro_rules! columns {
    () => {
        "id, project_id, number, name, settings, created_at, updated_at, archived_at, guest_id"
    };
}

/// An agent with the overrides of one thread, and whether budgets beside its own may hold.
struct InThread(Agent, Option<Overrides>, bool);

impl FromRow for InThread {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let overrides = row.get::<Option<Json<_>>>(9)?.map(|overrides| overrides.0);
        Ok(Self(Agent::from_row(row)?, overrides, row.get(10)?))
    }
}

impl FromRow for Agent {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            number: row.get(2)?,
            name: row.get(3)?,
            settings: row.get::<Json<_>>(4)?.0,
            created_at: row.get(5)?,
            updated_at: row.get(6)?,
            archived_at: row.get(7)?,
            guest_id: row.get(8)?,
        })
    }
}

/// `false` if the project has an agent with this name or number, or the installation has one with this guest id.
pub async fn insert(tx: &mut Tx, agent: &Agent) -> Result<bool> {
    let settings = json(&agent.settings)?;
    let rows = tx
        .execute(
            concat!(
                "INSERT INTO agents (",
                columns!(),
                ", lets_guests_in) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING"
            ),
            &[
                &agent.id,
                &agent.project,
                &agent.number,
                &agent.name,
                &settings,
                &agent.created_at,
                &agent.updated_at,
                &agent.archived_at,
                &agent.guest_id,
                &agent.settings.guests.is_some(),
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// Writes name, settings, archival and guest id. `false` if another agent has the name.
pub async fn save(tx: &mut Tx, agent: &Agent) -> Result<bool> {
    let settings = json(&agent.settings)?;
    let rows = tx
        .execute(
            "UPDATE agents SET name = ?3, settings = ?4, updated_at = ?5, archived_at = ?6, guest_id = ?7, lets_guests_in = ?8
             WHERE id = ?1 AND project_id = ?2
             AND NOT EXISTS (SELECT 1 FROM agents o WHERE o.project_id = ?2 AND o.name = ?3 AND o.id <> ?1)",
            &[
                &agent.id,
                &agent.project,
                &agent.name,
                &settings,
                &agent.updated_at,
                &agent.archived_at,
                &agent.guest_id,
                &agent.settings.guests.is_some(),
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// The highest number that an agent of the project has.
pub async fn last_number(tx: &mut Tx, project: ProjectId) -> Result<i64> {
    let last: Option<Option<i64>> =
        tx.query_opt("SELECT MAX(number) FROM agents WHERE project_id = ?1", &[&project]).await?;
    Ok(last.flatten().unwrap_or(0))
}

pub async fn find(tx: &mut Tx, project: ProjectId, id: AgentId) -> Result<Option<Agent>> {
    tx.query_opt(concat!("SELECT ", columns!(), " FROM agents WHERE id = ?1 AND project_id = ?2"), &[&id, &project])
        .await
}

/// The agent with this guest id, in any project. Takes no project, because a caller without a key knows only this id.
pub async fn find_for_guests(tx: &mut Tx, id: GuestId) -> Result<Option<Agent>> {
    tx.query_opt(concat!("SELECT ", columns!(), " FROM agents WHERE guest_id = ?1"), &[&id]).await
}

/// The agent of a thread, with the overrides that the thread has of the agent's settings.
pub async fn of_thread(tx: &mut Tx, project: ProjectId, id: AgentId, thread: ThreadId) -> Result<Option<Agent>> {
    let found: Option<InThread> = tx
        .query_opt(
            "SELECT a.id, a.project_id, a.number, a.name, a.settings, a.created_at, a.updated_at, a.archived_at, a.guest_id, o.overrides,
                 COALESCE(p.budgeted, FALSE)
             FROM agents a LEFT JOIN projects p ON p.id = a.project_id LEFT JOIN thread_overrides o ON o.thread_id = ?3
             WHERE a.id = ?1 AND a.project_id = ?2",
            &[&id, &project, &thread],
        )
        .await?;
    Ok(found.map(|InThread(mut agent, overrides, is_budgeted)| {
        agent.settings.is_budgeted = is_budgeted;
        if let Some(overrides) = overrides {
            overrides.apply(&mut agent.settings);
        }
        agent
    }))
}

pub async fn find_by_name(tx: &mut Tx, project: ProjectId, name: &str) -> Result<Option<Agent>> {
    tx.query_opt(concat!("SELECT ", columns!(), " FROM agents WHERE project_id = ?1 AND name = ?2"), &[&project, &name])
        .await
}

/// Agents of a project, without archived ones unless asked for, oldest first.
pub async fn list(
    tx: &mut Tx,
    project: ProjectId,
    archived: bool,
    after: Option<AgentId>,
    bound: Bound,
) -> Result<Fitted<Agent>> {
    let sql = fitting!(
        "?4",
        "octet_length(w.settings)",
        "id",
        "SELECT ",
        columns!(),
        " FROM agents WHERE project_id = ?1 AND (id > ?2 OR ?2 IS NULL)
          AND (archived_at IS NULL OR CAST(?3 AS BIGINT) = 1) ORDER BY id LIMIT ?5"
    );
    tx.query_fitting(sql, &[&project, &after, &i64::from(archived), &bound.bytes, &bound.asked()], bound).await
}
