//! Deliveries: pending and past transfers to the outside.

use domain::{
    MessageId, ProjectId, Result, ThreadId,
    reminder::{Delivery, DeliveryKind, DeliveryState},
};

use crate::{FromRow, Row, Tx, word};

impl FromRow for Delivery {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            thread: row.get(2)?,
            message: row.get(3)?,
            kind: word(row, 4, DeliveryKind::parse)?,
            state: word(row, 5, DeliveryState::parse)?,
            created_at: row.get(6)?,
        })
    }
}

pub async fn insert(tx: &mut Tx, delivery: &Delivery) -> Result<()> {
    tx.execute(
        "INSERT INTO deliveries (id, project_id, thread_id, message_id, kind, state, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        &[
            &delivery.id,
            &delivery.project,
            &delivery.thread,
            &delivery.message,
            &delivery.kind.as_str(),
            &delivery.state.as_str(),
            &delivery.created_at,
        ],
    )
    .await
    .map(drop)
}

pub async fn of_message(tx: &mut Tx, project: ProjectId, message: MessageId) -> Result<Vec<Delivery>> {
    tx.query(
        "SELECT id, project_id, thread_id, message_id, kind, state, created_at FROM deliveries
         WHERE message_id = ?1 AND project_id = ?2 ORDER BY id",
        &[&message, &project],
    )
    .await
}

/// The deliveries of the thread's messages from entry `first` to entry `last`, oldest message first.
pub async fn of_messages(
    tx: &mut Tx,
    project: ProjectId,
    thread: ThreadId,
    first: i64,
    last: i64,
) -> Result<Vec<Delivery>> {
    tx.query(
        "SELECT d.id, d.project_id, d.thread_id, d.message_id, d.kind, d.state, d.created_at
         FROM messages m JOIN deliveries d ON d.message_id = m.id
         WHERE m.thread_id = ?1 AND m.seq >= ?2 AND m.seq <= ?3 AND d.project_id = ?4 ORDER BY m.seq, d.id",
        &[&thread, &first, &last, &project],
    )
    .await
}
