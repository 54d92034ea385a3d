//! Turns.

use domain::{
    AgentId, ProjectId, Result, ThreadId, Timestamp, TurnId, WorkerId,
    controls::Policy,
    spent::Spent,
    turn::{State, Turn},
};

use crate::{FromRow, Json, Param, Row, Tx, json, word};

macro_rules! columns {
    () => {
        columns!("")
    };
    ($t:literal) => {
        concat!(
            $t,
            "id, ",
            $t,
            "project_id, ",
            $t,
            "thread_id, ",
            $t,
            "agent_id, ",
            $t,
            "state, ",
            $t,
            "place, ",
            $t,
            "policy, ",
            $t,
            "attempt, ",
            $t,
            "worker_id, ",
            $t,
            "due_at, ",
            $t,
            "controls, ",
            $t,
            "first_seq, ",
            $t,
            "created_at, ",
            $t,
            "started_at, ",
            $t,
            "ended_at, ",
            $t,
            "reason, ",
            $t,
            "spent"
        )
    };
}

/// The number of columns. Further columns of a row start at this index.
const COLUMNS: usize = 17;

impl FromRow for Turn {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            thread: row.get(2)?,
            agent: row.get(3)?,
            state: word(row, 4, State::parse)?,
            place: row.get(5)?,
            policy: word(row, 6, Policy::parse)?,
            attempt: row.get(7)?,
            worker: row.get(8)?,
            due_at: row.get(9)?,
            controls: row.get::<Json<_>>(10)?.0,
            first_seq: row.get(11)?,
            created_at: row.get(12)?,
            started_at: row.get(13)?,
            ended_at: row.get(14)?,
            reason: row.get(15)?,
            spent: row.get::<Option<Json<_>>>(16)?.map_or_else(Spent::default, |spent| spent.0),
        })
    }
}

pub async fn insert(tx: &mut Tx, turn: &Turn) -> Result<()> {
    let (controls, spent) = (json(&turn.controls)?, turn.spent.any().as_ref().map(json).transpose()?);
    tx.execute(
        concat!(
            "INSERT INTO turns (",
            columns!(),
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
        ),
        &[
            &turn.id,
            &turn.project,
            &turn.thread,
            &turn.agent,
            &turn.state.as_str(),
            &turn.place,
            &turn.policy.as_str(),
            &turn.attempt,
            &turn.worker,
            &turn.due_at,
            &controls,
            &turn.first_seq,
            &turn.created_at,
            &turn.started_at,
            &turn.ended_at,
            &turn.reason,
            &spent,
        ],
    )
    .await
    .map(drop)
}

/// Writes all changeable fields of a turn.
pub async fn save(tx: &mut Tx, turn: &Turn) -> Result<()> {
    debug_assert_eq!(turn.ended_at.is_none(), turn.state.is_open(), "{}", turn.id);
    let (controls, spent) = (json(&turn.controls)?, turn.spent.any().as_ref().map(json).transpose()?);
    tx.execute(
        "UPDATE turns SET state = ?2, attempt = ?3, worker_id = ?4, due_at = ?5, controls = ?6, started_at = ?7,
         ended_at = ?8, reason = ?9, spent = ?10 WHERE id = ?1",
        &[
            &turn.id,
            &turn.state.as_str(),
            &turn.attempt,
            &turn.worker,
            &turn.due_at,
            &controls,
            &turn.started_at,
            &turn.ended_at,
            &turn.reason,
            &spent,
        ],
    )
    .await
    .map(drop)
}

/// The thread's first `limit` open turns, in running order. The running or waiting turn has the lowest place. The
/// thread is locked.
pub async fn open(tx: &mut Tx, thread: ThreadId, limit: i64) -> Result<Vec<Turn>> {
    tx.query(
        concat!("SELECT ", columns!(), " FROM turns WHERE thread_id = ?1 AND ended_at IS NULL ORDER BY place LIMIT ?2"),
        &[&thread, &limit],
    )
    .await
}

