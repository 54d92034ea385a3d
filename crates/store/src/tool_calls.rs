//! The ids that a thread's tool calls have had, so that no call gets one a second time.

use domain::{Result, ThreadId};

use crate::{Param, Tx};

/// Gives out the id in the thread, which is locked. How often it has been given out or asked for by now: 1 for one that is new.
pub async fn take(tx: &mut Tx, thread: ThreadId, id: &str) -> Result<i64> {
    let sql = "INSERT INTO tool_calls (thread_id, call_id, times) VALUES (?1, ?2, 1)
        ON CONFLICT (thread_id, call_id) DO UPDATE SET times = tool_calls.times + 1 RETURNING times";
    Ok(tx.query_opt(sql, &[&thread, &id]).await?.unwrap_or(1))
}

/// The calls of these ids are another thread's too from now on, as often as they have been given out in their own.
pub async fn carry(tx: &mut Tx, from: ThreadId, to: ThreadId, ids: &[&str]) -> Result<()> {
    let params: Vec<[&dyn Param; 3]> = ids.iter().map(|id| [&from as &dyn Param, &to, id]).collect();
    let sql = "INSERT INTO tool_calls (thread_id, call_id, times)
        SELECT ?2, call_id, times FROM tool_calls WHERE thread_id = ?1 AND call_id = ?3 ON CONFLICT DO NOTHING";
    let statements: Vec<(&'static str, &[&dyn Param])> = params.iter().map(|row| (sql, row.as_slice())).collect();
    tx.execute_all(&statements).await.map(drop)
}
