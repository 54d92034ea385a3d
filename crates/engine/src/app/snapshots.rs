//! Browser snapshots: saved cookies and storage for agents that use a browser.
//!
//! The state consists of live credentials. It is checked and stored apart, and only [`App::snapshot_with_state`]
//! returns it.

mod storage_state;

use domain::{
    Caller, Error, Kept, ProjectId, Result, SnapshotId, StoredSecret, Timestamp, caller::Scope, codes,
    controls::Controls, snapshot::Snapshot,
};
use store::{Operation, Tx, op, secrets::Column};

use crate::{
    App, Origin,
    origin::{self, Taken},
    sealing::Place,
    unknown, validate,
};

/// Capy API, `CreateBrowserSnapshotBody.name`.
const NAME_CHARS_MAX: u64 = 255;

/// A new snapshot.
#[derive(Clone)]
pub struct NewSnapshot {
    pub name: String,
    /// Capy API, `CreateBrowserSnapshotBody.storageState`: `{cookies: […], origins: […]}`, as Playwright saves it.
    pub state: Kept,
    /// True for use by messages that name no snapshot.
    pub is_default: bool,
    /// True if only the creating key may see and use it.
    pub is_private: bool,
}

/// The fields of a snapshot to change. Absent fields stay unchanged.
#[derive(Clone, Debug, Default)]
pub struct SnapshotPatch {
    pub name: Option<String>,
    pub is_default: Option<bool>,
    /// Only the key that created the snapshot may change it.
    pub is_private: Option<bool>,
}

impl App {
    /// Stores a snapshot. Its domains are those of its cookies.
    ///
    /// # Errors
    /// `forbidden` without `write`. `invalid` for the name, for a malformed state (without its values), or if the
    /// project has reached its limit. `conflict` for a reused origin key, or without a sealing key.
    #[crate::boxed]
    pub async fn create_snapshot(&self, caller: &Caller, new: NewSnapshot, origin: Option<Origin>) -> Result<Snapshot> {
        caller.require(Scope::Write)?;
        validate::label("name", &new.name, NAME_CHARS_MAX)?;
        let domains = storage_state::domains("state", &new.state)?;
        let now = self.clock.now();
        let snapshot = Snapshot {
            id: SnapshotId(self.clock.id()),
            project: caller.project,
            key: caller.key,
            name: new.name,
            domains,
            is_default: new.is_default,
            is_private: new.is_private,
            created_at: now,
            updated_at: now,
        };
        let state = self.sealing.seal(&self.clock, &place(caller.project, snapshot.id), new.state.text())?;
        let most = self.limits.snapshots as i64;
        self.store.write(Create { caller: caller.clone(), snapshot, state, origin, most }).await
    }

    /// Snapshots that the caller may use, oldest first: shared ones and its own.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn list_snapshots(
        &self,
        caller: &Caller,
        after: Option<SnapshotId>,
        limit: i64,
    ) -> Result<Vec<Snapshot>> {
        caller.require(Scope::Read)?;
        let (project, key) = (caller.project, caller.key);
        let list = op(move |tx| Box::pin(async move { store::snapshots::list(tx, project, key, after, limit).await }));
        self.store.read(list).await
    }

    /// The snapshot without its state.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign id, and for another key's private snapshot.
    #[crate::boxed]
    pub async fn snapshot(&self, caller: &Caller, id: SnapshotId) -> Result<Snapshot> {
        caller.require(Scope::Read)?;
        let caller = caller.clone();
        self.store.read(op(move |tx| Box::pin(async move { seen(tx, &caller, id).await }))).await
    }

    /// The snapshot, with its state for callers with `write`, and `None` for others.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign id, and for another key's private snapshot. `unavailable` for a state that
    /// no sealing key opens.
    #[crate::boxed]
    pub async fn snapshot_with_state(&self, caller: &Caller, id: SnapshotId) -> Result<(Snapshot, Option<Kept>)> {
        caller.require(Scope::Read)?;
        let caller = caller.clone();
        let find = op(move |tx| {
            Box::pin(async move {
                let snapshot = seen(tx, &caller, id).await?;
                let may = caller.scopes.has(Scope::Write);
                let state = if may { store::snapshots::state(tx, caller.project, id).await? } else { None };
                Ok((snapshot, state))
            })
        });
        let (snapshot, state) = self.store.read(find).await?;
        let unreadable = |_| Error::internal(format!("snapshot_states.state of {id} is not JSON"));
        let state = state.map(|stored| self.sealing.open(&place(snapshot.project, id), &stored)).transpose()?;
        let state = state.map(|text| serde_json::from_str(&text)).transpose().map_err(unreadable)?;
        Ok((snapshot, state))
    }

    /// Changes a snapshot's description. The state stays unchanged.
    ///
    /// # Errors
    /// `forbidden` without `write`, or if another key than the creator's changes whether it is private. `not_found` for
    /// an unknown or foreign id, and for another key's private snapshot. `invalid` for the name.
    #[crate::boxed]
    pub async fn update_snapshot(&self, caller: &Caller, id: SnapshotId, patch: SnapshotPatch) -> Result<Snapshot> {
        caller.require(Scope::Write)?;
        if let Some(name) = &patch.name {
            validate::label("name", name, NAME_CHARS_MAX)?;
        }
        let now = self.clock.now();
        self.store.write(Update { caller: caller.clone(), id, patch, now }).await
    }

    /// Removes the snapshot with its state. Messages keep its id.
    ///
    /// # Errors
    /// `forbidden` without `write`; `not_found` for an unknown or foreign id, and for another key's private snapshot.
    #[crate::boxed]
    pub async fn delete_snapshot(&self, caller: &Caller, id: SnapshotId) -> Result<()> {
        caller.require(Scope::Write)?;
        let caller = caller.clone();
        let delete = op(move |tx| {
            Box::pin(async move {
                seen(tx, &caller, id).await?;
                store::snapshots::delete(tx, caller.project, id).await.map(drop)
            })
        });
        self.store.write(delete).await
    }
}

