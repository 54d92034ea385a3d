//! Two migrations, one schema.

use std::collections::BTreeSet;

use domain::Result;
use store::{Tx, op, testing::Scratch};

/// `table.column type null?` of every column, and `index name` of every index with a name of ours.
async fn schema(tx: &mut Tx, postgres: bool) -> Result<BTreeSet<String>> {
    let columns: Vec<(String, String, String, bool)> = if postgres {
        tx.query(
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT), is_nullable = 'NO'
             FROM information_schema.columns WHERE table_schema = 'public'",
            &[],
        )
        .await?
    } else {
        tx.query(
            "SELECT t.name, c.name, c.type, c.\"notnull\" FROM sqlite_schema t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table'",
            &[],
        )
        .await?
    };
    let indexes: Vec<String> = if postgres {
        tx.query(
            "SELECT CAST(c.relname AS TEXT) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
             JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'public' AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)",
            &[],
        )
        .await?
    } else {
        tx.query("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL", &[]).await?
    };
    let columns = columns.into_iter().map(|(table, column, ty, required)| {
        format!("{table}.{column} {} {}", storage(&ty), if required { "required" } else { "optional" })
    });
    Ok(columns.chain(indexes.into_iter().map(|name| format!("index {name}"))).collect())
}

/// How SQLite stores a type of PostgreSQL.
fn storage(ty: &str) -> &str {
    match ty {
        "bigint" | "boolean" | "BIGINT" => "INTEGER",
        "uuid" | "bytea" => "BLOB",
        "text" => "TEXT",
        sqlite => sqlite,
    }
}

#[tokio::test]
async fn both_databases_have_the_same_tables_columns_and_indexes() {
    let (sqlite, postgres) = (Scratch::sqlite().await, Scratch::postgres().await);
    let on_sqlite = sqlite.store.read(op(|tx| Box::pin(schema(tx, false)))).await.unwrap();
    let on_postgres = postgres.store.read(op(|tx| Box::pin(schema(tx, true)))).await.unwrap();
    assert!(on_sqlite.contains("messages.listed INTEGER required"), "{on_sqlite:?}");
    let differences: Vec<&String> = on_sqlite.symmetric_difference(&on_postgres).collect();
    assert!(differences.is_empty(), "{differences:#?}");
}
