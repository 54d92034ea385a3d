//! Providers of projects.

use domain::{
    ProjectId, Result,
    provider::{Kind, Protocol, Provider},
};

use crate::{FromRow, Row, Tx, word};

macro_rules! columns {
    () => {
        "id, project_id, name, kind, base_url, wire, api_key, created_at, updated_at"
    };
}

impl FromRow for Provider {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let wire = match row.get::<Option<String>>(5)? {
            Some(_) => Some(word(row, 5, Protocol::parse)?),
            None => None,
        };
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            name: row.get(2)?,
            kind: word(row, 3, Kind::parse)?,
            base_url: row.get(4)?,
            wire,
            key: row.get(6)?,
            created_at: row.get(7)?,
            updated_at: row.get(8)?,
        })
    }
}

/// Inserts the provider, or writes all changeable fields of the one with its name.
pub async fn save(tx: &mut Tx, provider: &Provider) -> Result<()> {
    tx.execute(
        concat!(
            "INSERT INTO providers (",
            columns!(),
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (project_id, name) DO UPDATE SET
             kind = ?4, base_url = ?5, wire = ?6, api_key = ?7, updated_at = ?9"
        ),
        &[
            &provider.id,
            &provider.project,
            &provider.name,
            &provider.kind.as_str(),
            &provider.base_url,
            &provider.wire.map(Protocol::as_str),
            &provider.key,
            &provider.created_at,
            &provider.updated_at,
        ],
    )
    .await
    .map(drop)
}

pub async fn find(tx: &mut Tx, project: ProjectId, name: &str) -> Result<Option<Provider>> {
    let sql = concat!("SELECT ", columns!(), " FROM providers WHERE project_id = ?1 AND name = ?2");
    tx.query_opt(sql, &[&project, &name]).await
}

/// The project's providers, by name. Limits bound their number.
pub async fn list(tx: &mut Tx, project: ProjectId) -> Result<Vec<Provider>> {
    tx.query(concat!("SELECT ", columns!(), " FROM providers WHERE project_id = ?1 ORDER BY name"), &[&project]).await
}

/// Returns whether there was one.
pub async fn delete(tx: &mut Tx, project: ProjectId, name: &str) -> Result<bool> {
    Ok(tx.execute("DELETE FROM providers WHERE project_id = ?1 AND name = ?2", &[&project, &name]).await? == 1)
}
