//! Entries of logs. Written by [`crate::log::append`].

use domain::{Result, ThreadId, Timestamp, TurnId, event::Entry};

use crate::{FromRow, Json, Row, Tx, messages};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT e.thread_id, e.seq, e.at, e.turn_id, e.data, ",
            "m.id IS NOT NULL, m.thread_id, m.seq, m.id, m.turn_id, m.role, m.author, m.body, m.at ",
            "FROM events e LEFT JOIN messages m ON m.thread_id = e.thread_id AND m.seq = e.seq ",
            $rest
        )
    };
}

impl FromRow for Entry {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            thread: row.get(0)?,
            seq: row.get(1)?,
            at: row.get(2)?,
            turn: row.get(3)?,
            event: row.get::<Json<_>>(4)?.0,
            message: if row.get(5)? { Some(messages::from_columns(row, 6)?) } else { None },
        })
    }
}

/// Entries above `after`, in order.
pub async fn after(tx: &mut Tx, thread: ThreadId, after: i64, limit: i64) -> Result<Vec<Entry>> {
    tx.query(select!("WHERE e.thread_id = ?1 AND e.seq > ?2 ORDER BY e.seq LIMIT ?3"), &[&thread, &after, &limit]).await
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
