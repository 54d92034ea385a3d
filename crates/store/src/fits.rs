//! The fit of a thread's transcript, one row for a thread that has outgrown a model's window.

use domain::{Result, ThreadId, TurnId, fit::Fit};

use crate::{FromRow, Json, Row, Tx, json};

/// Replaces the thread's fit. The thread is locked.
pub async fn save(tx: &mut Tx, thread: ThreadId, fit: &Fit) -> Result<()> {
    tx.execute(
        "INSERT INTO fits (thread_id, fit) VALUES (?1, ?2) ON CONFLICT (thread_id) DO UPDATE SET fit = ?2",
        &[&thread, &json(fit)?],
    )
    .await
    .map(drop)
}

/// What a transcript needs to know of its thread before the messages are read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// `None` while all of the thread is read.
    pub fit: Option<Fit>,
    /// The first entry about people that models read.
    pub people_seq: Option<i64>,
    /// The lowest `first_seq` of the thread's other open turns.
    pub open_from: Option<i64>,
    /// True if an entry behind the known ones tells of a change of older messages: their text, or their turn.
    pub is_changed: bool,
}

impl FromRow for Frame {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let fit = row.get::<Option<Json<Fit>>>(0)?.map(|fit| fit.0);
        Ok(Self { fit, people_seq: row.get(1)?, open_from: row.get(2)?, is_changed: row.get(3)? })
    }
}

/// The frame of the transcript of `turn`. `known`: the entry up to which the thread's messages are known. `None` if the
/// thread does not exist.
pub async fn frame(tx: &mut Tx, thread: ThreadId, turn: TurnId, known: i64) -> Result<Option<Frame>> {
    let sql = "SELECT f.fit, t.people_seq,
            (SELECT MIN(o.first_seq) FROM turns o WHERE o.thread_id = t.id AND o.ended_at IS NULL AND o.id <> ?2),
            EXISTS (SELECT 1 FROM events e WHERE e.thread_id = t.id AND e.seq > ?3 AND e.kind IN
                ('message.updated', 'turn.retried', 'thread.handed_back', 'thread.wanted_expired',
                 'thread.wanted_withdrawn'))
        FROM threads t LEFT JOIN fits f ON f.thread_id = t.id WHERE t.id = ?1";
    tx.query_opt(sql, &[&thread, &turn, &known]).await
}
