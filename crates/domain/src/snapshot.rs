//! Browser snapshots: saved states of a browser, for agents that use one.

use crate::{KeyId, ProjectId, SnapshotId, Timestamp};

/// A browser snapshot without the state itself, which contains live credentials and is stored apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub id: SnapshotId,
    pub project: ProjectId,
    /// The creator. Only this key sees a private snapshot.
    pub key: KeyId,
    pub name: String,
    /// The domains of the snapshot's cookies, sorted.
    pub domains: Vec<String>,
    pub is_default: bool,
    pub is_private: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
