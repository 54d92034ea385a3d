//! Columns with secrets. [`Column`] lists them, so that a new key reaches all of them.

use domain::{ProjectId, Result, StoredSecret};
use uuid::Uuid;

use crate::Tx;

/// The characters of a secret that [`list`] returns: enough for the beginning of a sealed one.
pub const HEAD_CHARS: usize = 18;

/// The statements of one column.
struct Statements {
    list: &'static str,
    find: &'static str,
    replace: &'static str,
}

macro_rules! columns {
    ($($(#[$doc:meta])+ $name:ident: $table:literal, $row:literal, $field:literal, $holds:literal;)+) => {
        /// A column with secrets. Table and field are part of what a sealed secret is bound to, so they never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Column {
            $($(#[$doc])+ $name,)+
        }

        impl Column {
            pub const ALL: &[Self] = &[$(Self::$name),+];

            pub fn table(self) -> &'static str {
                match self {
                    $(Self::$name => $table,)+
                }
            }

            pub fn field(self) -> &'static str {
                match self {
                    $(Self::$name => $field,)+
                }
            }

            fn statements(self) -> Statements {
                match self {
                    $(Self::$name => Statements {
                        list: concat!(
                            "SELECT ", $row, ", project_id, SUBSTR(", $field, ", 1, 18) FROM ", $table,
                            " WHERE ", $holds, " AND (", $row, " > ?1 OR (", $row, " = ?1 AND project_id > ?3) OR ?1 IS NULL)",
                            " ORDER BY ", $row, ", project_id LIMIT ?2"
                        ),
                        find: concat!(
                            "SELECT ", $field, " FROM ", $table,
                            " WHERE ", $row, " = ?1 AND project_id = ?2 AND ", $holds
                        ),
                        replace: concat!(
                            "UPDATE ", $table, " SET ", $field, " = ?4",
                            " WHERE ", $row, " = ?1 AND project_id = ?2 AND ", $field, " = ?3"
                        ),
                    },)+
                }
            }
        }
    };
}

columns! {
    /// The fixed `Authorization` of a webhook.
    WebhookAuthorization: "webhooks", "id", "authorization_value", "authorization_value <> ''";
    /// Cookies and storage of a browser snapshot.
    SnapshotState: "snapshot_states", "snapshot_id", "state", "state <> ''";
    /// Extras with one of [`SECRET_NAMES`].
    Extras: "extras", "owner_id", "extras",
        "(extras LIKE 'sealed:%' OR extras LIKE '%\"headers\"%' OR extras LIKE '%\"env\"%' OR extras LIKE '%\"authorization\"%'
          OR extras LIKE '%\"api_key\"%' OR extras LIKE '%\"token\"%' OR extras LIKE '%\"password\"%' OR extras LIKE '%\"secret\"%')";
    /// The key of a project's provider.
    ProviderKey: "providers", "id", "api_key", "api_key <> ''";
    /// The secret with which a project signs identities of an agent's guests.
    GuestSecret: "guest_secrets", "agent_id", "secret", "secret <> ''";
    /// The secret before it.
    FormerGuestSecret: "guest_secrets", "agent_id", "former", "former <> ''";
    /// Headers and signing secrets of an agent's HTTP tools.
    ToolSecrets: "tool_secrets", "agent_id", "secrets", "secrets <> ''";
}

/// Names of members that hold secrets. Extras with one of them are sealed whole.
pub const SECRET_NAMES: [&str; 7] = ["headers", "env", "authorization", "api_key", "token", "password", "secret"];

/// Rows of all projects with a secret, after `after`: row, project and the first [`HEAD_CHARS`] characters.
pub async fn list(
    tx: &mut Tx,
    column: Column,
    after: Option<(Uuid, ProjectId)>,
    limit: i64,
) -> Result<Vec<(Uuid, ProjectId, String)>> {
    let (row, project) = after.unzip();
    tx.query(column.statements().list, &[&row, &limit, &project]).await
}

pub async fn find(tx: &mut Tx, column: Column, project: ProjectId, row: Uuid) -> Result<Option<StoredSecret>> {
    tx.query_opt(column.statements().find, &[&row, &project]).await
}

/// Replaces the secret if it is still `old`. `false` if it is not.
pub async fn replace(
    tx: &mut Tx,
    column: Column,
    project: ProjectId,
    row: Uuid,
    old: &StoredSecret,
    new: &StoredSecret,
) -> Result<bool> {
    let rows = tx.execute(column.statements().replace, &[&row, &project, old, new]).await?;
    Ok(rows == 1)
}
