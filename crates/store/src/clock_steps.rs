//! Steps of the clock without elapsed time: the clock was set, or the machine slept.

use domain::{Result, Timestamp};

use crate::{FromRow, Row, Tx};

/// The clock went from `at` to `by_us` later in no time.
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

/// Stores a step, unless another process has stored it already.
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

/// Removes steps that lead into the future, because the clock was set back.
pub async fn undo(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    tx.execute("DELETE FROM clock_steps WHERE at + by_us > ?1", &[&now]).await
}