/// The place of a snapshot's state.
fn place(project: ProjectId, id: SnapshotId) -> Place {
    Place { project, column: Column::SnapshotState, row: id.0 }
}

/// The first of `ids` that the caller cannot use: unknown, foreign, or private to another key.
pub(crate) async fn check_snapshots(tx: &mut Tx, caller: &Caller, controls: &Controls) -> Result<Option<SnapshotId>> {
    for id in controls.browser_snapshots.iter().flatten() {
        let found = store::snapshots::find(tx, caller.project, *id).await?;
        if !found.is_some_and(|snapshot| is_usable(&snapshot, caller)) {
            return Ok(Some(*id));
        }
    }
    Ok(None)
}

fn is_usable(snapshot: &Snapshot, caller: &Caller) -> bool {
    !snapshot.is_private || snapshot.key == caller.key
}

/// The snapshot, if the caller may know of it.
async fn seen(tx: &mut Tx, caller: &Caller, id: SnapshotId) -> Result<Snapshot> {
    let found = store::snapshots::find(tx, caller.project, id).await?;
    found.filter(|snapshot| is_usable(snapshot, caller)).ok_or_else(unknown::snapshot)
}

struct Create {
    caller: Caller,
    snapshot: Snapshot,
    state: StoredSecret,
    origin: Option<Origin>,
    /// Most snapshots of the project.
    most: i64,
}

impl Operation for Create {
    type Out = Snapshot;

    async fn run(self, tx: &mut Tx) -> Result<Snapshot> {
        let Self { caller, snapshot, state, origin, most } = self;
        let taken = origin::take(tx, &caller, origin.as_ref(), None, snapshot.id.0, snapshot.created_at).await?;
        if let Taken::Replay(id) = taken {
            let found = store::snapshots::find(tx, caller.project, SnapshotId(id)).await?;
            return found.ok_or_else(unknown::snapshot);
        }
        // Locked, so that two concurrent inserts do not exceed the limit.
        store::projects::lock(tx, caller.project).await?;
        if store::snapshots::count(tx, caller.project).await? >= most {
            let full = Error::field("name", format!("the project already has {most} snapshots"));
            return Err(Error { code: codes::TOO_MANY_SNAPSHOTS, ..full });
        }
        store::snapshots::insert(tx, &snapshot, &state).await?;
        Ok(snapshot)
    }
}

struct Update {
    caller: Caller,
    id: SnapshotId,
    patch: SnapshotPatch,
    now: Timestamp,
}

impl Operation for Update {
    type Out = Snapshot;

    async fn run(self, tx: &mut Tx) -> Result<Snapshot> {
        let Self { caller, id, patch, now } = self;
        let found = store::snapshots::lock(tx, caller.project, id).await?;
        let before = found.filter(|snapshot| is_usable(snapshot, &caller)).ok_or_else(unknown::snapshot)?;
        let mut after = before.clone();
        after.name = patch.name.unwrap_or(after.name);
        after.is_default = patch.is_default.unwrap_or(after.is_default);
        after.is_private = patch.is_private.unwrap_or(after.is_private);
        if after.is_private != before.is_private && before.key != caller.key {
            return Err(Error::forbidden("Only the key that created a snapshot can change whether it is private"));
        }
        if after != before {
            after.updated_at = now.max(before.updated_at.plus_us(1));
            store::snapshots::save(tx, &after).await?;
        }
        Ok(after)
    }
}
