//! Entries of logs. [`crate::log::append`] writes them.

use domain::{
    NoteId, Result, ThreadId, Timestamp, TurnId,
    event::Entry,
    message::{Message, Role},
};

use crate::{Bound, Fitted, FromRow, Json, Row, Tx, fitting, word};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT e.thread_id, e.seq, e.at, e.turn_id, e.data, e.message_id, e.role, e.author,
             COALESCE(e.shown, e.body) AS body FROM events e ",
            $rest
        )
    };
}

/// A shown entry never changes: its message has the entry's own turn and its first text. [`crate::messages`] has the
/// message after retries and amendments.
impl FromRow for Entry {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (thread, seq, at, turn) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let message = match row.get(5)? {
            Some(id) => Some(Message {
                id,
                thread,
                seq,
                turn,
                role: word(row, 6, Role::parse)?,
                author: row.get::<Json<_>>(7)?.0,
                at,
                body: row.get::<Json<_>>(8)?.0,
            }),
            None => None,
        };
        Ok(Self { thread, seq, at, turn, event: row.get::<Json<_>>(4)?.0, message })
    }
}

/// A range of entries, both ends included. Empty if `from` is above `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub from: i64,
    pub to: i64,
}

impl Stretch {
    /// All entries above this one.
    pub fn above(seq: i64) -> Self {
        Self { from: seq.saturating_add(1), to: i64::MAX }
    }

    /// Only this entry.
    pub fn one(seq: i64) -> Self {
        Self { from: seq, to: seq }
    }
}

macro_rules! stretch {
    ($order:literal) => {
        fitting!(
            "?4",
            "octet_length(w.data) + COALESCE(octet_length(w.body), 0)",
            $order,
            select!(
                "WHERE e.thread_id = ?1 AND e.seq >= ?2 AND e.seq <= ?3
                 AND EXISTS (SELECT 1 FROM threads t WHERE t.id = ?1) ORDER BY "
            ),
            $order,
            " LIMIT ?5"
        )
    };
}

/// The first entries of a range in order, or its last ones, newest first. A deleted thread gives none.
pub async fn stretch(
    tx: &mut Tx,
    thread: ThreadId,
    Stretch { from, to }: Stretch,
    newest_first: bool,
    bound: Bound,
) -> Result<Fitted<Entry>> {
    let sql = if newest_first { stretch!("seq DESC") } else { stretch!("seq") };
    tx.query_fitting(sql, &[&thread, &from, &to, &bound.bytes, &bound.asked()], bound).await
}

/// The entries of one turn, in order. `first_seq` is the turn's first entry.
pub async fn of_turn(tx: &mut Tx, thread: ThreadId, turn: TurnId, first_seq: i64) -> Result<Vec<Entry>> {
    tx.query(
        select!("WHERE e.thread_id = ?1 AND e.seq >= ?3 AND e.turn_id = ?2 ORDER BY e.seq"),
        &[&thread, &turn, &first_seq],
    )
    .await
}

/// The newest entries about people from `first` to `last`, in order: takes, hand-backs, requests, assignments, notes, and
/// when the thread was closed or reopened. At most `rows`.
pub async fn of_people(tx: &mut Tx, thread: ThreadId, (first, last): (i64, i64), rows: i64) -> Result<Vec<Entry>> {
    let mut newest: Vec<Entry> = tx
        .query(
            select!(
                "WHERE e.thread_id = ?1 AND e.seq >= ?2 AND e.seq <= ?3 AND e.kind IN ('thread.taken',
                 'thread.handed_back', 'thread.wanted', 'thread.wanted_expired', 'thread.wanted_withdrawn',
                 'thread.closed', 'thread.reopened', 'thread.assigned', 'thread.noted')
                 ORDER BY e.seq DESC LIMIT ?4"
            ),
            &[&thread, &first, &last, &rows],
        )
        .await?;
    newest.reverse();
    Ok(newest)
}

/// What a turn did, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    pub turn: TurnId,
    pub kind: StageKind,
    pub at: Timestamp,
}

/// What begins or ends at a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageKind {
    ModelCalled,
    ModelAnswered,
    ToolCalled,
    ToolAnswered,
}

impl FromRow for Stage {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let kind = match row.get::<String>(1)?.as_str() {
            "step.started" => StageKind::ModelCalled,
            "message.completed" => StageKind::ModelAnswered,
            "tool.called" => StageKind::ToolCalled,
            _ => StageKind::ToolAnswered,
        };
        Ok(Self { turn: row.get(0)?, kind, at: row.get(2)? })
    }
}

/// The stages of a thread's turns from the entry `first`, in order. At most `rows`.
pub async fn stages(tx: &mut Tx, thread: ThreadId, first: i64, rows: i64) -> Result<Vec<Stage>> {
    tx.query(
        "SELECT turn_id, kind, at FROM events WHERE thread_id = ?1 AND seq >= ?2 AND turn_id IS NOT NULL
         AND kind IN ('step.started', 'message.completed', 'tool.called', 'tool.completed') ORDER BY seq LIMIT ?3",
        &[&thread, &first, &rows],
    )
    .await
}

/// The entry of a note of the thread.
pub async fn note(tx: &mut Tx, thread: ThreadId, id: NoteId) -> Result<Option<Entry>> {
    tx.query_opt(
        select!("WHERE e.thread_id = ?1 AND e.kind = 'thread.noted' AND e.data LIKE ?2 ORDER BY e.seq LIMIT 1"),
        &[&thread, &format!("%\"id\":\"{id}\"%")],
    )
    .await
}

/// The first entry of the thread at or after `since`.
pub async fn first_since(tx: &mut Tx, thread: ThreadId, since: Timestamp) -> Result<Option<i64>> {
    tx.query_opt("SELECT seq FROM events WHERE thread_id = ?1 AND at >= ?2 ORDER BY seq LIMIT 1", &[&thread, &since])
        .await
}

/// Entries above `after` and up to `to` that are messages, in order. At most `rows`, and at most `bytes` in all, but at
/// least one.
pub async fn messages_within(
    tx: &mut Tx,
    thread: ThreadId,
    (after, to): (i64, i64),
    rows: i64,
    bytes: i64,
) -> Result<Vec<Entry>> {
    tx.query(
        select!(
            "WHERE e.thread_id = ?1 AND e.seq > ?2 AND e.message_id IS NOT NULL AND e.seq <= (
                SELECT COALESCE(MAX(CASE WHEN s.total <= ?5 THEN s.seq END), MIN(s.seq)) FROM (
                    SELECT l.seq, SUM(l.bytes) OVER (ORDER BY l.seq) AS total FROM (
                        SELECT seq, octet_length(body) AS bytes FROM events
                        WHERE thread_id = ?1 AND seq > ?2 AND seq <= ?3 AND message_id IS NOT NULL
                        ORDER BY seq LIMIT ?4
                    ) AS l
                ) AS s
             ) ORDER BY e.seq"
        ),
        &[&thread, &after, &to, &rows, &bytes],
    )
    .await
}
