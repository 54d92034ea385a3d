//! The sums of model calls by day, agent, key and model. A call is in the sums once its row says so.

use std::collections::BTreeMap;

use domain::{
    AgentId, KeyId, ProjectId, Result, ThreadId,
    day::Day,
    spent::{Call, Spent},
};
use uuid::Uuid;

use crate::{
    FromRow, Param, Row, Tx,
    step_usage::{Returned, buckets, spent},
};

/// From `from`, inclusive, to `to`, exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    pub from: Day,
    pub to: Day,
}

/// The columns that group a project's sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct By {
    pub day: bool,
    pub agent: bool,
    pub key: bool,
    /// With its provider.
    pub model: bool,
}

/// The sum of a group. The columns that do not group are absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    pub day: Option<Day>,
    pub agent: Option<AgentId>,
    /// Nil: calls for messages that no key sent.
    pub key: Option<KeyId>,
    /// Empty: `echo`, `scripted`, and calls of programs.
    pub provider: Option<String>,
    pub model: Option<String>,
    pub spent: Spent,
}

impl FromRow for Sum {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            day: row.get::<Option<i64>>(0)?.map(Day),
            agent: row.get(1)?,
            key: row.get(2)?,
            provider: row.get(3)?,
            model: row.get(4)?,
            spent: spent(row, 5)?,
        })
    }
}

/// The `limit` groups of a project's calls after the first `offset`, in order. Reads sums and calls that no sum has yet
/// in one statement, so that each call counts once.
pub async fn list(tx: &mut Tx, project: ProjectId, days: Days, by: By, offset: i64, limit: i64) -> Result<Vec<Sum>> {
    let [day, agent, key, model] = [by.day, by.agent, by.key, by.model].map(i64::from);
    tx.query(
        "SELECT CASE WHEN CAST(?5 AS BIGINT) = 1 THEN c.day END, CASE WHEN CAST(?6 AS BIGINT) = 1 THEN c.agent_id END,
             CASE WHEN CAST(?7 AS BIGINT) = 1 THEN c.key_id END, CASE WHEN CAST(?8 AS BIGINT) = 1 THEN c.provider END,
             CASE WHEN CAST(?8 AS BIGINT) = 1 THEN c.model END,
             CAST(SUM(c.calls) AS BIGINT), CAST(SUM(c.failed) AS BIGINT), CAST(SUM(c.unpriced) AS BIGINT),
             CAST(SUM(c.reported) AS BIGINT),
             CAST(SUM(c.input) AS BIGINT), CAST(SUM(c.cache_read) AS BIGINT), CAST(SUM(c.cache_write) AS BIGINT),
             CAST(SUM(c.cache_write_1h) AS BIGINT), CAST(SUM(c.output) AS BIGINT), CAST(SUM(c.reasoning) AS BIGINT),
             CAST(SUM(c.cost / 1000000000000) AS BIGINT), CAST(SUM(c.cost % 1000000000000) AS BIGINT)
         FROM (
             SELECT day, agent_id, key_id, provider, model, calls, failed, unpriced, reported, input, cache_read,
                 cache_write, cache_write_1h, output, reasoning, cost
             FROM usage_sums WHERE project_id = ?1 AND day >= ?2 AND day < ?3
             UNION ALL
             SELECT at / 86400000000, agent_id, COALESCE(key_id, ?4), COALESCE(provider, ''), model, 1,
                 CASE WHEN failed THEN 1 ELSE 0 END, CASE WHEN cost IS NULL THEN 1 ELSE 0 END,
                 CASE WHEN reported THEN 1 ELSE 0 END, input, cache_read, cache_write, cache_write_1h, output, reasoning, COALESCE(cost, 0)
             FROM step_usage WHERE project_id = ?1 AND NOT rolled AND at / 86400000000 >= ?2 AND at / 86400000000 < ?3
         ) AS c GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5 LIMIT ?10 OFFSET ?9",
        &[&project, &days.from.0, &days.to.0, &Uuid::nil(), &day, &agent, &key, &model, &offset, &limit],
    )
    .await
}

/// Tells whether a call is in no sum yet.
pub async fn is_behind(tx: &mut Tx) -> Result<bool> {
    Ok(tx.query_opt::<i64>("SELECT 1 FROM step_usage WHERE NOT rolled LIMIT 1", &[]).await?.is_some())
}

