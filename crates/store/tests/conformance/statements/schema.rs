//! Two migrations, one schema.

use std::collections::BTreeSet;

use domain::{
    AgentId, GuestId, ProjectId, Result, Timestamp,
    agent::{Agent, Guests, Settings},
};
use store::{
    Bound, Tx, agents, events, log,
    messages::{self, Side},
    op,
    testing::Scratch,
    threads,
};

use super::log::{entry, thread};
use crate::samples::id;

/// `table.column type null?` of every column, those of views too, and `index name` of every index with a name of ours.
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
             WHERE t.type IN ('table', 'view')",
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
    let columns = columns.into_iter().filter(|(table, column, ..)| !is_of_one_database(table, column));
    let indexes = indexes.into_iter().filter(|name| name != "search_rows_tokens");
    let columns = columns.map(|(table, column, ty, required)| {
        format!("{table}.{column} {} {}", storage(&ty), if required { "required" } else { "optional" })
    });
    Ok(columns.chain(indexes.map(|name| format!("index {name}"))).collect())
}

/// The tokens of searches: SQLite has them in a virtual table with tables of its own, PostgreSQL in a column with an
/// index.
fn is_of_one_database(table: &str, column: &str) -> bool {
    table.starts_with("search_index")
        || table == "search_entries"
        || (table == "search_rows" && matches!(column, "n" | "tokens"))
}

/// SQLite's type for a type of PostgreSQL.
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
    assert!(on_sqlite.contains("events.data TEXT required"), "{on_sqlite:?}");
    let differences: Vec<&String> = on_sqlite.symmetric_difference(&on_postgres).collect();
    assert!(differences.is_empty(), "{differences:#?}");
}

/// The statements that undo each version from 18 on, newest first. Both databases understand them.
const UNDOES: [(i64, &str); 64] = [
    (38, "DROP TABLE tool_secrets"),
    (37, "DROP TABLE agent_changes"),
    (37, "ALTER TABLE audit DROP COLUMN object"),
    (36, "DROP TABLE guest_threads"),
    (36, "DROP TABLE guest_secrets"),
    (35, "DROP VIEW search_entries"),
    (35, "DROP TABLE search_rows"),
    (35, "DROP TABLE IF EXISTS search_index"),
    (35, "DROP TABLE search_late"),
    (35, "DROP TABLE search_projects"),
    (34, "ALTER TABLE threads DROP COLUMN agent_silent_at"),
    (33, "ALTER TABLE usage_sums DROP COLUMN reported"),
    (33, "ALTER TABLE step_usage DROP COLUMN reported"),
    (32, "DROP TABLE saved_replies"),
    (32, "DROP TABLE thread_seen"),
    (32, "DROP INDEX threads_awaited"),
    (32, "DROP INDEX threads_active"),
    (32, "ALTER TABLE threads DROP COLUMN idle_s"),
    (32, "ALTER TABLE threads DROP COLUMN active"),
    (32, "ALTER TABLE threads DROP COLUMN last_words"),
    (31, "ALTER TABLE members DROP COLUMN role"),
    (31, "DROP TABLE sign_in_links"),
    (31, "DROP TABLE sign_ins"),
    (30, "DROP INDEX threads_assigned"),
    (30, "DROP INDEX threads_silent"),
    (30, "ALTER TABLE threads DROP COLUMN people_seq"),
    (30, "ALTER TABLE threads DROP COLUMN unanswered_seq"),
    (30, "ALTER TABLE threads DROP COLUMN unanswered_since"),
    (30, "ALTER TABLE threads DROP COLUMN silent_until"),
    (30, "ALTER TABLE threads DROP COLUMN wanted"),
    (30, "ALTER TABLE threads DROP COLUMN assignee_id"),
    (30, "ALTER TABLE threads DROP COLUMN held_since"),
    (29, "DROP TABLE budget_draws"),
    (29, "ALTER TABLE projects DROP COLUMN budgeted"),
    (29, "ALTER TABLE projects DROP COLUMN budgets"),
    (29, "ALTER TABLE keys DROP COLUMN budgets"),
    (29, "ALTER TABLE customers DROP COLUMN budgets"),
    (28, "DROP INDEX external_turns_push"),
    (28, "ALTER TABLE external_turns DROP COLUMN push_at"),
    (28, "ALTER TABLE external_turns DROP COLUMN push_tries"),
    (28, "ALTER TABLE external_turns DROP COLUMN push_since"),
    (27, "ALTER TABLE installation DROP COLUMN catalogue"),
    (27, "DROP TABLE switched_routes"),
    (27, "DROP TABLE routes"),
    (27, "DROP TABLE providers"),
    (26, "DROP TABLE key_agents"),
    (26, "DROP TABLE external_turns"),
    (25, "DROP TABLE step_usage"),
    (25, "DROP TABLE usage_sums"),
    (25, "ALTER TABLE threads DROP COLUMN spent"),
    (25, "ALTER TABLE turns DROP COLUMN spent"),
    (24, "DROP TABLE fits"),
    (23, "DROP TABLE blocks"),
    (22, "ALTER TABLE removals RENAME COLUMN owner_id TO thread_id"),
    (21, "ALTER TABLE threads DROP COLUMN stored_bytes"),
    (21, "ALTER TABLE removals DROP COLUMN stored_bytes"),
    (20, "DROP TABLE tool_calls"),
    (19, "ALTER TABLE keys DROP COLUMN replaces_id"),
    (19, "ALTER TABLE keys DROP COLUMN line_id"),
    (19, "ALTER TABLE threads DROP COLUMN owner_line_id"),
    (18, "DROP INDEX agents_guest"),
    (18, "ALTER TABLE agents DROP COLUMN guest_id"),
    (18, "ALTER TABLE agents DROP COLUMN lets_guests_in"),
    (18, "CREATE INDEX agents_anywhere ON agents(id, created_at)"),
];

