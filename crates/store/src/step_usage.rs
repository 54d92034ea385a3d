//! Model calls as they are charged, a row for each.

use domain::{
    Result, ThreadId, Timestamp, TurnId,
    spent::{Call, Spent},
    usage::{Usage, Usd},
};

use crate::{FromRow, Param, Row, Tx};

/// Stores calls of a thread, which is locked.
pub async fn insert(tx: &mut Tx, calls: &[Call]) -> Result<()> {
    let rows: Vec<_> = calls.iter().map(|call| (call, buckets(&call.usage), call.cost.map(|cost| cost.0))).collect();
    let params = rows.iter().map(|(call, buckets, cost)| {
        let mut row: Vec<&dyn Param> = vec![&call.thread, &call.at, &call.id, &call.turn, &call.project, &call.agent];
        row.extend([&call.key as &dyn Param, &call.provider, &call.model, cost, &call.failed]);
        row.push(&call.reported);
        row.extend(buckets.iter().map(|bucket| bucket as &dyn Param));
        row
    });
    let params: Vec<Vec<&dyn Param>> = params.collect();
    let sql = "INSERT INTO step_usage (thread_id, at, id, turn_id, project_id, agent_id, key_id, provider, model, cost,
            failed, reported, input, cache_read, cache_write, cache_write_1h, output, reasoning)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
    let statements: Vec<(&'static str, &[&dyn Param])> = params.iter().map(|row| (sql, row.as_slice())).collect();
    tx.execute_all(&statements).await.map(drop)
}

/// The sum of the turn's calls. `since` is a time before which the turn made none.
pub async fn of_turn(tx: &mut Tx, thread: ThreadId, turn: TurnId, since: Timestamp) -> Result<Spent> {
    let found: Option<Sum> = tx
        .query_opt(
            "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN failed THEN 1 ELSE 0 END), 0) AS BIGINT),
                 CAST(COALESCE(SUM(CASE WHEN cost IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT),
                 CAST(COALESCE(SUM(CASE WHEN reported THEN 1 ELSE 0 END), 0) AS BIGINT),
                 CAST(COALESCE(SUM(input), 0) AS BIGINT), CAST(COALESCE(SUM(cache_read), 0) AS BIGINT),
                 CAST(COALESCE(SUM(cache_write), 0) AS BIGINT), CAST(COALESCE(SUM(cache_write_1h), 0) AS BIGINT),
                 CAST(COALESCE(SUM(output), 0) AS BIGINT), CAST(COALESCE(SUM(reasoning), 0) AS BIGINT),
                 CAST(COALESCE(SUM(cost / 1000000000000), 0) AS BIGINT),
                 CAST(COALESCE(SUM(cost % 1000000000000), 0) AS BIGINT)
             FROM step_usage WHERE thread_id = ?1 AND at >= ?3 AND turn_id = ?2",
            &[&thread, &turn, &since],
        )
        .await?;
    Ok(found.map_or_else(Spent::default, |Sum(spent)| spent))
}

struct Sum(Spent);

impl FromRow for Sum {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        spent(row, 0).map(Self)
    }
}

/// The sum in the twelve columns from `first` on: calls, failed, unpriced and reported ones, the buckets, and the cost in
/// dollars and picodollars, whose sums cannot overflow.
pub(crate) fn spent(row: &Row<'_>, first: usize) -> Result<Spent> {
    let count = |i: usize| row.get::<i64>(first + i).map(i64::unsigned_abs);
    let (calls, failed, unpriced, reported) = (count(0)?, count(1)?, count(2)?, count(3)?);
    let (usage, cost) = (usage(row, first + 4)?, cost(row, first + 10)?);
    Ok(Spent { calls, failed, unpriced, reported, usage, cost })
}

/// The cost in the two columns from `first` on.
pub(crate) fn cost(row: &Row<'_>, first: usize) -> Result<Usd> {
    let (dollars, rest): (i64, i64) = (row.get(first)?, row.get(first + 1)?);
    Ok(Usd(dollars.saturating_mul(Usd::ONE.0).saturating_add(rest)))
}

/// The buckets in the six columns from `first` on.
fn usage(row: &Row<'_>, first: usize) -> Result<Usage> {
    let count = |i: usize| row.get::<i64>(first + i).map(i64::unsigned_abs);
    Ok(Usage {
        input: count(0)?,
        cache_read: count(1)?,
        cache_write: count(2)?,
        cache_write_1h: count(3)?,
        output: count(4)?,
        reasoning: count(5)?,
    })
}

/// The buckets, in the order of the columns.
pub(crate) fn buckets(usage: &Usage) -> [i64; 6] {
    let Usage { input, cache_read, cache_write, cache_write_1h, output, reasoning } = *usage;
    [input, cache_read, cache_write, cache_write_1h, output, reasoning]
        .map(|tokens| i64::try_from(tokens).unwrap_or(i64::MAX))
}

/// The row of a call, as an update returns it.
pub(crate) struct Returned(pub(crate) Call);

impl FromRow for Returned {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(Call {
            thread: row.get(0)?,
            at: row.get(1)?,
            id: row.get(2)?,
            turn: row.get(3)?,
            project: row.get(4)?,
            agent: row.get(5)?,
            key: row.get(6)?,
            provider: row.get(7)?,
            model: row.get(8)?,
            usage: usage(row, 9)?,
            cost: row.get::<Option<i64>>(15)?.map(Usd),
            failed: row.get(16)?,
            reported: row.get(17)?,
        }))
    }
}
