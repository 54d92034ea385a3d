//! Threads: the heads of the logs.

mod filter;
mod latest;

use domain::{
    AgentId, CustomerId, ProjectId, Result, ThreadId, Timestamp,
    handling::{People, Unanswered},
    spent::Spent,
    thread::{Closed, Run, Thread, Ticket},
};
use uuid::Uuid;

use crate::{Bound, Fitted, FromRow, Json, Row, Tx, fitting, json, owners::Holder, participants, tags, word};

use filter::filtered;
pub use filter::{Filter, Overdue};
pub(crate) use filter::{contains, may_contain};
pub use latest::{Latest, latest};

macro_rules! columns {
    () => {
        "id, project_id, agent_id, title, metadata, last_seq, last_at, created_at, closed, window_s, window_ends_at, ticket, participants, listed, spent, held_since, assignee_id, wanted, silent_until, unanswered_since, unanswered_seq, people_seq, last_words, idle_s, agent_silent_at"
    };
}

/// The number of columns. Further columns of a row start at this index.
const COLUMNS: usize = 25;

/// The columns, the state of the thread's open turns, and its tags, one line each: `color name`.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            ", EXISTS (SELECT 1 FROM turns o WHERE o.thread_id = threads.id AND o.state IN ('running', 'waiting') AND o.state = 'running')",
            ", EXISTS (SELECT 1 FROM turns o WHERE o.thread_id = threads.id AND o.state IN ('running', 'waiting') AND o.state = 'waiting')",
            ", (SELECT COUNT(*) FROM turns o WHERE o.thread_id = threads.id AND o.ended_at IS NULL AND o.state = 'queued')",
            ", (SELECT string_agg(COALESCE(p.color, 'default') || ' ' || g.name, '\n') FROM thread_tags g
                LEFT JOIN project_tags p ON p.project_id = g.project_id AND p.name = g.name WHERE g.thread_id = threads.id)",
            " FROM threads ",
            $rest
        )
    };
}

use {columns, select};

/// A row without data of other tables: `run` is idle, and `tags` is empty.
struct Bare(Thread);

impl FromRow for Bare {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(Thread {
            id: row.get(0)?,
            project: row.get(1)?,
            agent: row.get(2)?,
            title: row.get(3)?,
            metadata: row.get::<Json<_>>(4)?.0,
            last_seq: row.get(5)?,
            last_at: row.get(6)?,
            last_words: row.get::<Option<Json<_>>>(22)?.map(|words| words.0),
            created_at: row.get(7)?,
            closed: row.get::<Option<Json<Closed>>>(8)?.map(|c| c.0),
            window_s: row.get(9)?,
            window_ends_at: row.get(10)?,
            ticket: word(row, 11, Ticket::parse)?,
            participants: row.get::<participants::Lines>(12)?.0,
            listed: row.get(13)?,
            spent: row.get::<Option<Json<_>>>(14)?.map_or_else(Spent::default, |spent| spent.0),
            people: people(row)?,
            run: Run::default(),
            tags: Vec::new(),
        }))
    }
}

/// The people's part. `silent_until` repeats the end of the silence of `wanted` for an index, and is not read.
fn people(row: &Row<'_>) -> Result<People> {
    let unanswered = match (row.get(19)?, row.get(20)?) {
        (Some(since), Some(seq)) => Some(Unanswered { since, seq }),
        _ => None,
    };
    Ok(People {
        held_since: row.get(15)?,
        assignee: row.get(16)?,
        idle_s: row.get(23)?,
        wanted: row.get::<Option<Json<_>>>(17)?.map(|wanted| wanted.0),
        unanswered,
        first_seq: row.get(21)?,
        agent_silent_at: row.get(24)?,
    })
}

impl FromRow for Thread {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let Bare(thread) = Bare::from_row(row)?;
        let run = Run { running: row.get(COLUMNS)?, waiting: row.get(COLUMNS + 1)?, queued: row.get(COLUMNS + 2)? };
        let tags = row.get::<Option<tags::Lines>>(COLUMNS + 3)?.map_or(Vec::new(), |lines| lines.0);
        Ok(Thread { run, tags, ..thread })
    }
}

