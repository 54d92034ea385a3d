//! Deltas: unfinished text, kept beside the log.

use domain::{
    Position, Result, ThreadId,
    event::{Delta, DeltaKind},
};

use crate::{FromRow, Row, Tx, word};

impl FromRow for Delta {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            thread: row.get(0)?,
            seq: row.get(1)?,
            n: u32::try_from(row.get::<i64>(2)?).unwrap_or(u32::MAX),
            turn: row.get(3)?,
            attempt: row.get(4)?,
            message: row.get(5)?,
            kind: word(row, 6, DeltaKind::parse)?,
            offset: row.get(7)?,
            text: row.get(8)?,
            at: row.get(9)?,
        })
    }
}

pub async fn insert(tx: &mut Tx, delta: &Delta) -> Result<()> {
    tx.execute(
        "INSERT INTO deltas (thread_id, seq, n, turn_id, attempt, message_id, kind, begins, text, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &[
            &delta.thread,
            &delta.seq,
            &i64::from(delta.n),
            &delta.turn,
            &delta.attempt,
            &delta.message,
            &delta.kind.as_str(),
            &delta.offset,
            &delta.text,
            &delta.at,
        ],
    )
    .await
    .map(drop)
}

/// Deltas after `position`, in order.
pub async fn after(tx: &mut Tx, thread: ThreadId, position: Position, limit: i64) -> Result<Vec<Delta>> {
    tx.query(
        "SELECT thread_id, seq, n, turn_id, attempt, message_id, kind, begins, text, at FROM deltas
         WHERE thread_id = ?1 AND (seq > ?2 OR (seq = ?2 AND n > ?3)) ORDER BY seq, n LIMIT ?4",
        &[&thread, &position.seq, &i64::from(position.n), &limit],
    )
    .await
}

/// The number of the newest delta after entry `seq`; 0 if there is none.
pub async fn newest(tx: &mut Tx, thread: ThreadId, seq: i64) -> Result<u32> {
    let newest: Option<Option<i64>> =
        tx.query_opt("SELECT MAX(n) FROM deltas WHERE thread_id = ?1 AND seq = ?2", &[&thread, &seq]).await?;
    Ok(u32::try_from(newest.flatten().unwrap_or(0)).unwrap_or(u32::MAX))
}

/// The unfinished text of the thread's running turn, with the deltas joined, at most one message.
pub async fn all(tx: &mut Tx, thread: ThreadId) -> Result<Vec<Delta>> {
    after(tx, thread, Position::START, i64::MAX).await
}

/// Removes all deltas of the thread. They belong to the running turn, because no other turn has deltas.
pub async fn prune(tx: &mut Tx, thread: ThreadId) -> Result<u64> {
    tx.execute("DELETE FROM deltas WHERE thread_id = ?1", &[&thread]).await
}
