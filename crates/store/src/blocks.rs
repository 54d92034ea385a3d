//! Blocks: the answers of model calls as their providers made them, beside the entries of their messages.

use domain::{Result, ThreadId, block::Blocks};

use crate::{FromRow, Json, Param, Row, Tx, json};

/// Stores the blocks of the message with this entry. Returns their bytes, which the caller adds to the thread's.
pub async fn insert(tx: &mut Tx, thread: ThreadId, seq: i64, blocks: &Blocks) -> Result<i64> {
    let text = json(blocks)?;
    tx.execute("INSERT INTO blocks (thread_id, seq, blocks) VALUES (?1, ?2, ?3)", &[&thread, &seq, &text]).await?;
    Ok(text.len() as i64)
}

/// The blocks of the thread's messages from this entry on, each with its entry, oldest first.
pub async fn since(tx: &mut Tx, thread: ThreadId, seq: i64) -> Result<Vec<(i64, Blocks)>> {
    let found: Vec<Stored> = tx
        .query("SELECT seq, blocks FROM blocks WHERE thread_id = ?1 AND seq >= ?2 ORDER BY seq", &[&thread, &seq])
        .await?;
    Ok(found.into_iter().map(|Stored(seq, blocks)| (seq, blocks)).collect())
}

struct Stored(i64, Blocks);

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(row.get(0)?, row.get::<Json<_>>(1)?.0))
    }
}

/// Copies the blocks of messages to another thread. `entries` are pairs of the message's entry and the copy's, in order.
/// Returns the bytes of the copies.
pub async fn carry(tx: &mut Tx, from: ThreadId, to: ThreadId, entries: &[(i64, i64)]) -> Result<i64> {
    let (Some((first, copy)), Some((last, _))) = (entries.first(), entries.last()) else { return Ok(0) };
    let sql = "SELECT seq FROM blocks WHERE thread_id = ?1 AND seq >= ?2 AND seq <= ?3 ORDER BY seq";
    let found: Vec<i64> = tx.query(sql, &[&from, first, last]).await?;
    let carried = entries.iter().filter(|(own, _)| found.binary_search(own).is_ok());
    let params: Vec<[&dyn Param; 4]> = carried.map(|(own, copy)| [&from as &dyn Param, &to, own, copy]).collect();
    let sql = "INSERT INTO blocks (thread_id, seq, blocks)
        SELECT ?2, ?4, blocks FROM blocks WHERE thread_id = ?1 AND seq = ?3";
    let statements: Vec<(&'static str, &[&dyn Param])> = params.iter().map(|row| (sql, row.as_slice())).collect();
    tx.execute_all(&statements).await?;
    let sql =
        "SELECT CAST(COALESCE(SUM(octet_length(blocks)), 0) AS BIGINT) FROM blocks WHERE thread_id = ?1 AND seq >= ?2";
    Ok(tx.query_opt(sql, &[&to, copy]).await?.unwrap_or(0))
}
