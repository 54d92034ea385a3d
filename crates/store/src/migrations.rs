//! The versions of the schema, in order. A released version never changes; later versions change its result.

/// One step of the schema, with a text for each database. It runs once, in its own transaction.
pub(crate) struct Migration {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl Migration {
    /// Logs a step that changes a database with data. A new database has version 0 and no data.
    pub(crate) fn announce(&self, found: i64) {
        if found > 0 {
            tracing::info!(
                version = self.version,
                name = self.name,
                "migrating the database, which takes minutes for a large one"
            );
        }
    }
}

macro_rules! migration {
    ($version:literal, $name:literal, $file:literal) => {
        Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $file)),
            postgres: include_str!(concat!("../migrations/postgres/", $file)),
        }
    };
}

pub(crate) const ALL: &[Migration] = &[
    migration!(1, "foundation", "0001_foundation.sql"),
    migration!(2, "tags", "0002_tags.sql"),
    migration!(3, "overrides", "0003_overrides.sql"),
    migration!(4, "chat", "0004_chat.sql"),
    migration!(5, "tickets", "0005_tickets.sql"),
    migration!(6, "webhooks", "0006_webhooks.sql"),
    migration!(7, "agent_keys", "0007_agent_keys.sql"),
    migration!(8, "agents_of_projects", "0008_agents_of_projects.sql"),
    migration!(9, "entries_with_messages", "0009_entries_with_messages.sql"),
    migration!(10, "found_anywhere", "0010_found_anywhere.sql"),
    migration!(11, "open_turns", "0011_open_turns.sql"),
    migration!(12, "entries_by_arrival", "0012_entries_by_arrival.sql"),
    migration!(13, "bounded_steps", "0013_bounded_steps.sql"),
    migration!(14, "entries_as_shown", "0014_entries_as_shown.sql"),
    migration!(15, "clock_steps", "0015_clock_steps.sql"),
    migration!(16, "due_by_project", "0016_due_by_project.sql"),
    migration!(17, "messages_by_project", "0017_messages_by_project.sql"),
    migration!(18, "guest_ids", "0018_guest_ids.sql"),
    migration!(19, "owners", "0019_owners.sql"),
    migration!(20, "tool_calls", "0020_tool_calls.sql"),
    migration!(21, "stored_bytes", "0021_stored_bytes.sql"),
    migration!(22, "what_is_left", "0022_what_is_left.sql"),
    migration!(23, "blocks", "0023_blocks.sql"),
    migration!(24, "fits", "0024_fits.sql"),
    migration!(25, "usage", "0025_usage.sql"),
    migration!(26, "external_turns", "0026_external_turns.sql"),
    migration!(27, "own_providers", "0027_own_providers.sql"),
    migration!(28, "pushes", "0028_pushes.sql"),
    migration!(29, "budgets", "0029_budgets.sql"),
    migration!(30, "handling", "0030_handling.sql"),
    migration!(31, "sign_ins", "0031_sign_ins.sql"),
    migration!(32, "heads", "0032_heads.sql"),
    migration!(33, "reported_usage", "0033_reported_usage.sql"),
    migration!(34, "asked_in_silence", "0034_asked_in_silence.sql"),
    migration!(35, "search", "0035_search.sql"),
    migration!(36, "guests", "0036_guests.sql"),
    migration!(37, "console", "0037_console.sql"),
    migration!(38, "tool_secrets", "0038_tool_secrets.sql"),
];

/// The version after which the table `installation` needs its only row.
pub(crate) const SECRET: i64 = 1;

/// The table of applied steps. The text is the same on both databases.
pub(crate) const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, at BIGINT NOT NULL)";

/// The newest version that this build knows.
pub(crate) fn newest() -> i64 {
    ALL.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// The steps after `version`, in order.
pub(crate) fn beyond(version: i64) -> impl Iterator<Item = &'static Migration> {
    ALL.iter().filter(move |migration| migration.version > version)
}

/// The installation secret. Every derived key is an HMAC of it. It is created once, with the schema.
pub(crate) fn new_secret() -> Result<[u8; 32], getrandom::Error> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbered_in_order() {
        assert!(ALL.windows(2).all(|two| two[0].version < two[1].version));
    }
}