/// The thread's last queued turn. The thread is locked.
pub async fn last_queued(tx: &mut Tx, thread: ThreadId) -> Result<Option<Turn>> {
    tx.query_opt(
        concat!(
            "SELECT ",
            columns!(),
            " FROM turns WHERE thread_id = ?1 AND ended_at IS NULL AND state = 'queued'
              ORDER BY place DESC LIMIT 1"
        ),
        &[&thread],
    )
    .await
}

/// The number of the thread's queued turns.
pub async fn count_queued(tx: &mut Tx, thread: ThreadId) -> Result<i64> {
    let count = tx
        .query_opt(
            "SELECT COUNT(*) FROM turns WHERE thread_id = ?1 AND ended_at IS NULL AND state = 'queued'",
            &[&thread],
        )
        .await?;
    Ok(count.unwrap_or(0))
}

/// Moves every queued turn of the thread one place back. The thread is locked.
pub async fn make_room(tx: &mut Tx, thread: ThreadId) -> Result<u64> {
    tx.execute(
        "UPDATE turns SET place = place + 1 WHERE thread_id = ?1 AND ended_at IS NULL AND state = 'queued'",
        &[&thread],
    )
    .await
}

pub async fn find(tx: &mut Tx, project: ProjectId, id: TurnId) -> Result<Option<Turn>> {
    tx.query_opt(concat!("SELECT ", columns!(), " FROM turns WHERE id = ?1 AND project_id = ?2"), &[&id, &project])
        .await
}

/// The turn, read after its thread was locked, exclusively or shared.
pub async fn find_in_thread(tx: &mut Tx, thread: ThreadId, id: TurnId) -> Result<Option<Turn>> {
    tx.query_opt(concat!("SELECT ", columns!(), " FROM turns WHERE id = ?1 AND thread_id = ?2"), &[&id, &thread]).await
}

/// Turns of the thread that were created before entry `before`, newest first. Each comes with the entry that created
/// it: its first message, the retry, or the end of a person's part. An own index by thread would cost one more page write for every message, so the
/// entries' index is used.
pub async fn list(tx: &mut Tx, thread: ThreadId, before: Option<i64>, limit: i64) -> Result<Vec<(i64, Turn)>> {
    let rows: Vec<Begun> = tx
        .query(
            concat!(
                "SELECT ",
                columns!("t."),
                ", e.seq FROM events e JOIN turns t ON t.id = e.turn_id
                 WHERE e.thread_id = ?1 AND e.seq < ?2
                 AND (e.kind IN ('turn.retried', 'thread.handed_back', 'thread.wanted_expired', 'thread.wanted_withdrawn') OR (e.kind = 'message.created' AND t.first_seq = e.seq))
                 ORDER BY e.seq DESC LIMIT ?3"
            ),
            &[&thread, &before.unwrap_or(i64::MAX), &limit],
        )
        .await?;
    Ok(rows.into_iter().map(|Begun(seq, turn)| (seq, turn)).collect())
}

/// A turn, and the entry that created it.
struct Begun(i64, Turn);

impl FromRow for Begun {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(row.get(COLUMNS)?, Turn::from_row(row)?))
    }
}

/// Projects with scheduled turns, from id `from` on, in order, each with the earliest due time. The end of a lease
/// counts as due. Each project costs two seeks, for any number of turns.
pub async fn due_projects(tx: &mut Tx, from: ProjectId, limit: i64) -> Result<Vec<(ProjectId, Timestamp)>> {
    tx.query(
        "WITH RECURSIVE waiting(project_id, n) AS (
             SELECT (SELECT project_id FROM turns WHERE due_at IS NOT NULL AND project_id >= ?1
                     ORDER BY project_id LIMIT 1), CAST(1 AS BIGINT)
             UNION ALL
             SELECT (SELECT t.project_id FROM turns t WHERE t.due_at IS NOT NULL AND t.project_id > waiting.project_id
                     ORDER BY t.project_id LIMIT 1), n + 1
             FROM waiting WHERE waiting.project_id IS NOT NULL AND n < ?2)
         SELECT project_id, (SELECT MIN(t.due_at) FROM turns t
             WHERE t.project_id = waiting.project_id AND t.due_at IS NOT NULL)
         FROM waiting WHERE project_id IS NOT NULL",
        &[&from, &limit],
    )
    .await
}

