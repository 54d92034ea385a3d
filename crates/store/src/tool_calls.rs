//! The ids of a thread's tool calls, so that each id is used only once.

use domain::{Result, ThreadId};

use crate::{Param, Tx};

/// Takes the id in the thread, which is locked. Returns how often it was taken by now, 1 for a new id.
pub async fn take(tx: &mut Tx, thread: ThreadId, id: &str) -> Result<i64> {
    let sql = "INSERT INTO tool_calls (thread_id, call_id, times) VALUES (?1, ?2, 1)
        ON CONFLICT (thread_id, call_id) DO UPDATE SET times = tool_calls.times + 1 RETURNING times";
    Ok(tx.query_opt(sql, &[&thread, &id]).await?.unwrap_or(1))
}

/// Copies the counts of these ids to another thread.
pub async fn carry(tx: &mut Tx, from: ThreadId, to: ThreadId, ids: &[&str]) -> Result<()> {
    let params: Vec<[&dyn Param; 3]> = ids.iter().map(|id| [&from as &dyn Param, &to, id]).collect();
    let sql = "INSERT INTO tool_calls (thread_id, call_id, times)
        SELECT ?2, call_id, times FROM tool_calls WHERE thread_id = ?1 AND call_id = ?3 ON CONFLICT DO NOTHING";
    let statements: Vec<(&'static str, &[&dyn Param])> = params.iter().map(|row| (sql, row.as_slice())).collect();
    tx.execute_all(&statements).await.map(drop)
}
