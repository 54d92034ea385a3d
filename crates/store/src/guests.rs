//! Guests: the generation of a thread's tokens, signed identities and the secrets that sign them.

use domain::{AgentId, CustomerId, ProjectId, Result, StoredSecret, ThreadId, Timestamp, agent::Agent};
use uuid::Uuid;

use crate::{FromRow, Row, Tx};

/// Tells whether the thread's agent lets guests in, and the generation of their tokens. `None` if the thread is gone.
pub async fn standing(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<Option<(bool, u64)>> {
    let found: Option<Standing> = tx
        .query_opt(
            "SELECT a.lets_guests_in, g.generation
             FROM threads t JOIN agents a ON a.project_id = t.project_id AND a.id = t.agent_id
             LEFT JOIN guest_threads g ON g.thread_id = t.id WHERE t.id = ?1 AND t.project_id = ?2",
            &[&thread, &project],
        )
        .await?;
    Ok(found.map(|Standing(lets_in, generation)| (lets_in, number(generation))))
}

struct Standing(bool, Option<Uuid>);

impl FromRow for Standing {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(row.get(0)?, row.get(1)?))
    }
}

/// A generation as it is stored: the number after it, in the form of an id. So no generation is the nil id.
pub(crate) fn generation_id(generation: u64) -> Uuid {
    Uuid::from_u128(u128::from(generation) + 1)
}

fn number(generation: Option<Uuid>) -> u64 {
    generation.and_then(|id| u64::try_from(id.as_u128().checked_sub(1)?).ok()).unwrap_or(0)
}

/// Sets the generation of the thread's tokens. The thread is locked.
pub async fn set_generation(tx: &mut Tx, project: ProjectId, thread: ThreadId, generation: u64) -> Result<()> {
    tx.execute(
        "INSERT INTO guest_threads (thread_id, project_id, generation) VALUES (?1, ?2, ?3)
         ON CONFLICT (thread_id) DO UPDATE SET generation = excluded.generation",
        &[&thread, &project, &generation_id(generation)],
    )
    .await
    .map(drop)
}

/// The customer whom the thread's identity has named.
pub async fn customer_of(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<Option<CustomerId>> {
    let found: Option<Option<CustomerId>> = tx
        .query_opt(
            "SELECT customer_id FROM guest_threads WHERE thread_id = ?1 AND project_id = ?2",
            &[&thread, &project],
        )
        .await?;
    Ok(found.flatten())
}

/// Joins the thread of this agent's guest to the customer. The thread is locked.
pub async fn join(
    tx: &mut Tx,
    project: ProjectId,
    thread: ThreadId,
    agent: AgentId,
    customer: CustomerId,
) -> Result<()> {
    tx.execute(
        "INSERT INTO guest_threads (thread_id, project_id, generation, agent_id, customer_id) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (thread_id) DO UPDATE SET agent_id = excluded.agent_id, customer_id = excluded.customer_id",
        &[&thread, &project, &generation_id(0), &agent, &customer],
    )
    .await
    .map(drop)
}

/// A thread that a customer had joined as the agent's guest.
pub struct Joined {
    pub thread: ThreadId,
    pub last_at: Timestamp,
    pub generation: u64,
}

impl FromRow for Joined {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { thread: row.get(0)?, last_at: row.get(1)?, generation: number(Some(row.get(2)?)) })
    }
}

/// The customer's threads as the agent's guest, newest first, below `before`.
pub async fn joined(
    tx: &mut Tx,
    project: ProjectId,
    (agent, customer): (AgentId, CustomerId),
    before: Option<ThreadId>,
    limit: i64,
) -> Result<Vec<Joined>> {
    tx.query(
        "SELECT g.thread_id, t.last_at, g.generation FROM guest_threads g JOIN threads t ON t.id = g.thread_id
         WHERE g.project_id = ?1 AND g.agent_id = ?2 AND g.customer_id = ?3 AND (g.thread_id < ?4 OR ?4 IS NULL)
         ORDER BY g.thread_id DESC LIMIT ?5",
        &[&project, &agent, &customer, &before, &limit],
    )
    .await
}

/// Stores what a guest says about themselves, as JSON. The thread is locked.
pub async fn set_contact(tx: &mut Tx, project: ProjectId, thread: ThreadId, contact: &str) -> Result<()> {
    tx.execute(
        "INSERT INTO guest_threads (thread_id, project_id, generation, contact) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (thread_id) DO UPDATE SET contact = excluded.contact",
        &[&thread, &project, &generation_id(0), &contact],
    )
    .await
    .map(drop)
}

/// What the thread's guest says about themselves.
pub async fn contact(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<Option<String>> {
    let found: Option<Option<String>> = tx
        .query_opt("SELECT contact FROM guest_threads WHERE thread_id = ?1 AND project_id = ?2", &[&thread, &project])
        .await?;
    Ok(found.flatten())
}

/// The secrets of an agent, sealed.
pub struct Secrets {
    pub secret: StoredSecret,
    /// Absent without a former one. It is good until the time.
    pub former: Option<(StoredSecret, Timestamp)>,
}

impl FromRow for Secrets {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (former, until): (StoredSecret, Option<Timestamp>) = (row.get(1)?, row.get(2)?);
        Ok(Self { secret: row.get(0)?, former: until.map(|until| (former, until)) })
    }
}

pub async fn secrets(tx: &mut Tx, agent: &Agent) -> Result<Option<Secrets>> {
    tx.query_opt(
        "SELECT secret, former, former_until FROM guest_secrets WHERE project_id = ?1 AND agent_id = ?2",
        &[&agent.project, &agent.id],
    )
    .await
}

/// Replaces the agent's secrets.
pub async fn set_secrets(tx: &mut Tx, agent: &Agent, secrets: &Secrets) -> Result<()> {
    let none = StoredSecret::new(String::new());
    let (former, until) = secrets.former.as_ref().map_or((&none, None), |(former, until)| (former, Some(*until)));
    tx.execute(
        "INSERT INTO guest_secrets (agent_id, project_id, secret, former, former_until) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (project_id, agent_id) DO UPDATE SET secret = excluded.secret, former = excluded.former,
             former_until = excluded.former_until",
        &[&agent.id, &agent.project, &secrets.secret, former, &until],
    )
    .await
    .map(drop)
}

/// The agent's threads that wait for a person, at most `most`.
pub async fn waiting(tx: &mut Tx, project: ProjectId, agent: AgentId, most: i64) -> Result<i64> {
    let found = tx
        .query_opt(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT id FROM threads
             WHERE project_id = ?1 AND agent_id = ?2 AND wanted IS NOT NULL AND held_since IS NULL LIMIT ?3) w",
            &[&project, &agent, &most],
        )
        .await?;
    Ok(found.unwrap_or(0))
}

/// Counts one more file of the thread's guests, and returns their number.
pub async fn count_file(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<i64> {
    let found = tx
        .query_opt(
            "INSERT INTO guest_threads (thread_id, project_id, generation, files) VALUES (?1, ?2, ?3, 1)
             ON CONFLICT (thread_id) DO UPDATE SET files = guest_threads.files + 1 RETURNING files",
            &[&thread, &project, &generation_id(0)],
        )
        .await?;
    Ok(found.unwrap_or(0))
}
