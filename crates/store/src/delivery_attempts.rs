//! Delivery attempts of webhooks, with their outcomes.

use domain::{
    DeliveryAttemptId, ProjectId, Result, WebhookId,
    webhook::{DeliveryAttempt, Outcome},
};

use crate::{FromRow, Row, Tx, word};

macro_rules! columns {
    () => {
        "id, project_id, webhook_id, thread_id, seq, event, number, replayed, outcome, status, error, duration_ms, at"
    };
}

impl FromRow for DeliveryAttempt {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            webhook: row.get(2)?,
            thread: row.get(3)?,
            seq: row.get(4)?,
            event: row.get(5)?,
            number: row.get(6)?,
            replayed: row.get(7)?,
            outcome: word(row, 8, Outcome::parse)?,
            status: row.get(9)?,
            error: row.get(10)?,
            duration_ms: row.get(11)?,
            at: row.get(12)?,
        })
    }
}

pub async fn insert(tx: &mut Tx, attempt: &DeliveryAttempt) -> Result<()> {
    tx.execute(
        concat!(
            "INSERT INTO webhook_postings (",
            columns!(),
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT DO NOTHING"
        ),
        &[
            &attempt.id,
            &attempt.project,
            &attempt.webhook,
            &attempt.thread,
            &attempt.seq,
            &attempt.event,
            &attempt.number,
            &attempt.replayed,
            &attempt.outcome.as_str(),
            &attempt.status,
            &attempt.error,
            &attempt.duration_ms,
            &attempt.at,
        ],
    )
    .await
    .map(drop)
}

pub async fn find(
    tx: &mut Tx,
    project: ProjectId,
    webhook: WebhookId,
    id: DeliveryAttemptId,
) -> Result<Option<DeliveryAttempt>> {
    tx.query_opt(
        concat!("SELECT ", columns!(), " FROM webhook_postings WHERE id = ?1 AND webhook_id = ?2 AND project_id = ?3"),
        &[&id, &webhook, &project],
    )
    .await
}

/// Delivery attempts with an id below `before`, newest first. Optionally only those with one outcome.
pub async fn list(
    tx: &mut Tx,
    project: ProjectId,
    webhook: WebhookId,
    outcome: Option<Outcome>,
    before: Option<DeliveryAttemptId>,
    limit: i64,
) -> Result<Vec<DeliveryAttempt>> {
    tx.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM webhook_postings WHERE webhook_id = ?1 AND project_id = ?2 AND (outcome = ?3 OR ?3 IS NULL)
              AND (id < ?4 OR ?4 IS NULL) ORDER BY id DESC LIMIT ?5"
        ),
        &[&webhook, &project, &outcome.map(Outcome::as_str), &before, &limit],
    )
    .await
}

/// Attempts that are removed when one is written. A smaller limit therefore takes effect gradually.
const PRUNED: i64 = 128;

/// Removes the oldest attempts beyond the webhook's newest `keep`, at most [`PRUNED`] of them.
pub async fn prune(tx: &mut Tx, project: ProjectId, webhook: WebhookId, keep: i64) -> Result<u64> {
    tx.execute(
        "DELETE FROM webhook_postings WHERE webhook_id = ?1 AND project_id = ?2 AND id IN (
             SELECT p.id FROM webhook_postings p WHERE p.webhook_id = ?1 AND p.id <= (
                 SELECT o.id FROM webhook_postings o WHERE o.webhook_id = ?1 ORDER BY o.id DESC LIMIT 1 OFFSET ?3)
             ORDER BY p.id LIMIT ?4)",
        &[&webhook, &project, &keep, &PRUNED],
    )
    .await
}
