//! What is stored, in bytes, counted a slice at a time. Each slice begins behind an id and goes in the order of ids.
//!
//! An entry counts with the text of its own and of its message, a thread also with its metadata and what was set for it alone, a
//! deleted thread with what it had, an attachment with its bytes.

use domain::{AttachmentId, ProjectId, Result, ThreadId};
use uuid::Uuid;

use crate::Tx;

/// What is left of deleted threads. Of a customer or a webhook it is 0.
pub async fn of_removals(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<(Uuid, ProjectId, i64)>> {
    tx.query(
        "SELECT owner_id, project_id, stored_bytes FROM removals WHERE owner_id > ?1 ORDER BY owner_id LIMIT ?2",
        &[&after, &limit],
    )
    .await
}

/// Threads. A fork that is being made counts for whose it will be. Null: it is not counted yet.
pub async fn of_threads(tx: &mut Tx, after: ThreadId, limit: i64) -> Result<Vec<(ThreadId, ProjectId, Option<i64>)>> {
    tx.query(
        "SELECT t.id, COALESCE(f.project_id, t.project_id), t.stored_bytes
         FROM threads t LEFT JOIN forks f ON f.thread_id = t.id WHERE t.id > ?1 ORDER BY t.id LIMIT ?2",
        &[&after, &limit],
    )
    .await
}

/// Attachments.
pub async fn of_attachments(
    tx: &mut Tx,
    after: AttachmentId,
    limit: i64,
) -> Result<Vec<(AttachmentId, ProjectId, i64)>> {
    tx.query("SELECT id, project_id, size_bytes FROM attachments WHERE id > ?1 ORDER BY id LIMIT ?2", &[&after, &limit])
        .await
}

/// The bytes of a thread's entries above `after`, no more than `limit` of them, and the number of the last; `None` if there are none.
pub async fn of_entries(tx: &mut Tx, thread: ThreadId, after: i64, limit: i64) -> Result<Option<(i64, i64)>> {
    let found: Option<(Option<i64>, i64)> = tx
        .query_opt(
            "SELECT MAX(l.seq), CAST(COALESCE(SUM(l.bytes), 0) AS BIGINT) FROM (
                SELECT e.seq, octet_length(e.data) + COALESCE(octet_length(e.body), 0)
                    + COALESCE(octet_length(e.shown), 0) AS bytes
                FROM events e WHERE e.thread_id = ?1 AND e.seq > ?2 ORDER BY e.seq LIMIT ?3
             ) AS l",
            &[&thread, &after, &limit],
        )
        .await?;
    Ok(found.and_then(|(last, bytes)| Some((last?, bytes))))
}

/// The bytes of one entry, 0 without one.
pub async fn of_entry(tx: &mut Tx, thread: ThreadId, seq: i64) -> Result<i64> {
    Ok(of_entries(tx, thread, seq - 1, 1).await?.filter(|(found, _)| *found == seq).map_or(0, |(_, bytes)| bytes))
}

/// What was set for a thread alone: its overrides, its variables and its extras.
pub async fn beside(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<i64> {
    let bytes: Option<i64> = tx
        .query_opt(
            "SELECT CAST(COALESCE((SELECT octet_length(o.overrides) FROM thread_overrides o WHERE o.thread_id = ?1), 0)
                + COALESCE((SELECT octet_length(v.variables) FROM thread_variables v WHERE v.thread_id = ?1), 0)
                + COALESCE((SELECT octet_length(x.extras) FROM extras x WHERE x.owner_id = ?1 AND x.project_id = ?2), 0)
                AS BIGINT)",
            &[&thread, &project],
        )
        .await?;
    Ok(bytes.unwrap_or(0))
}

/// Locks a thread; for whom it counts, the number of its newest entry, and the bytes of its metadata.
pub async fn lock(tx: &mut Tx, thread: ThreadId) -> Result<Option<(ProjectId, i64, i64)>> {
    tx.query_opt(
        "SELECT COALESCE((SELECT f.project_id FROM forks f WHERE f.thread_id = ?1), project_id), last_seq,
             CAST(octet_length(metadata) AS BIGINT)
         FROM threads WHERE id = ?1 /*pg FOR UPDATE */",
        &[&thread],
    )
    .await
}

/// How much a thread has stored. `None` for one that is not there, or not counted yet.
pub async fn of_thread(tx: &mut Tx, thread: ThreadId) -> Result<Option<i64>> {
    let found: Option<Option<i64>> = tx.query_opt("SELECT stored_bytes FROM threads WHERE id = ?1", &[&thread]).await?;
    Ok(found.flatten())
}

/// Adds to what the thread has stored, if that is known, or takes from it.
pub async fn grow(tx: &mut Tx, thread: ThreadId, bytes: i64) -> Result<()> {
    tx.execute("UPDATE threads SET stored_bytes = stored_bytes + ?2 WHERE id = ?1", &[&thread, &bytes]).await.map(drop)
}

/// Says how much the thread, which is locked, has stored, if that is not known.
pub async fn fill(tx: &mut Tx, thread: ThreadId, bytes: i64) -> Result<()> {
    tx.execute("UPDATE threads SET stored_bytes = ?2 WHERE id = ?1 AND stored_bytes IS NULL", &[&thread, &bytes])
        .await
        .map(drop)
}
