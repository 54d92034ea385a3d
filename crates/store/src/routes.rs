//! Routes of projects, the switches of the configuration's routes, and the number of changes of both.

use domain::{ProjectId, Result, Timestamp, provider::Route};

use crate::{FromRow, Json, Row, Tx, json};

impl FromRow for Route {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            project: row.get(0)?,
            name: row.get(1)?,
            settings: row.get::<Json<_>>(2)?.0,
            created_at: row.get(3)?,
            updated_at: row.get(4)?,
        })
    }
}

/// Inserts the route, or changes the one with its name.
pub async fn save(tx: &mut Tx, route: &Route) -> Result<()> {
    tx.execute(
        "INSERT INTO routes (project_id, name, settings, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (project_id, name) DO UPDATE SET settings = ?3, updated_at = ?5",
        &[&route.project, &route.name, &json(&route.settings)?, &route.created_at, &route.updated_at],
    )
    .await
    .map(drop)
}

/// The project's routes, by name. Limits bound their number.
pub async fn list(tx: &mut Tx, project: ProjectId) -> Result<Vec<Route>> {
    tx.query(
        "SELECT project_id, name, settings, created_at, updated_at FROM routes WHERE project_id = ?1 ORDER BY name",
        &[&project],
    )
    .await
}

/// Returns whether there was one.
pub async fn delete(tx: &mut Tx, project: ProjectId, name: &str) -> Result<bool> {
    Ok(tx.execute("DELETE FROM routes WHERE project_id = ?1 AND name = ?2", &[&project, &name]).await? == 1)
}

/// Switches a route of the configuration off, for all projects.
pub async fn switch_off(tx: &mut Tx, name: &str, at: Timestamp) -> Result<()> {
    let sql = "INSERT INTO switched_routes (name, at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    tx.execute(sql, &[&name, &at]).await.map(drop)
}

/// Switches a route of the configuration on again.
pub async fn switch_on(tx: &mut Tx, name: &str) -> Result<()> {
    tx.execute("DELETE FROM switched_routes WHERE name = ?1", &[&name]).await.map(drop)
}

/// The routes of the configuration that are switched off, by name. The operator switches them, so they are few.
pub async fn switched_off(tx: &mut Tx) -> Result<Vec<String>> {
    tx.query("SELECT name FROM switched_routes ORDER BY name", &[]).await
}

/// Notes a change of providers, routes or switches of any project, so that every server reads them anew.
pub async fn changed(tx: &mut Tx) -> Result<()> {
    tx.execute("UPDATE installation SET catalogue = catalogue + 1", &[]).await.map(drop)
}

/// The number of changes so far.
pub async fn changes(tx: &mut Tx) -> Result<i64> {
    Ok(tx.query_opt("SELECT catalogue FROM installation", &[]).await?.unwrap_or(0))
}
