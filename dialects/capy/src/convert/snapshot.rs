//! Browser snapshots.

use domain::{Kept, snapshot::Snapshot};
use engine::app::snapshots::{NewSnapshot, SnapshotPatch};

use crate::wire;

pub fn new(body: wire::CreateBrowserSnapshotBody) -> NewSnapshot {
    NewSnapshot {
        name: body.name,
        state: body.storage_state,
        is_default: body.is_default.unwrap_or(false),
        is_private: body.is_private.unwrap_or(false),
    }
}

pub fn patch(body: wire::UpdateBrowserSnapshotBody) -> SnapshotPatch {
    SnapshotPatch { name: body.name, is_default: body.is_default, is_private: body.is_private }
}

pub fn detail(snapshot: Snapshot, storage_state: Option<Kept>) -> wire::BrowserSnapshotDetail {
    wire::BrowserSnapshotDetail {
        id: snapshot.id.to_string(),
        project_id: snapshot.project.to_string(),
        name: snapshot.name,
        domains: Some(snapshot.domains),
        is_private: snapshot.is_private,
        is_default: snapshot.is_default,
        created_at: snapshot.created_at,
        updated_at: snapshot.updated_at,
        storage_state,
    }
}

pub fn listed(snapshot: Snapshot) -> wire::ListedBrowserSnapshot {
    wire::ListedBrowserSnapshot {
        id: snapshot.id.to_string(),
        project_id: snapshot.project.to_string(),
        name: snapshot.name,
        domains: Some(snapshot.domains),
        is_private: snapshot.is_private,
        is_default: snapshot.is_default,
        created_at: snapshot.created_at,
        updated_at: snapshot.updated_at,
    }
}