pub async fn insert(tx: &mut Tx, thread: &Thread) -> Result<()> {
    let (metadata, closed) = (json(&thread.metadata)?, thread.closed.as_ref().map(json).transpose()?);
    let (spent, wanted, last_words) = (spent(thread)?, wanted(thread)?, last_words(thread)?);
    let people = &thread.people;
    let (silent_until, unanswered) = (people.silent_until(), people.unanswered);
    tx.execute(
        concat!(
            "INSERT INTO threads (",
            columns!(),
            ", stored_bytes, active) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, 0, ?26)"
        ),
        &[
            &thread.id,
            &thread.project,
            &thread.agent,
            &thread.title,
            &metadata,
            &thread.last_seq,
            &thread.last_at,
            &thread.created_at,
            &closed,
            &thread.window_s,
            &thread.window_ends_at,
            &thread.ticket.as_str(),
            &participants::lines(&thread.participants),
            &thread.listed,
            &spent,
            &people.held_since,
            &people.assignee,
            &wanted,
            &silent_until,
            &unanswered.map(|one| one.since),
            &unanswered.map(|one| one.seq),
            &people.first_seq,
            &last_words,
            &people.idle_s,
            &people.agent_silent_at,
            &active(thread),
        ],
    )
    .await
    .map(drop)
}

/// A thread that is locked until the transaction ends.
pub struct Locked {
    /// `run` and `tags` are not filled. Read the open turns in a later statement.
    pub thread: Thread,
    /// True if a webhook must be told of new entries.
    pub is_watched: bool,
}

impl FromRow for Locked {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let Bare(thread) = Bare::from_row(row)?;
        Ok(Self { thread, is_watched: row.get(COLUMNS)? })
    }
}

/// Locks the thread.
pub async fn lock(tx: &mut Tx, project: ProjectId, id: ThreadId) -> Result<Option<Locked>> {
    tx.query_opt(
        concat!(
            "SELECT ",
            columns!(),
            ", EXISTS (SELECT 1 FROM webhooks w WHERE w.project_id = threads.project_id AND w.disabled IS NULL)
             FROM threads WHERE id = ?1 AND project_id = ?2 /*pg FOR UPDATE */"
        ),
        &[&id, &project],
    )
    .await
}

/// The newest entry's number and the thread's run, with a shared lock of the row. Deltas are written under this lock.
pub async fn share(tx: &mut Tx, id: ThreadId) -> Result<Option<i64>> {
    tx.query_opt("SELECT last_seq FROM threads WHERE id = ?1 /*pg FOR SHARE */", &[&id]).await
}

/// Tells whether the thread still exists. For a reader that was already authorized.
pub async fn exists(tx: &mut Tx, id: ThreadId) -> Result<bool> {
    Ok(tx.query_opt("SELECT EXISTS (SELECT 1 FROM threads WHERE id = ?1)", &[&id]).await?.unwrap_or(false))
}

pub async fn find(tx: &mut Tx, project: ProjectId, id: ThreadId) -> Result<Option<Thread>> {
    tx.query_opt(select!("WHERE id = ?1 AND project_id = ?2"), &[&id, &project]).await
}

/// The holder's threads of an agent, ordered by newest entry, latest first. The list starts after `before`, a pair of
/// newest entry and id.
pub async fn recent(
    tx: &mut Tx,
    project: ProjectId,
    agent: AgentId,
    holder: Holder,
    before: Option<(Timestamp, ThreadId)>,
    limit: i64,
) -> Result<Vec<Thread>> {
    let ((at, id), (line, customer)) = (before.unzip(), holder.ids());
    tx.query(
        select!(
            "WHERE project_id = ?1 AND agent_id = ?2
             AND (owner_line_id = ?3 OR EXISTS (SELECT 1 FROM thread_customers c
                  JOIN customers p ON p.id = c.customer_id WHERE c.thread_id = threads.id AND c.customer_id = ?4))
             AND (CAST(?5 AS BIGINT) IS NULL OR last_at < ?5 OR (last_at = ?5 AND id < ?6))
             ORDER BY last_at DESC, id DESC LIMIT ?7"
        ),
        &[&project, &agent, &line, &customer, &at, &id, &limit],
    )
    .await
}

