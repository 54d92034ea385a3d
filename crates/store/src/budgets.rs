//! Budgets of projects, keys and customers, and what nodes have drawn from all budgets.

use domain::{
    AgentId, CustomerId, KeyId, ProjectId, Result, ThreadId, Timestamp,
    agent::Guests,
    budget::{Budget, Meter, Owner},
};
use serde::Deserialize;
use uuid::Uuid;

use crate::{FromRow, Json, Row, Tx, json, word};

/// The budgets in a column that may be null.
pub(crate) fn read(row: &Row<'_>, column: usize) -> Result<Vec<Budget>> {
    Ok(row.get::<Option<Json<_>>>(column)?.map_or_else(Vec::new, |budgets| budgets.0))
}

/// Null for no budgets.
fn written(budgets: &[Budget]) -> Result<Option<String>> {
    (!budgets.is_empty()).then(|| json(&budgets)).transpose()
}

/// Replaces the project's budgets. `false` without such a project.
pub async fn set_of_project(tx: &mut Tx, project: ProjectId, budgets: &[Budget]) -> Result<bool> {
    let text = written(budgets)?;
    let rows = tx.execute("UPDATE projects SET budgets = ?2 WHERE id = ?1", &[&project, &text]).await?;
    note(tx, project, budgets).await.map(|()| rows == 1)
}

/// Replaces the key's budgets. `false` without such a key.
pub async fn set_of_key(tx: &mut Tx, project: ProjectId, key: KeyId, budgets: &[Budget]) -> Result<bool> {
    let text = written(budgets)?;
    let sql = "UPDATE keys SET budgets = ?3 WHERE id = ?2 AND project_id = ?1";
    let rows = tx.execute(sql, &[&project, &key, &text]).await?;
    note(tx, project, budgets).await.map(|()| rows == 1)
}

/// Replaces the customer's budgets. `false` without such a customer.
pub async fn set_of_customer(tx: &mut Tx, project: ProjectId, id: CustomerId, budgets: &[Budget]) -> Result<bool> {
    let text = written(budgets)?;
    let sql = "UPDATE customers SET budgets = ?3 WHERE id = ?2 AND project_id = ?1";
    let rows = tx.execute(sql, &[&project, &id, &text]).await?;
    note(tx, project, budgets).await.map(|()| rows == 1)
}

/// Records that somebody of the project has a budget, so that turns ask for it.
async fn note(tx: &mut Tx, project: ProjectId, budgets: &[Budget]) -> Result<()> {
    if !budgets.is_empty() {
        tx.execute("UPDATE projects SET budgeted = TRUE WHERE id = ?1 AND NOT budgeted", &[&project]).await?;
    }
    Ok(())
}

/// The side that a turn belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Payers {
    pub project: ProjectId,
    pub agent: AgentId,
    pub thread: ThreadId,
    pub key: Option<KeyId>,
    pub customer: Option<CustomerId>,
    /// True if a guest wrote the turn's first message.
    pub is_guest: bool,
}

/// The present budgets that hold for a turn, each with its owner.
pub async fn of_turn(tx: &mut Tx, payers: Payers) -> Result<Vec<(Owner, Uuid, Budget)>> {
    let Payers { project, agent, thread, key, customer, is_guest } = payers;
    let found: Vec<Found> = tx
        .query(
            "SELECT 'project', id, budgets FROM projects WHERE id = ?1 AND budgets IS NOT NULL
             UNION ALL SELECT 'agent', id, settings FROM agents WHERE id = ?2 AND project_id = ?1
             UNION ALL SELECT 'thread', thread_id, overrides FROM thread_overrides
                 WHERE thread_id = ?3 AND project_id = ?1
             UNION ALL SELECT 'key', id, budgets FROM keys WHERE id = ?4 AND project_id = ?1 AND budgets IS NOT NULL
             UNION ALL SELECT 'customer', id, budgets FROM customers
                 WHERE id = ?5 AND project_id = ?1 AND budgets IS NOT NULL",
            &[&project, &agent, &thread, &key, &customer],
        )
        .await?;
    let mut all = Vec::new();
    for Found { owner, id, budgets, guests } in found {
        all.extend(budgets.into_iter().map(|budget| (owner, id, budget)));
        all.extend(guests.into_iter().filter(|_| is_guest).map(|budget| (Owner::Guest, thread.0, budget)));
    }
    Ok(all)
}

