//! Steps of the clock that were no time: somebody set it, or the machine slept.

use domain::{Result, Timestamp};

use crate::{FromRow, Row, Tx};

/// The clock went on from `at` to `by_us` later, and nothing of that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub at: Timestamp,
    pub by_us: i64,
}

impl FromRow for Step {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { at: row.get(0)?, by_us: row.get(1)? })
    }
}

/// The newest steps, newest first.
pub async fn newest(tx: &mut Tx, limit: i64) -> Result<Vec<Step>> {
    tx.query("SELECT at, by_us FROM clock_steps ORDER BY at DESC LIMIT ?1", &[&limit]).await
}

/// Notes a step, unless another process has seen it too.
pub async fn insert(tx: &mut Tx, step: Step) -> Result<bool> {
    let end = step.at.plus_us(step.by_us);
    let rows = tx
        .execute(
            "INSERT INTO clock_steps (at, by_us) SELECT CAST(?1 AS BIGINT), CAST(?2 AS BIGINT)
             WHERE NOT EXISTS (SELECT 1 FROM clock_steps s WHERE s.at < ?3 AND s.at + s.by_us > ?1)
             ON CONFLICT DO NOTHING",
            &[&step.at, &step.by_us, &end],
        )
        .await?;
    Ok(rows == 1)
}

/// Forgets steps to times that are yet to come: the clock was set back.
pub async fn undo(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    tx.execute("DELETE FROM clock_steps WHERE at + by_us > ?1", &[&now]).await
}
