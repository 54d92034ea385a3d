//! Turns of external agents, beside their rows in the turns. Each is read and written under its thread's lock.

use domain::{
    AgentId, ProjectId, Result, ThreadId, Timestamp, TurnId,
    external::{Answer, External, Pushing},
};

use crate::{FromRow, Json, Row, Tx, json};

macro_rules! columns {
    () => {
        "turn_id, project_id, agent_id, thread_id, offered_at, alarm_at, attempt, n, fingerprint, answer, progress, push_at,
         push_tries, push_since"
    };
}

impl FromRow for External {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            turn: row.get(0)?,
            project: row.get(1)?,
            agent: row.get(2)?,
            thread: row.get(3)?,
            offered_at: row.get(4)?,
            alarm_at: row.get(5)?,
            attempt: row.get(6)?,
            n: row.get(7)?,
            fingerprint: row.get(8)?,
            answer: row.get::<Option<Json<Answer>>>(9)?.map(|answer| answer.0),
            progress: row.get::<Json<_>>(10)?.0,
            pushing: Pushing { at: row.get(11)?, tries: row.get(12)?, since: row.get(13)? },
        })
    }
}

/// Writes the row of a turn, new or changed.
pub async fn save(tx: &mut Tx, row: &External) -> Result<()> {
    let answer = row.answer.as_ref().map(json).transpose()?;
    tx.execute(
        concat!(
            "INSERT INTO external_turns (",
            columns!(),
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT (turn_id) DO UPDATE SET
             offered_at = excluded.offered_at, alarm_at = excluded.alarm_at, attempt = excluded.attempt,
             n = excluded.n, fingerprint = excluded.fingerprint, answer = excluded.answer, progress = excluded.progress,
             push_at = excluded.push_at, push_tries = excluded.push_tries, push_since = excluded.push_since"
        ),
        &[
            &row.turn,
            &row.project,
            &row.agent,
            &row.thread,
            &row.offered_at,
            &row.alarm_at,
            &row.attempt,
            &row.n,
            &row.fingerprint,
            &answer,
            &json(&row.progress)?,
            &row.pushing.at,
            &row.pushing.tries,
            &row.pushing.since,
        ],
    )
    .await
    .map(drop)
}

pub async fn find(tx: &mut Tx, project: ProjectId, turn: TurnId) -> Result<Option<External>> {
    tx.query_opt(
        concat!("SELECT ", columns!(), " FROM external_turns WHERE turn_id = ?1 AND project_id = ?2"),
        &[&turn, &project],
    )
    .await
}

pub async fn delete(tx: &mut Tx, project: ProjectId, turn: TurnId) -> Result<()> {
    tx.execute("DELETE FROM external_turns WHERE turn_id = ?1 AND project_id = ?2", &[&turn, &project]).await.map(drop)
}

/// A turn, the time since which it is offered, and its thread.
pub struct Offered(pub TurnId, pub Timestamp, pub ThreadId);

impl FromRow for Offered {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(row.get(0)?, row.get(1)?, row.get(2)?))
    }
}

/// Turns of an agent that a program may claim, longest offered first. The list is a hint; the thread's row is the lock.
pub async fn offered(tx: &mut Tx, project: ProjectId, agent: AgentId, limit: i64) -> Result<Vec<Offered>> {
    tx.query(
        "SELECT turn_id, offered_at, thread_id FROM external_turns
         WHERE project_id = ?1 AND agent_id = ?2 AND offered_at IS NOT NULL ORDER BY offered_at LIMIT ?3",
        &[&project, &agent, &limit],
    )
    .await
}

/// An external agent with turns to push, its project, and the time of the first of these.
pub struct Pushed(pub AgentId, pub ProjectId, pub Timestamp);

impl FromRow for Pushed {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(row.get(0)?, row.get(1)?, row.get(2)?))
    }
}

