//! Stored bytes, counted in slices. Each slice starts after an id, in the order of ids.
//!
//! An entry counts the text of itself, its message and its blocks. A thread also counts its metadata and its own settings. A
//! deleted thread counts its former bytes, and an attachment its file.

use domain::{AttachmentId, ProjectId, Result, ThreadId};
use uuid::Uuid;

use crate::Tx;

/// Remaining bytes of deleted threads. 0 for a customer or a webhook.
pub async fn of_removals(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<(Uuid, ProjectId, i64)>> {
    tx.query(
        "SELECT owner_id, project_id, stored_bytes FROM removals WHERE owner_id > ?1 ORDER BY owner_id LIMIT ?2",
        &[&after, &limit],
    )
    .await
}

/// Bytes of threads. An unfinished fork counts for its future project. Null means not counted yet.
pub async fn of_threads(tx: &mut Tx, after: ThreadId, limit: i64) -> Result<Vec<(ThreadId, ProjectId, Option<i64>)>> {
    tx.query(
        "SELECT t.id, COALESCE(f.project_id, t.project_id), t.stored_bytes
         FROM threads t LEFT JOIN forks f ON f.thread_id = t.id WHERE t.id > ?1 ORDER BY t.id LIMIT ?2",
        &[&after, &limit],
    )
    .await
}

/// Bytes of attachments.
pub async fn of_attachments(
    tx: &mut Tx,
    after: AttachmentId,
    limit: i64,
) -> Result<Vec<(AttachmentId, ProjectId, i64)>> {
    tx.query("SELECT id, project_id, size_bytes FROM attachments WHERE id > ?1 ORDER BY id LIMIT ?2", &[&after, &limit])
        .await
}

/// Bytes of at most `limit` entries of a thread above `after`, and the number of the last one. `None` if there are
/// none.
pub async fn of_entries(tx: &mut Tx, thread: ThreadId, after: i64, limit: i64) -> Result<Option<(i64, i64)>> {
    let found: Option<(Option<i64>, i64)> = tx
        .query_opt(
            "SELECT MAX(l.seq), CAST(COALESCE(SUM(l.bytes), 0) AS BIGINT) FROM (
                SELECT e.seq, octet_length(e.data) + COALESCE(octet_length(e.body), 0)
                    + COALESCE(octet_length(e.shown), 0) + COALESCE((SELECT octet_length(b.blocks) FROM blocks b
                        WHERE b.thread_id = e.thread_id AND b.seq = e.seq), 0) AS bytes
                FROM events e WHERE e.thread_id = ?1 AND e.seq > ?2 ORDER BY e.seq LIMIT ?3
             ) AS l",
            &[&thread, &after, &limit],
        )
        .await?;
    Ok(found.and_then(|(last, bytes)| Some((last?, bytes))))
}

/// Bytes of one entry, 0 if it does not exist.
pub async fn of_entry(tx: &mut Tx, thread: ThreadId, seq: i64) -> Result<i64> {
    Ok(of_entries(tx, thread, seq - 1, 1).await?.filter(|(found, _)| *found == seq).map_or(0, |(_, bytes)| bytes))
}

/// Bytes of a thread's own settings: overrides, variables and extras.
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

/// Locks a thread. Returns the project for which it counts, the number of its newest entry, and the bytes of its
/// metadata.
pub async fn lock(tx: &mut Tx, thread: ThreadId) -> Result<Option<(ProjectId, i64, i64)>> {
    tx.query_opt(
        "SELECT COALESCE((SELECT f.project_id FROM forks f WHERE f.thread_id = ?1), project_id), last_seq,
             CAST(octet_length(metadata) AS BIGINT)
         FROM threads WHERE id = ?1 /*pg FOR UPDATE */",
        &[&thread],
    )
    .await
}

/// Bytes that a thread has stored. `None` if it does not exist or is not counted yet.
pub async fn of_thread(tx: &mut Tx, thread: ThreadId) -> Result<Option<i64>> {
    let found: Option<Option<i64>> = tx.query_opt("SELECT stored_bytes FROM threads WHERE id = ?1", &[&thread]).await?;
    Ok(found.flatten())
}

/// Adds to (or subtracts from) the thread's stored bytes, if they are known.
pub async fn grow(tx: &mut Tx, thread: ThreadId, bytes: i64) -> Result<()> {
    tx.execute("UPDATE threads SET stored_bytes = stored_bytes + ?2 WHERE id = ?1", &[&thread, &bytes]).await.map(drop)
}

/// Sets the stored bytes of the thread, which is locked, if they are unknown.
pub async fn fill(tx: &mut Tx, thread: ThreadId, bytes: i64) -> Result<()> {
    tx.execute("UPDATE threads SET stored_bytes = ?2 WHERE id = ?1 AND stored_bytes IS NULL", &[&thread, &bytes])
        .await
        .map(drop)
}