/// Number of scheduled turns of all projects, counted up to `most`.
pub async fn count_due(tx: &mut Tx, most: i64) -> Result<i64> {
    let count = "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM turns WHERE due_at IS NOT NULL LIMIT ?1) AS due";
    Ok(tx.query_opt::<i64>(count, &[&most]).await?.unwrap_or(0))
}

/// A turn that a worker may claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub turn: TurnId,
    pub thread: ThreadId,
    pub agent: AgentId,
}

impl FromRow for Due {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { turn: row.get(0)?, thread: row.get(1)?, agent: row.get(2)? })
    }
}

/// Turns of a project that a worker may claim now, longest due first. The list is a hint, not a claim; the thread's row
/// is the lock.
pub async fn due(tx: &mut Tx, project: ProjectId, now: Timestamp, limit: i64) -> Result<Vec<Due>> {
    tx.query(
        "SELECT id, thread_id, agent_id FROM turns WHERE project_id = ?1 AND due_at IS NOT NULL AND due_at <= ?2
         ORDER BY due_at LIMIT ?3",
        &[&project, &now, &limit],
    )
    .await
}

/// Reschedules a due turn without reading its row, which may be unreadable.
pub async fn reschedule(tx: &mut Tx, id: TurnId, now: Timestamp, due_at: Timestamp) -> Result<u64> {
    tx.execute("UPDATE turns SET due_at = ?3 WHERE id = ?1 AND due_at <= ?2", &[&id, &now, &due_at]).await
}

/// Makes turns due now whose due times are too far ahead for a correct clock: unclaimed turns after `free`, leases
/// after `leased`.
pub async fn bring_forward(tx: &mut Tx, now: Timestamp, free: Timestamp, leased: Timestamp) -> Result<u64> {
    tx.execute(
        "UPDATE turns SET due_at = ?1
         WHERE due_at > ?2 AND (worker_id IS NULL OR (state = 'running' AND due_at > ?3))",
        &[&now, &free, &leased],
    )
    .await
}

/// Renews this worker's leases on `held`, whatever their attempt. Skips locked rows, because waiting for one would let
/// the other leases expire.
pub async fn renew(tx: &mut Tx, held: &[TurnId], worker: WorkerId, until: Timestamp) -> Result<()> {
    let sql = "UPDATE turns SET due_at = ?3 WHERE id = ?1 AND worker_id = ?2 AND state = 'running'
               /*pg AND id IN (SELECT id FROM turns WHERE id = ?1 FOR UPDATE SKIP LOCKED) */";
    let params: Vec<[&dyn Param; 3]> = held.iter().map(|id| [id as &dyn Param, &worker, &until]).collect();
    let statements: Vec<(&'static str, &[&dyn Param])> = params.iter().map(|p| (sql, p.as_slice())).collect();
    tx.execute_all(&statements).await.map(drop)
}

/// Ends every lease except those of `own` and of programs that are agents. No other process lives on this folder.
pub async fn end_leases(tx: &mut Tx, own: WorkerId, now: Timestamp) -> Result<u64> {
    tx.execute(
        "UPDATE turns SET due_at = ?1 WHERE state = 'running' AND (worker_id <> ?2 OR worker_id IS NULL)
         AND NOT EXISTS (SELECT 1 FROM external_turns x WHERE x.turn_id = turns.id)",
        &[&now, &own],
    )
    .await
}
