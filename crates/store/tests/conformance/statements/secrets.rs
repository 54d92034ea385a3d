//! Columns with secrets.

use domain::{
    KeyId, ProjectId, Result, SnapshotId, StoredSecret, Timestamp,
    snapshot::Snapshot,
    webhook::{Proof, Webhook},
};
use store::{
    Tx,
    secrets::{self, Column, HEAD_CHARS},
    snapshots, webhooks,
};
use uuid::Uuid;

use super::webhooks::webhook;
use crate::samples::id;

super::in_a_transaction! {
    every_column_is_listed_in_slices_by_the_beginning_of_its_secrets
    a_secret_is_replaced_only_as_it_was_read_and_in_its_project
}

const LONG: &str = "a secret that is longer than its head";

/// A row of each column with this secret.
async fn fill(tx: &mut Tx, project: ProjectId, secret: Option<&str>) -> Result<[(Column, Uuid); 2]> {
    let stored = secret.map(StoredSecret::new);
    let hook = Webhook { proof: Proof::Authorization(stored.clone()), ..webhook(project) };
    webhooks::insert(tx, &hook).await?;
    let snapshot = Snapshot {
        id: SnapshotId(id()),
        project,
        key: KeyId(id()),
        name: "one".into(),
        domains: Vec::new(),
        is_default: false,
        is_private: false,
        created_at: Timestamp(1),
        updated_at: Timestamp(1),
    };
    snapshots::insert(tx, &snapshot, &stored.unwrap_or_else(|| StoredSecret::new(""))).await?;
    Ok([(Column::WebhookAuthorization, hook.id.0), (Column::SnapshotState, snapshot.id.0)])
}

async fn every_column_is_listed_in_slices_by_the_beginning_of_its_secrets(tx: &mut Tx) -> Result<()> {
    let (one, other) = (ProjectId(id()), ProjectId(id()));
    // One that signs, and one whose secret was forgotten.
    webhooks::insert(tx, &webhook(one)).await?;
    fill(tx, one, None).await?;
    let (first, second) = (fill(tx, one, Some(LONG)).await?, fill(tx, other, Some("short")).await?);
    assert_eq!(first.map(|(column, _)| column), Column::ALL);
    for ((column, first), (_, second)) in first.into_iter().zip(second) {
        let of_first = (first, one, LONG[..HEAD_CHARS].to_owned());
        let of_second = (second, other, "short".to_owned());
        assert_eq!(secrets::list(tx, column, None, 10).await?, [of_first.clone(), of_second.clone()], "{column:?}");
        assert_eq!(secrets::list(tx, column, None, 1).await?, [of_first]);
        assert_eq!(secrets::list(tx, column, Some(first), 10).await?, [of_second]);
        assert_eq!(secrets::list(tx, column, Some(second), 10).await?, []);
    }
    Ok(())
}

async fn a_secret_is_replaced_only_as_it_was_read_and_in_its_project(tx: &mut Tx) -> Result<()> {
    let (one, other) = (ProjectId(id()), ProjectId(id()));
    let (old, new) = (StoredSecret::new(LONG), StoredSecret::new("new"));
    for (column, row) in fill(tx, one, Some(LONG)).await? {
        assert_eq!(secrets::find(tx, column, one, row).await?.as_ref(), Some(&old), "{column:?}");
        assert_eq!(secrets::find(tx, column, other, row).await?, None);
        assert!(!secrets::replace(tx, column, one, row, &new, &old).await?);
        assert!(!secrets::replace(tx, column, other, row, &old, &new).await?);
        assert!(secrets::replace(tx, column, one, row, &old, &new).await?);
        assert_eq!(secrets::find(tx, column, one, row).await?.as_ref(), Some(&new));
    }
    for (column, row) in fill(tx, one, None).await? {
        assert_eq!(secrets::find(tx, column, one, row).await?, None, "{column:?}");
    }
    Ok(())
}
