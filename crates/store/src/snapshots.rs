//! Browser snapshots. Only [`state`] reads the saved state.

use domain::{KeyId, ProjectId, Result, SnapshotId, StoredSecret, snapshot::Snapshot};

use crate::{FromRow, Json, Row, Tx, json};

macro_rules! columns {
    () => {
        "id, project_id, key_id, name, domains, is_default, is_private, created_at, updated_at"
    };
}

impl FromRow for Snapshot {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            key: row.get(2)?,
            name: row.get(3)?,
            domains: row.get::<Json<_>>(4)?.0,
            is_default: row.get(5)?,
            is_private: row.get(6)?,
            created_at: row.get(7)?,
            updated_at: row.get(8)?,
        })
    }
}

/// Writes the snapshot, and the state in its own table.
pub async fn insert(tx: &mut Tx, snapshot: &Snapshot, state: &StoredSecret) -> Result<()> {
    let domains = json(&snapshot.domains)?;
    tx.execute_all(&[
        (
            concat!("INSERT INTO snapshots (", columns!(), ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"),
            &[
                &snapshot.id,
                &snapshot.project,
                &snapshot.key,
                &snapshot.name,
                &domains,
                &snapshot.is_default,
                &snapshot.is_private,
                &snapshot.created_at,
                &snapshot.updated_at,
            ],
        ),
        (
            "INSERT INTO snapshot_states (snapshot_id, project_id, state) VALUES (?1, ?2, ?3)",
            &[&snapshot.id, &snapshot.project, state],
        ),
    ])
    .await
    .map(drop)
}

pub async fn find(tx: &mut Tx, project: ProjectId, id: SnapshotId) -> Result<Option<Snapshot>> {
    tx.query_opt(concat!("SELECT ", columns!(), " FROM snapshots WHERE id = ?1 AND project_id = ?2"), &[&id, &project])
        .await
}

/// Snapshots that `key` may see, shared ones and its own, after `after`, oldest first.
pub async fn list(
    tx: &mut Tx,
    project: ProjectId,
    key: KeyId,
    after: Option<SnapshotId>,
    limit: i64,
) -> Result<Vec<Snapshot>> {
    tx.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM snapshots WHERE project_id = ?1 AND (NOT is_private OR key_id = ?2)
              AND (id > ?3 OR ?3 IS NULL) ORDER BY id LIMIT ?4"
        ),
        &[&project, &key, &after, &limit],
    )
    .await
}

/// The oldest default snapshots of the project that `key` may use.
pub async fn defaults(tx: &mut Tx, project: ProjectId, key: KeyId, limit: i64) -> Result<Vec<SnapshotId>> {
    tx.query(
        "SELECT id FROM snapshots WHERE project_id = ?1 AND is_default AND (NOT is_private OR key_id = ?2)
         ORDER BY id LIMIT ?3",
        &[&project, &key, &limit],
    )
    .await
}

/// The number of the project's snapshots.
pub async fn count(tx: &mut Tx, project: ProjectId) -> Result<i64> {
    let count = tx.query_opt("SELECT COUNT(*) FROM snapshots WHERE project_id = ?1", &[&project]).await?;
    Ok(count.unwrap_or(0))
}

/// Writes all changeable fields of a snapshot except its state.
pub async fn save(tx: &mut Tx, snapshot: &Snapshot) -> Result<()> {
    tx.execute(
        "UPDATE snapshots SET name = ?3, is_default = ?4, is_private = ?5, updated_at = ?6
         WHERE id = ?1 AND project_id = ?2",
        &[
            &snapshot.id,
            &snapshot.project,
            &snapshot.name,
            &snapshot.is_default,
            &snapshot.is_private,
            &snapshot.updated_at,
        ],
    )
    .await
    .map(drop)
}

/// The snapshot, locked until the transaction ends.
pub async fn lock(tx: &mut Tx, project: ProjectId, id: SnapshotId) -> Result<Option<Snapshot>> {
    tx.query_opt(
        concat!("SELECT ", columns!(), " FROM snapshots WHERE id = ?1 AND project_id = ?2 /*pg FOR UPDATE */"),
        &[&id, &project],
    )
    .await
}

/// The saved cookies and storage.
pub async fn state(tx: &mut Tx, project: ProjectId, id: SnapshotId) -> Result<Option<StoredSecret>> {
    tx.query_opt("SELECT state FROM snapshot_states WHERE snapshot_id = ?1 AND project_id = ?2", &[&id, &project]).await
}

pub async fn delete(tx: &mut Tx, project: ProjectId, id: SnapshotId) -> Result<u64> {
    let rows = tx
        .execute_all(&[
            ("DELETE FROM snapshots WHERE id = ?1 AND project_id = ?2", &[&id, &project]),
            ("DELETE FROM snapshot_states WHERE snapshot_id = ?1 AND project_id = ?2", &[&id, &project]),
        ])
        .await?;
    Ok(rows.first().copied().unwrap_or(0))
}
