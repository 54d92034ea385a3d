//! Migrations on SQLite.

use rusqlite::{Connection, Result, TransactionBehavior::Immediate, params};

use super::open::Opening;
use crate::migrations::{self, SECRET, TABLE};

/// The version of the schema, 0 for an empty database. Fails with "no such table" for a database of another program.
pub(super) fn version(db: &Connection) -> Result<i64> {
    let objects: i64 = db.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if objects == 0 {
        return Ok(0);
    }
    db.query_row("SELECT COALESCE(MAX(version), 0) FROM schema_migrations", [], |row| row.get(0))
}

/// Applies the missing steps, each in a transaction, and returns the installation secret.
pub(super) fn migrate(db: &mut Connection) -> Result<[u8; 32], Opening> {
    let found = version(db)?;
    for migration in migrations::beyond(found) {
        migration.announce(found);
        let tx = db.transaction_with_behavior(Immediate)?;
        tx.execute_batch(TABLE)?;
        tx.execute_batch(migration.sqlite).map_err(|e| Opening::Migration(migration, e))?;
        if migration.version == SECRET {
            let secret = migrations::new_secret().map_err(Opening::Random)?;
            tx.execute("INSERT INTO installation (secret) VALUES (?1)", params![secret])?;
        }
        tx.execute(
            "INSERT INTO schema_migrations (version, name, at) VALUES (?1, ?2, CAST(unixepoch('subsec') * 1000000 AS INTEGER))",
            params![migration.version, migration.name],
        )?;
        tx.commit()?;
    }
    Ok(db.query_row("SELECT secret FROM installation", [], |row| row.get(0))?)
}