/// A range of a project's threads by id, newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// Below this id. Absent: from the newest thread.
    pub before: Option<ThreadId>,
    /// Down to this id, included. Absent: to the oldest thread.
    pub from: Option<ThreadId>,
}

impl Stretch {
    /// Only this thread.
    pub fn one(id: ThreadId) -> Self {
        let next = ThreadId(Uuid::from_u128(id.0.as_u128().saturating_add(1)));
        Self { before: Some(next), from: Some(id) }
    }

    pub(crate) fn ends(self) -> (ThreadId, ThreadId) {
        (self.before.unwrap_or(ThreadId(Uuid::max())), self.from.unwrap_or(ThreadId(Uuid::nil())))
    }
}

/// The oldest of the `count` newest threads below `before`, where their range ends. `None` if there are none.
pub async fn edge(tx: &mut Tx, project: ProjectId, before: Option<ThreadId>, count: i64) -> Result<Option<ThreadId>> {
    let (before, _) = Stretch { before, from: None }.ends();
    tx.query_opt(
        "SELECT id FROM (SELECT id FROM threads WHERE project_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3) AS newest
         ORDER BY id LIMIT 1",
        &[&project, &before, &count],
    )
    .await
}

/// The threads of a range that match a filter, newest first.
pub async fn list(
    tx: &mut Tx,
    project: ProjectId,
    filter: &Filter,
    stretch: Stretch,
    bound: Bound,
) -> Result<Fitted<Thread>> {
    let (before, from) = stretch.ends();
    let sql = fitting!(
        "?16",
        "octet_length(w.metadata) + octet_length(w.participants) + COALESCE(octet_length(w.title), 0)",
        "id DESC",
        select!("WHERE project_id = ?1 AND id < ?2 AND id >= ?17"),
        filtered!(),
        "ORDER BY id DESC LIMIT ?7"
    );
    filter.query(tx, sql, project, (&before, &from), bound).await
}

/// A place in the list of [`awaited`]: since when the customer waits, in microseconds, and the thread.
pub type Awaited = (i64, ThreadId);

/// Like the index: the place of threads whose customers do not wait.
const ANSWERED: i64 = i64::MAX;

/// The place of a thread in the list of [`awaited`].
pub fn awaited_place(thread: &Thread) -> Awaited {
    (thread.people.unanswered.map_or(ANSWERED, |one| one.since.0), thread.id)
}

macro_rules! awaited {
    () => {
        fitting!(
            "?16",
            "octet_length(w.metadata) + octet_length(w.participants) + COALESCE(octet_length(w.title), 0)",
            "COALESCE(unanswered_since, 9223372036854775807), id",
            select!(
                "WHERE project_id = ?1 AND (held_since IS NOT NULL OR wanted IS NOT NULL)
                 AND COALESCE(unanswered_since, 9223372036854775807) >= CAST(?17 AS BIGINT)
                 AND (COALESCE(unanswered_since, 9223372036854775807) > CAST(?17 AS BIGINT) OR id > ?2)"
            ),
            filtered!(),
            "ORDER BY COALESCE(unanswered_since, 9223372036854775807), id LIMIT ?7"
        )
    };
}

/// Threads beyond `after` that match the filter and in which a person speaks or is wanted. Those whose customers have
/// waited longest come first, those whose customers do not wait come last.
pub async fn awaited(
    tx: &mut Tx,
    project: ProjectId,
    filter: &Filter,
    after: Option<Awaited>,
    bound: Bound,
) -> Result<Fitted<Thread>> {
    let (since, id) = after.unwrap_or((i64::MIN, ThreadId(Uuid::nil())));
    filter.query(tx, awaited!(), project, (&id, &since), bound).await
}

