//! Extras: settings of an agent or a thread that clients store, and that nothing here acts on.
//!
//! Extras may hold credentials of servers that clients name, for example as headers. Such extras are sealed as a whole.
//! Others stay readable, so that a lost key costs nothing but secrets.

use domain::{Error, Map, ProjectId, Result, StoredSecret, codes};
use store::{
    Tx,
    secrets::{Column, SECRET_NAMES},
};
use uuid::Uuid;

use crate::{inner::Inner, sealing::Place};

/// The extras of an agent or a thread. Empty if it has none.
///
/// # Errors
/// `unavailable` with the code `secret_unreadable` if no sealing key opens them.
pub(crate) async fn find(tx: &mut Tx, inner: &Inner, project: ProjectId, owner: Uuid) -> Result<Map> {
    match store::extras::find(tx, project, owner).await? {
        Some(stored) => read(inner, project, owner, &stored),
        None => Ok(Map::new()),
    }
}

/// The extras for a list, which a missing key must not break: empty if no sealing key opens them.
pub(crate) async fn listed(tx: &mut Tx, inner: &Inner, project: ProjectId, owner: Uuid) -> Result<Map> {
    match find(tx, inner, project, owner).await {
        Err(error) if error.code == codes::SECRET_UNREADABLE => {
            tracing::error!(?error, "a list shows something without its extras");
            Ok(Map::new())
        }
        found => found,
    }
}

/// Replaces the extras.
///
/// # Errors
/// `conflict` for extras with secrets without a sealing key; `unavailable` if the key's file cannot be written.
pub(crate) async fn save(tx: &mut Tx, inner: &Inner, project: ProjectId, owner: Uuid, extras: &Map) -> Result<()> {
    let text = serde_json::to_string(extras).map_err(Error::internal)?;
    let stored = match holds_secrets(&text) {
        true => inner.sealing.seal(&inner.clock, &place(project, owner), &text)?,
        false => StoredSecret::new(text),
    };
    store::extras::save(tx, project, owner, &stored).await
}

/// Opens extras as they are stored.
///
/// # Errors
/// As [`find`].
pub(crate) fn read(inner: &Inner, project: ProjectId, owner: Uuid, stored: &StoredSecret) -> Result<Map> {
    let text = inner.sealing.open(&place(project, owner), stored)?;
    serde_json::from_str(&text).map_err(|_| Error::internal(format!("extras.extras of {owner} is not a JSON object")))
}

fn place(project: ProjectId, owner: Uuid) -> Place {
    Place { project, column: Column::Extras, row: owner }
}

/// Tells whether a member, at any depth, has one of the names. A text that only looks like one is sealed too.
fn holds_secrets(text: &str) -> bool {
    SECRET_NAMES.iter().any(|name| text.contains(&format!("\"{name}\"")))
}