struct Found {
    owner: Owner,
    id: Uuid,
    budgets: Vec<Budget>,
    guests: Vec<Budget>,
}

/// The budgets within the settings of an agent or a thread.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Within {
    budgets: Vec<Budget>,
    guests: Option<Guests>,
}

impl FromRow for Found {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (owner, id) = (word(row, 0, Owner::parse)?, row.get(1)?);
        Ok(match owner {
            Owner::Agent | Owner::Thread => {
                let Within { budgets, guests } = row.get::<Json<Within>>(2)?.0;
                Self { owner, id, budgets, guests: guests.unwrap_or_default().budgets }
            }
            _ => Self { owner, id, budgets: row.get::<Json<_>>(2)?.0, guests: Vec::new() },
        })
    }
}

/// What all nodes have drawn in the meter's period so far. The row is locked until the transaction ends, and made if it
/// is missing.
pub async fn lock(tx: &mut Tx, project: ProjectId, meter: &Meter, ends_at: Timestamp) -> Result<i64> {
    let drawn = tx
        .query_opt(
            "INSERT INTO budget_draws AS d (project_id, owner, owner_id, per, unit, span, drawn, ends_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7)
             ON CONFLICT (project_id, owner, owner_id, per, unit, span) DO UPDATE SET ends_at = excluded.ends_at
             RETURNING drawn",
            &[
                &project,
                &meter.owner.as_str(),
                &meter.id,
                &meter.per.as_str(),
                &meter.unit.as_str(),
                &meter.span,
                &ends_at,
            ],
        )
        .await?;
    Ok(drawn.unwrap_or(0))
}

/// Adds to what is drawn. A negative amount is given back.
pub async fn draw(tx: &mut Tx, project: ProjectId, meter: &Meter, amount: i64) -> Result<u64> {
    tx.execute(
        "UPDATE budget_draws SET drawn = drawn + ?7 WHERE project_id = ?1 AND owner = ?2 AND owner_id = ?3
         AND per = ?4 AND unit = ?5 AND span = ?6",
        &[&project, &meter.owner.as_str(), &meter.id, &meter.per.as_str(), &meter.unit.as_str(), &meter.span, &amount],
    )
    .await
}

/// Records that the end of the budget was told. `false` if it was told before.
pub async fn alert(tx: &mut Tx, project: ProjectId, meter: &Meter) -> Result<bool> {
    let rows = tx
        .execute(
            "UPDATE budget_draws SET alerted = TRUE WHERE project_id = ?1 AND owner = ?2 AND owner_id = ?3
             AND per = ?4 AND unit = ?5 AND span = ?6 AND NOT alerted",
            &[&project, &meter.owner.as_str(), &meter.id, &meter.per.as_str(), &meter.unit.as_str(), &meter.span],
        )
        .await?;
    Ok(rows == 1)
}

/// Removes at most `limit` rows of periods that are over. The row of a turn stays while the turn is open.
pub async fn remove_ended(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<u64> {
    tx.execute(
        "DELETE FROM budget_draws WHERE (project_id, owner, owner_id, per, unit, span) IN (
             SELECT d.project_id, d.owner, d.owner_id, d.per, d.unit, d.span FROM budget_draws d
             WHERE d.ends_at <= ?1 AND NOT EXISTS (
                 SELECT 1 FROM turns t WHERE t.id = d.owner_id AND d.per = 'turn' AND t.ended_at IS NULL)
             LIMIT ?2)",
        &[&now, &limit],
    )
    .await
}
