//! Migrations on PostgreSQL.

use tokio_postgres::{Client, Error, GenericClient};

use super::open::Opening;
use crate::migrations::{self, SECRET, TABLE};

/// The advisory lock of migrations. One process migrates, and the others wait and find the schema complete. No other
/// lock has this number.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7420019330001)";

/// Applies the missing steps, each in a transaction, and returns the installation secret.
pub(super) async fn migrate(client: &mut Client) -> Result<[u8; 32], Opening> {
    let found = version(client).await?;
    if found > migrations::newest() {
        return Err(Opening::Newer(found));
    }
    for migration in migrations::beyond(found) {
        let tx = client.transaction().await?;
        tx.batch_execute(LOCK).await?;
        if version(&tx).await? >= migration.version {
            continue;
        }
        migration.announce(found);
        tx.batch_execute(TABLE).await?;
        tx.batch_execute(migration.postgres).await.map_err(|e| Opening::Migration(migration, e))?;
        if migration.version == SECRET {
            let secret = migrations::new_secret().map_err(Opening::Random)?;
            tx.execute("INSERT INTO installation (secret) VALUES ($1)", &[&secret.as_slice()]).await?;
        }
        tx.execute(
            "INSERT INTO schema_migrations (version, name, at)
             VALUES ($1, $2, CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT))",
            &[&migration.version, &migration.name],
        )
        .await?;
        tx.commit().await?;
    }
    let secret: Vec<u8> = client.query_one("SELECT secret FROM installation", &[]).await?.try_get(0)?;
    secret.try_into().map_err(|_| Opening::Damaged("the installation secret is not 32 bytes".to_owned()))
}

/// The version of the schema, 0 for an empty database.
async fn version(client: &impl GenericClient) -> Result<i64, Error> {
    // Not `to_regclass`, which answers from a cache that may be as old as the wait for the lock.
    let made = "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_migrations')";
    if !client.query_one(made, &[]).await?.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    client.query_one("SELECT COALESCE(MAX(version), 0) FROM schema_migrations", &[]).await?.try_get(0)
}
