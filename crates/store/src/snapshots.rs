//! Browser snapshots. The state itself is read by [`state`] alone.

use domain::{KeyId, ProjectId, Result, SnapshotId, snapshot::Snapshot};

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

/// Writes the snapshot and, in its own table, the state.
pub async fn insert(tx: &mut Tx, snapshot: &Snapshot, state: &str) -> Result<()> {
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
            &[&snapshot.id, &snapshot.project, &state],
        ),
    ])
    .await
    .map(drop)
}

pub async fn find(tx: &mut Tx, project: ProjectId, id: SnapshotId) -> Result<Option<Snapshot>> {
    tx.query_opt(concat!("SELECT ", columns!(), " FROM snapshots WHERE id = ?1 AND project_id = ?2"), &[&id, &project])
        .await
}

/// Snapshots that `key` may see, beyond `after`: shared ones and its own, oldest first.
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

/// The saved cookies and storage.
pub async fn state(tx: &mut Tx, project: ProjectId, id: SnapshotId) -> Result<Option<String>> {
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
