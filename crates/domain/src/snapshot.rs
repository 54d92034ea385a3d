//! Saved states of a browser, for agents that act in one.

use crate::{KeyId, ProjectId, SnapshotId, Timestamp};

/// Saved cookies and storage of a browser, without the state itself: that is live credentials and stands apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub id: SnapshotId,
    pub project: ProjectId,
    /// Who made it; a private one is seen by no other key.
    pub key: KeyId,
    pub name: String,
    /// The domains of its cookies, sorted.
    pub domains: Vec<String>,
    pub is_default: bool,
    pub is_private: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
