//! How far members have read threads.

use domain::{MemberId, ProjectId, Result, ThreadId, Timestamp};

use crate::Tx;

/// Records that the member has read the thread up to an entry. An earlier entry changes nothing.
pub async fn put(
    tx: &mut Tx,
    project: ProjectId,
    (thread, member): (ThreadId, MemberId),
    seq: i64,
    at: Timestamp,
) -> Result<u64> {
    tx.execute(
        "INSERT INTO thread_seen (thread_id, member_id, seq, at)
         SELECT t.id, ?3, ?4, ?5 FROM threads t WHERE t.id = ?2 AND t.project_id = ?1
         ON CONFLICT (thread_id, member_id) DO UPDATE SET seq = excluded.seq, at = excluded.at
         WHERE thread_seen.seq < excluded.seq",
        &[&project, &thread, &member, &seq, &at],
    )
    .await
}

/// The newest entry of the thread that the member has read.
pub async fn find(tx: &mut Tx, project: ProjectId, thread: ThreadId, member: MemberId) -> Result<Option<i64>> {
    tx.query_opt(
        "SELECT s.seq FROM thread_seen s JOIN threads t ON t.id = s.thread_id
         WHERE s.thread_id = ?2 AND s.member_id = ?3 AND t.project_id = ?1",
        &[&project, &thread, &member],
    )
    .await
}