/// Takes the schema back to a version from 17 on, so that the later migrations run again.
pub async fn back_to(tx: &mut Tx, version: i64) -> Result<()> {
    for (_, sql) in UNDOES.iter().filter(|(undone, _)| *undone > version) {
        tx.execute(sql, &[]).await?;
    }
    tx.execute("DELETE FROM schema_migrations WHERE version > ?1", &[&version]).await.map(drop)
}

/// Takes the schema back to the version in which messages had their own table, so that all later migrations run again.
/// Both databases understand the statements. They omit declarations of the old tables that the migration does not need.
async fn before_entries_had_messages(tx: &mut Tx) -> Result<()> {
    back_to(tx, 17).await?;
    for sql in [
        "CREATE TABLE kept AS SELECT thread_id, seq, id, turn_id, role, listed, author, body, at FROM messages",
        "DROP VIEW messages",
        "ALTER TABLE kept RENAME TO messages",
        "DROP INDEX events_said",
        "DROP INDEX thread_tags_name",
        "DROP TABLE listed_marks",
        "ALTER TABLE threads DROP COLUMN listed",
        "ALTER TABLE events DROP COLUMN project_id",
        "ALTER TABLE events DROP COLUMN message_id",
        "ALTER TABLE events DROP COLUMN message_turn_id",
        "ALTER TABLE events DROP COLUMN role",
        "ALTER TABLE events DROP COLUMN listed",
        "ALTER TABLE events DROP COLUMN author",
        "ALTER TABLE events DROP COLUMN body",
        "ALTER TABLE events DROP COLUMN shown",
        "DROP TABLE clock_steps",
        "DROP INDEX attachments_hash",
        "DROP TABLE removals",
        "DROP TABLE forks",
        "DROP INDEX agents_anywhere",
        "DELETE FROM schema_migrations WHERE version >= 9",
    ] {
        tx.execute(sql, &[]).await?;
    }
    Ok(())
}

async fn an_older_schemas_messages_become_part_of_their_entries(db: Scratch) {
    let mut head = thread(ProjectId(id()));
    let entries =
        vec![entry(&mut head, None, None), entry(&mut head, Some("a"), None), entry(&mut head, Some("b"), None)];
    let (id, written) = (head.id, entries.clone());
    let write = op(move |tx| {
        Box::pin(async move {
            threads::insert(tx, &head).await?;
            log::append(tx, &head, &written, 0).await?;
            before_entries_had_messages(tx).await
        })
    });
    db.store.write(write).await.unwrap();
    let (reopened, _folder) = db.reopen(|_| {}).await;
    let read = op(move |tx| {
        Box::pin(async move {
            let (all, bound) = (events::Stretch::above(0), Bound::rows(10));
            let found = events::stretch(tx, id, all, false, bound).await?.rows;
            Ok((found, messages::page(tx, id, Side::Above(0), false, bound).await?.rows))
        })
    });
    let (found, said) = reopened.unwrap().read(read).await.unwrap();
    assert_eq!(found, entries);
    assert_eq!(said, entries.into_iter().filter_map(|entry| entry.message).collect::<Vec<_>>());
}

async fn guests_of_an_older_schema_keep_the_agent_that_had_its_id_first(db: Scratch) {
    let (first, second, closed) = (AgentId(id()), AgentId(id()), AgentId(id()));
    let agent = |agent: AgentId, at: i64, guests: Option<Guests>| Agent {
        id: agent,
        project: ProjectId(id()),
        number: 1,
        name: "one".into(),
        created_at: Timestamp(at),
        updated_at: Timestamp(at),
        archived_at: None,
        guest_id: None,
        settings: Settings { guests, ..Settings::default() },
    };
    let open = || Some(Guests::default());
    // If another agent had the id first, this one gets a new id, even if that agent lets nobody in.
    let all = [
        agent(first, 1, open()),
        agent(first, 2, open()),
        agent(second, 3, None),
        agent(second, 4, open()),
        agent(closed, 5, None),
    ];
    let written = all.clone();
    let write = op(move |tx| {
        Box::pin(async move {
            for agent in &written {
                agents::insert(tx, agent).await?;
            }
            // Guests knew an agent by its ordinary id.
            back_to(tx, 17).await
        })
    });
    db.store.write(write).await.unwrap();
    let (reopened, _folder) = db.reopen(|_| {}).await;
    let read = op(move |tx| {
        Box::pin(async move {
            let mut found = Vec::new();
            for agent in &all {
                found.push(agents::find(tx, agent.project, agent.id).await?.and_then(|agent| agent.guest_id));
            }
            Ok(found)
        })
    });
    let found = reopened.unwrap().read(read).await.unwrap();
    let (own, [one, other]) = (Some(GuestId(first.0)), [found[1], found[3]].map(|id| id.expect("an id for guests")));
    assert_eq!((found[0], found[2], found[4]), (own, None, None));
    assert!(one != other && ![first.0, second.0].contains(&one.0) && ![first.0, second.0].contains(&other.0));
    assert_eq!([one, other].map(|id| id.0.get_version_num()), [4, 4]);
}

crate::on_both! {
    an_older_schemas_messages_become_part_of_their_entries
    guests_of_an_older_schema_keep_the_agent_that_had_its_id_first
}
