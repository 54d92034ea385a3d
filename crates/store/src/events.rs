//! Entries of logs. Written by [`crate::log::append`].

use domain::{
    Result, ThreadId, Timestamp, TurnId,
    event::Entry,
    message::{Message, Role},
};

use crate::{FromRow, Json, Row, Tx, word};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT e.thread_id, e.seq, e.at, e.turn_id, e.data, e.message_id, e.message_turn_id, e.role, e.author, e.body FROM events e ",
            $rest
        )
    };
}

impl FromRow for Entry {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let (thread, seq, at, turn) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let message = match row.get(5)? {
            Some(id) => Some(Message {
                id,
                thread,
                seq,
                turn: row.get(6)?,
                role: word(row, 7, Role::parse)?,
                author: row.get::<Json<_>>(8)?.0,
                at,
                body: row.get::<Json<_>>(9)?.0,
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
