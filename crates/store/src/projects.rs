//! Projects: the tenants.

use domain::{ProjectId, Result, project::Project};

use crate::{FromRow, Row, Tx, budgets};

impl FromRow for Project {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { id: row.get(0)?, name: row.get(1)?, created_at: row.get(2)?, budgets: budgets::read(row, 3)? })
    }
}

/// Inserts the project, without budgets. `false` if a project has this name.
pub async fn insert(tx: &mut Tx, project: &Project) -> Result<bool> {
    let rows = tx
        .execute(
            "INSERT INTO projects (id, name, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            &[&project.id, &project.name, &project.created_at],
        )
        .await?;
    Ok(rows == 1)
}

pub async fn find(tx: &mut Tx, id: ProjectId) -> Result<Option<Project>> {
    tx.query_opt("SELECT id, name, created_at, budgets FROM projects WHERE id = ?1", &[&id]).await
}

pub async fn find_by_name(tx: &mut Tx, name: &str) -> Result<Option<Project>> {
    tx.query_opt("SELECT id, name, created_at, budgets FROM projects WHERE name = ?1", &[&name]).await
}

/// All projects of the installation, oldest first.
pub async fn list(tx: &mut Tx, after: Option<ProjectId>, limit: i64) -> Result<Vec<Project>> {
    tx.query(
        "SELECT id, name, created_at, budgets FROM projects WHERE (id > ?1 OR ?1 IS NULL) ORDER BY id LIMIT ?2",
        &[&after, &limit],
    )
    .await
}

/// Locks the project for this transaction, so that numbers within it are given out one at a time. `false` if there is
/// no such project.
pub async fn lock(tx: &mut Tx, id: ProjectId) -> Result<bool> {
    let found: Option<ProjectId> =
        tx.query_opt("SELECT id FROM projects WHERE id = ?1 /*pg FOR UPDATE */", &[&id]).await?;
    Ok(found.is_some())
}
