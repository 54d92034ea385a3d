//! Entries of logs. Written by [`crate::log::append`].

use domain::{
    Result, ThreadId, Timestamp, TurnId,
    event::Entry,
    message::{Message, Role},
};

use crate::{FromRow, Json, Row, Tx, word};

macro_rules! select {
    ($rest:literal) => {
        select!("", $rest)
    };
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT e.thread_id, e.seq, e.at, e.turn_id, e.data, e.message_id, e.role, e.author,
             COALESCE(e.shown, e.body)",
            $more,
            " FROM events e ",
            $rest
        )
    };
}

/// How many columns an entry has: what follows them in a row begins there.
const COLUMNS: usize = 9;

/// An entry never changes once it is shown: its message is of the entry's own turn and reads as it was written. A retry and a
/// rewording change the message as [`crate::messages`] has it.
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

/// Entries above `after`, in order.
pub async fn after(tx: &mut Tx, thread: ThreadId, after: i64, limit: i64) -> Result<Vec<Entry>> {
    tx.query(select!("WHERE e.thread_id = ?1 AND e.seq > ?2 ORDER BY e.seq LIMIT ?3"), &[&thread, &after, &limit]).await
}

/// Entries above `after`, in order, no more than `rows` of them, and of those as many as have `bytes` in all, but one at least.
/// With them whether they are the thread's last. None of a deleted thread, however much of it is left.
pub async fn within(tx: &mut Tx, thread: ThreadId, after: i64, rows: i64, bytes: i64) -> Result<(Vec<Entry>, bool)> {
    let found: Vec<OfThread> = tx
        .query(
            select!(
                ", (SELECT t.last_seq FROM threads t WHERE t.id = ?1)",
                "WHERE e.thread_id = ?1 AND e.seq > ?2 AND e.seq <= (
                    SELECT MAX(s.seq) FROM (
                        SELECT l.seq, SUM(l.bytes) OVER (ORDER BY l.seq) AS total FROM (
                            SELECT seq, octet_length(data) + COALESCE(octet_length(shown), octet_length(body), 0) AS bytes
                            FROM events WHERE thread_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3
                        ) AS l
                    ) AS s WHERE s.total <= ?4 OR s.seq = ?2 + 1
                 ) ORDER BY e.seq"
            ),
            &[&thread, &after, &rows, &bytes],
        )
        .await?;
    if found.last().is_some_and(|last| last.1.is_none()) {
        return Ok((Vec::new(), true));
    }
    let at_end = found.last().is_none_or(|last| Some(last.0.seq) == last.1);
    Ok((found.into_iter().map(|OfThread(entry, _)| entry).collect(), at_end))
}

/// An entry, and the number of its thread's newest one; none where the thread is deleted.
struct OfThread(Entry, Option<i64>);

impl FromRow for OfThread {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(Entry::from_row(row)?, row.get(COLUMNS)?))
    }
}

/// Entries from `from` to `to`, both included.
pub async fn between(tx: &mut Tx, thread: ThreadId, from: i64, to: i64) -> Result<Vec<Entry>> {
    tx.query(select!("WHERE e.thread_id = ?1 AND e.seq >= ?2 AND e.seq <= ?3 ORDER BY e.seq"), &[&thread, &from, &to])
        .await
}

/// The entries of one turn, in order. `first_seq` is the turn's.
pub async fn of_turn(tx: &mut Tx, thread: ThreadId, turn: TurnId, first_seq: i64) -> Result<Vec<Entry>> {
    tx.query(
        select!("WHERE e.thread_id = ?1 AND e.seq >= ?3 AND e.turn_id = ?2 ORDER BY e.seq"),
        &[&thread, &turn, &first_seq],
    )
    .await
}

/// The first entry of the thread that is no older than `since`.
pub async fn first_since(tx: &mut Tx, thread: ThreadId, since: Timestamp) -> Result<Option<i64>> {
    tx.query_opt("SELECT seq FROM events WHERE thread_id = ?1 AND at >= ?2 ORDER BY seq LIMIT 1", &[&thread, &since])
        .await
}

/// Entries above `after` and up to `to` that are messages, in order, no more than `rows` of them, and of those as many as have
/// `bytes` in all, but one at least.
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
