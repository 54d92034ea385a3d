//! Keys: credentials of projects, stored as hashes.

use domain::{
    KeyId, ProjectId, Result, Timestamp,
    caller::{Key, Scopes},
};

use crate::{FromRow, Row, Tx, budgets, word};

macro_rules! columns {
    () => {
        "id, project_id, name, scopes, prefix, created_at, expires_at, revoked_at, agent_id, replaces_id, COALESCE(line_id, id), budgets"
    };
}

impl FromRow for Key {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            name: row.get(2)?,
            scopes: word(row, 3, Scopes::parse)?,
            prefix: row.get(4)?,
            created_at: row.get(5)?,
            expires_at: row.get(6)?,
            revoked_at: row.get(7)?,
            agent: row.get(8)?,
            agents: Vec::new(),
            replaces: row.get(9)?,
            line: row.get(10)?,
            budgets: budgets::read(row, 11)?,
        })
    }
}

/// Inserts the key, without budgets. `hash` is the SHA-256 of the whole key.
pub async fn insert(tx: &mut Tx, key: &Key, hash: &[u8]) -> Result<()> {
    tx.execute(
        "INSERT INTO keys (id, project_id, name, hash, scopes, prefix, created_at, expires_at, revoked_at, agent_id, replaces_id, line_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        &[
            &key.id,
            &key.project,
            &key.name,
            &hash,
            &key.scopes.to_string(),
            &key.prefix,
            &key.created_at,
            &key.expires_at,
            &key.revoked_at,
            &key.agent,
            &key.replaces,
            &key.line,
        ],
    )
    .await
    .map(drop)
}

/// The key with this hash, valid or not. Takes no project, because the hash alone identifies the caller.
pub async fn find_by_hash(tx: &mut Tx, hash: &[u8]) -> Result<Option<Key>> {
    tx.query_opt(concat!("SELECT ", columns!(), " FROM keys WHERE hash = ?1"), &[&hash]).await
}

pub async fn find(tx: &mut Tx, project: ProjectId, id: KeyId) -> Result<Option<Key>> {
    tx.query_opt(concat!("SELECT ", columns!(), " FROM keys WHERE id = ?1 AND project_id = ?2"), &[&id, &project]).await
}

/// Keys of a project, oldest first.
pub async fn list(tx: &mut Tx, project: ProjectId, after: Option<KeyId>, limit: i64) -> Result<Vec<Key>> {
    tx.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM keys WHERE project_id = ?1 AND (id > ?2 OR ?2 IS NULL) ORDER BY id LIMIT ?3"
        ),
        &[&project, &after, &limit],
    )
    .await
}

/// Revokes the key. A key that is already revoked keeps its time.
pub async fn revoke(tx: &mut Tx, project: ProjectId, id: KeyId, at: Timestamp) -> Result<u64> {
    tx.execute(
        "UPDATE keys SET revoked_at = ?3 WHERE id = ?1 AND project_id = ?2 AND revoked_at IS NULL",
        &[&id, &project, &at],
    )
    .await
}

/// Tells whether the installation has any key.
pub async fn any(tx: &mut Tx) -> Result<bool> {
    Ok(tx.query_opt("SELECT EXISTS (SELECT 1 FROM keys)", &[]).await?.unwrap_or(false))
}