/// Agents with turns to push, longest due first, and the next ones after `now`.
pub async fn pushed(tx: &mut Tx, limit: i64) -> Result<Vec<Pushed>> {
    tx.query(
        "SELECT agent_id, project_id, MIN(push_at) AS due FROM external_turns
         WHERE push_at IS NOT NULL GROUP BY project_id, agent_id ORDER BY due LIMIT ?1",
        &[&limit],
    )
    .await
}

/// The agent's turn that is longest due to be pushed.
pub async fn to_push(tx: &mut Tx, project: ProjectId, agent: AgentId, now: Timestamp) -> Result<Option<Offered>> {
    tx.query_opt(
        "SELECT turn_id, push_at, thread_id FROM external_turns
         WHERE project_id = ?1 AND agent_id = ?2 AND push_at <= ?3 ORDER BY push_at LIMIT 1",
        &[&project, &agent, &now],
    )
    .await
}

/// Pushes the agent's offered turns now.
pub async fn push_now(tx: &mut Tx, project: ProjectId, agent: AgentId, now: Timestamp) -> Result<u64> {
    tx.execute(
        "UPDATE external_turns SET push_at = ?3 WHERE project_id = ?1 AND agent_id = ?2 AND offered_at IS NOT NULL",
        &[&project, &agent, &now],
    )
    .await
}

/// Sets pushes to now that are too far ahead for a correct clock.
pub async fn bring_pushes_forward(tx: &mut Tx, now: Timestamp, beyond: Timestamp) -> Result<u64> {
    tx.execute("UPDATE external_turns SET push_at = ?1 WHERE push_at > ?2", &[&now, &beyond]).await
}

/// A turn with its thread and project.
pub struct Rung(pub TurnId, pub ThreadId, pub ProjectId);

impl FromRow for Rung {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(row.get(0)?, row.get(1)?, row.get(2)?))
    }
}

/// Turns about which the server has to act now, longest due first.
pub async fn due(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<Rung>> {
    tx.query(
        "SELECT turn_id, thread_id, project_id FROM external_turns
         WHERE alarm_at IS NOT NULL AND alarm_at <= ?1 ORDER BY alarm_at LIMIT ?2",
        &[&now, &limit],
    )
    .await
}

/// When the server has to act next.
pub async fn next_due(tx: &mut Tx) -> Result<Option<Timestamp>> {
    let sql = "SELECT MIN(alarm_at) FROM external_turns WHERE alarm_at IS NOT NULL";
    Ok(tx.query_opt::<Option<Timestamp>>(sql, &[]).await?.flatten())
}

/// Moves the alarm of a turn, whose row may be unreadable.
pub async fn reschedule(tx: &mut Tx, turn: TurnId, now: Timestamp, alarm_at: Timestamp) -> Result<u64> {
    tx.execute(
        "UPDATE external_turns SET alarm_at = ?3 WHERE turn_id = ?1 AND alarm_at <= ?2",
        &[&turn, &now, &alarm_at],
    )
    .await
}

/// Lets offered turns wait at least until `until`.
pub async fn prolong(tx: &mut Tx, until: Timestamp) -> Result<u64> {
    tx.execute("UPDATE external_turns SET alarm_at = ?1 WHERE offered_at IS NOT NULL AND alarm_at < ?1", &[&until])
        .await
}

/// Sets alarms to now that are too far ahead for a correct clock. Offered turns keep their time.
pub async fn bring_forward(tx: &mut Tx, now: Timestamp, beyond: Timestamp) -> Result<u64> {
    tx.execute("UPDATE external_turns SET alarm_at = ?1 WHERE offered_at IS NULL AND alarm_at > ?2", &[&now, &beyond])
        .await
}

/// Makes the server look at the agent's turns now.
pub async fn ring(tx: &mut Tx, project: ProjectId, agent: AgentId, now: Timestamp) -> Result<u64> {
    tx.execute(
        "UPDATE external_turns SET alarm_at = ?3 WHERE project_id = ?1 AND agent_id = ?2",
        &[&project, &agent, &now],
    )
    .await
}