/// Adds at most `limit` calls to the sums, each once, also if other nodes add calls at the same time. Returns their
/// number.
pub async fn roll(tx: &mut Tx, limit: i64) -> Result<usize> {
    let taken = tx
        .query(
            "UPDATE step_usage SET rolled = TRUE WHERE (thread_id, at, id) IN (
                SELECT s.thread_id, s.at, s.id FROM step_usage s WHERE NOT s.rolled
                ORDER BY s.project_id, s.thread_id, s.at, s.id LIMIT ?1 /*pg FOR UPDATE SKIP LOCKED */)
             RETURNING thread_id, at, id, turn_id, project_id, agent_id, key_id, provider, model, input, cache_read,
                 cache_write, cache_write_1h, output, reasoning, cost, failed, reported",
            &[&limit],
        )
        .await?;
    add(tx, taken).await
}

/// Like [`roll`], for the calls of one thread.
pub async fn roll_of_thread(tx: &mut Tx, project: ProjectId, thread: ThreadId, limit: i64) -> Result<usize> {
    let taken = tx
        .query(
            "UPDATE step_usage SET rolled = TRUE WHERE (thread_id, at, id) IN (
                SELECT s.thread_id, s.at, s.id FROM step_usage s
                WHERE s.project_id = ?1 AND s.thread_id = ?2 AND NOT s.rolled
                ORDER BY s.at, s.id LIMIT ?3 /*pg FOR UPDATE */)
             RETURNING thread_id, at, id, turn_id, project_id, agent_id, key_id, provider, model, input, cache_read,
                 cache_write, cache_write_1h, output, reasoning, cost, failed, reported",
            &[&project, &thread, &limit],
        )
        .await?;
    add(tx, taken).await
}

/// Adds the calls to the sums, in the order of their keys, so that two nodes do not lock each other.
async fn add(tx: &mut Tx, calls: Vec<Returned>) -> Result<usize> {
    let mut sums: BTreeMap<Group, Spent> = BTreeMap::new();
    for Returned(call) in &calls {
        *sums.entry(Group::of(call)).or_default() += call.into();
    }
    let numbers: Vec<([i64; 5], [i64; 6])> = sums.values().map(numbers).collect();
    let params: Vec<Vec<&dyn Param>> = sums
        .keys()
        .zip(&numbers)
        .map(|(group, (counts, buckets))| {
            let mut row: Vec<&dyn Param> =
                vec![&group.project, &group.day.0, &group.agent, &group.key, &group.provider, &group.model];
            row.extend(counts.iter().chain(buckets).map(|number| number as &dyn Param));
            row
        })
        .collect();
    let sql =
        "INSERT INTO usage_sums AS u (project_id, day, agent_id, key_id, provider, model, calls, failed, unpriced,
            reported, cost, input, cache_read, cache_write, cache_write_1h, output, reasoning)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
        ON CONFLICT (project_id, day, agent_id, key_id, provider, model) DO UPDATE SET calls = u.calls + excluded.calls,
            failed = u.failed + excluded.failed, unpriced = u.unpriced + excluded.unpriced,
            reported = u.reported + excluded.reported, input = u.input + excluded.input,
            cache_read = u.cache_read + excluded.cache_read, cache_write = u.cache_write + excluded.cache_write,
            cache_write_1h = u.cache_write_1h + excluded.cache_write_1h, output = u.output + excluded.output,
            reasoning = u.reasoning + excluded.reasoning,
            cost = CASE WHEN u.cost > 9223372036854775807 - excluded.cost THEN 9223372036854775807
                ELSE u.cost + excluded.cost END";
    let statements: Vec<(&'static str, &[&dyn Param])> = params.iter().map(|row| (sql, row.as_slice())).collect();
    tx.execute_all(&statements).await?;
    Ok(calls.len())
}

/// The key of a sum.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    project: ProjectId,
    day: Day,
    agent: AgentId,
    key: KeyId,
    provider: String,
    model: String,
}

impl Group {
    fn of(call: &Call) -> Self {
        Self {
            project: call.project,
            day: Day::of(call.at),
            agent: call.agent,
            key: call.key.unwrap_or(KeyId(Uuid::nil())),
            provider: call.provider.clone().unwrap_or_default(),
            model: call.model.clone(),
        }
    }
}

fn numbers(spent: &Spent) -> ([i64; 5], [i64; 6]) {
    let counts = [spent.calls, spent.failed, spent.unpriced, spent.reported].map(u64::cast_signed);
    let [calls, failed, unpriced, reported] = counts;
    ([calls, failed, unpriced, reported, spent.cost.0], buckets(&spent.usage))
}
