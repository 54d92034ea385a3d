//! Origin keys: the senders' own ids of their requests (idempotency). The same key has the same effect.

use domain::{ProjectId, Result, ThreadId, Timestamp};

use crate::{FromRow, Row, Tx};

/// The namespace of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `Idempotency-Key`. The scope is the operation.
    Request,
    /// A client's message id (Capy, Everruns). The scope is the thread.
    Client,
    /// `ext_msg_id` and Message-ID. The scope is the project.
    External,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Client => "client",
            Self::External => "external",
        }
    }
}

/// A key and its first use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginKey {
    pub project: ProjectId,
    pub kind: Kind,
    pub scope: String,
    pub key: String,
    pub fingerprint: [u8; 32],
    /// The thread of the message that the key names. The key is removed with the thread.
    pub thread: Option<ThreadId>,
    /// The answer of the operation, as a JSON document.
    pub answer: String,
    pub created_at: Timestamp,
}

/// A stored use of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    pub fingerprint: Vec<u8>,
    pub thread: Option<ThreadId>,
    pub answer: String,
}

impl FromRow for Used {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { fingerprint: row.get(0)?, thread: row.get(1)?, answer: row.get(2)? })
    }
}

/// Takes the key; `false` if it is used. The key of a deleted thread is free. This is the first lock of its
/// transaction.
pub async fn claim(tx: &mut Tx, key: &OriginKey) -> Result<bool> {
    let rows = tx
        .execute(
            "INSERT INTO origin_keys (project_id, kind, scope, key, fingerprint, thread_id, answer, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (project_id, kind, scope, key) DO UPDATE SET fingerprint = excluded.fingerprint,
                 thread_id = excluded.thread_id, answer = excluded.answer, created_at = excluded.created_at
             WHERE EXISTS (SELECT 1 FROM removals r WHERE r.owner_id = origin_keys.thread_id)",
            &[
                &key.project,
                &key.kind.as_str(),
                &key.scope,
                &key.key,
                &key.fingerprint.as_slice(),
                &key.thread,
                &key.answer,
                &key.created_at,
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// Frees a key that was taken before `before`.
pub async fn release(tx: &mut Tx, key: &OriginKey, before: Timestamp) -> Result<()> {
    tx.execute(
        "DELETE FROM origin_keys WHERE project_id = ?1 AND kind = ?2 AND scope = ?3 AND key = ?4 AND created_at < ?5",
        &[&key.project, &key.kind.as_str(), &key.scope, &key.key, &before],
    )
    .await
    .map(drop)
}

/// Stores the answer of the operation that took the key.
pub async fn answer(tx: &mut Tx, key: &OriginKey) -> Result<()> {
    tx.execute(
        "UPDATE origin_keys SET answer = ?5, thread_id = ?6 WHERE project_id = ?1 AND kind = ?2 AND scope = ?3 AND key = ?4",
        &[&key.project, &key.kind.as_str(), &key.scope, &key.key, &key.answer, &key.thread],
    )
    .await
    .map(drop)
}

/// The use of a key. `None` if its thread was deleted.
pub async fn find(tx: &mut Tx, project: ProjectId, kind: Kind, scope: &str, key: &str) -> Result<Option<Used>> {
    tx.query_opt(
        "SELECT fingerprint, thread_id, answer FROM origin_keys
         WHERE project_id = ?1 AND kind = ?2 AND scope = ?3 AND key = ?4
         AND NOT EXISTS (SELECT 1 FROM removals r WHERE r.owner_id = origin_keys.thread_id)",
        &[&project, &kind.as_str(), &scope, &key],
    )
    .await
}

/// The senders' own ids of the thread's messages, oldest first.
pub async fn external_of_thread(tx: &mut Tx, project: ProjectId, thread: ThreadId, limit: i64) -> Result<Vec<String>> {
    tx.query(
        "SELECT key FROM origin_keys WHERE thread_id = ?1 AND project_id = ?2 AND kind = 'external'
         ORDER BY created_at, key LIMIT ?3",
        &[&thread, &project, &limit],
    )
    .await
}

/// Removes at most `limit` keys without a thread that are older than `before`, and returns their number.
pub async fn expire(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64> {
    tx.execute(
        "DELETE FROM origin_keys WHERE (project_id, kind, scope, key) IN (
             SELECT k.project_id, k.kind, k.scope, k.key FROM origin_keys k
             WHERE k.thread_id IS NULL AND k.created_at < ?1 LIMIT ?2)",
        &[&before, &limit],
    )
    .await
}