/// SQLite's plan of [`awaited`], for the test that an index serves it.
#[cfg(feature = "testing")]
pub async fn plan_of_awaited(tx: &mut Tx) -> Result<Vec<String>> {
    struct Step(String);
    impl FromRow for Step {
        fn from_row(row: &Row<'_>) -> Result<Self> {
            Ok(Self(row.get(3)?))
        }
    }
    let null: Option<i64> = None;
    let steps: Vec<Step> =
        tx.query(concat!("EXPLAIN QUERY PLAN ", awaited!()), &[&null as &dyn crate::Param; 28]).await?;
    Ok(steps.into_iter().map(|step| step.0).collect())
}

/// Threads of a project with entries after `since`, in the order of their newest entries.
pub async fn moved(tx: &mut Tx, project: ProjectId, since: Timestamp, limit: i64) -> Result<Vec<Thread>> {
    let from = since.0.div_euclid(ACTIVE_US);
    tx.query(
        select!("WHERE project_id = ?1 AND active >= ?2 AND last_at > ?3 ORDER BY last_at, id LIMIT ?4"),
        &[&project, &from, &since, &limit],
    )
    .await
}

/// Threads of a project with entries at or after `since`, newest thread first.
pub async fn active_since(tx: &mut Tx, project: ProjectId, since: Timestamp, limit: i64) -> Result<Vec<ThreadId>> {
    tx.query(
        "SELECT id FROM threads WHERE project_id = ?1 AND last_at >= ?2 ORDER BY id DESC LIMIT ?3",
        &[&project, &since, &limit],
    )
    .await
}

/// The number of an agent's threads.
pub async fn count_of_agent(tx: &mut Tx, project: ProjectId, agent: AgentId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM threads WHERE project_id = ?1 AND agent_id = ?2";
    Ok(tx.query_opt(sql, &[&project, &agent]).await?.unwrap_or(0))
}

/// The number of threads of each agent of the project. Agents without threads are left out.
pub async fn count_by_agent(tx: &mut Tx, project: ProjectId) -> Result<Vec<(AgentId, i64)>> {
    tx.query("SELECT agent_id, COUNT(*) FROM threads WHERE project_id = ?1 GROUP BY agent_id", &[&project]).await
}

/// The stored sum of the thread's calls.
pub(crate) fn spent(thread: &Thread) -> Result<Option<String>> {
    thread.spent.any().as_ref().map(json).transpose()
}

/// The stored request for a person.
pub(crate) fn wanted(thread: &Thread) -> Result<Option<String>> {
    thread.people.wanted.as_ref().map(json).transpose()
}

/// The stored newest words.
pub(crate) fn last_words(thread: &Thread) -> Result<Option<String>> {
    thread.last_words.as_ref().map(json).transpose()
}

/// The ten minutes of the newest entry, for the index of threads that moved.
pub(crate) fn active(thread: &Thread) -> i64 {
    thread.last_at.0.div_euclid(ACTIVE_US)
}

const ACTIVE_US: i64 = 600_000_000;

pub async fn add_customer(tx: &mut Tx, project: ProjectId, thread: ThreadId, customer: CustomerId) -> Result<()> {
    tx.execute(
        "INSERT INTO thread_customers (thread_id, customer_id, project_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        &[&thread, &customer, &project],
    )
    .await
    .map(drop)
}

/// The customers who take part in the thread.
pub async fn customers(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<Vec<CustomerId>> {
    tx.query(
        "SELECT c.customer_id FROM thread_customers c JOIN customers p ON p.id = c.customer_id
         WHERE c.thread_id = ?1 AND c.project_id = ?2 ORDER BY c.customer_id",
        &[&thread, &project],
    )
    .await
}
