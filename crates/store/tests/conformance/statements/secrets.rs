//! Columns with secrets.

use domain::{
    AgentId, KeyId, ProjectId, Result, SnapshotId, StoredSecret, Timestamp,
    provider::Provider,
    snapshot::Snapshot,
    webhook::{Proof, Webhook},
};
use store::{
    Tx, extras,
    guests::{self, Secrets},
    providers,
    secrets::{self, Column, HEAD_CHARS},
    snapshots, tool_secrets, webhooks,
};
use uuid::Uuid;

use super::{guests::agent, providers::provider, webhooks::webhook};
use crate::samples::id;

super::in_a_transaction! {
    every_column_is_listed_in_slices_by_the_beginning_of_its_secrets
    a_secret_is_replaced_only_as_it_was_read_and_in_its_project
    extras_with_the_name_of_a_secret_are_listed_and_none_is_skipped_where_projects_share_an_id
}

/// In the form of sealed ones, by which the secrets among extras are known.
const LONG: &str = "sealed:1:a secret that is longer than its head";
const SHORT: &str = "sealed:1:short";

/// A row of each column with this secret.
async fn fill(tx: &mut Tx, project: ProjectId, secret: Option<&str>) -> Result<[(Column, Uuid); 7]> {
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
    snapshots::insert(tx, &snapshot, &stored.clone().unwrap_or_else(|| StoredSecret::new(""))).await?;
    let owner = id();
    let settings = secret.map_or_else(|| r#"{"heads":{}}"#.to_owned(), str::to_owned);
    extras::save(tx, project, owner, &StoredSecret::new(settings)).await?;
    let provider = Provider { name: id().to_string(), key: stored, ..provider(project) };
    providers::save(tx, &provider).await?;
    let signing = agent(project);
    if let Some(secret) = secret {
        let (secret, former) = (StoredSecret::new(secret), Some((StoredSecret::new(secret), Timestamp(1))));
        guests::set_secrets(tx, &signing, &Secrets { secret, former }).await?;
    }
    let agent = AgentId(id());
    tool_secrets::save(tx, project, agent, &StoredSecret::new(secret.unwrap_or_default())).await?;
    assert_eq!(tool_secrets::find(tx, project, agent).await?, secret.map(StoredSecret::new));
    Ok([
        (Column::WebhookAuthorization, hook.id.0),
        (Column::SnapshotState, snapshot.id.0),
        (Column::Extras, owner),
        (Column::ProviderKey, provider.id),
        (Column::GuestSecret, signing.id.0),
        (Column::FormerGuestSecret, signing.id.0),
        (Column::ToolSecrets, agent.0),
    ])
}

async fn every_column_is_listed_in_slices_by_the_beginning_of_its_secrets(tx: &mut Tx) -> Result<()> {
    let (one, other) = (ProjectId(id()), ProjectId(id()));
    // One that signs, and one whose secret was forgotten.
    webhooks::insert(tx, &webhook(one)).await?;
    fill(tx, one, None).await?;
    let (first, second) = (fill(tx, one, Some(LONG)).await?, fill(tx, other, Some(SHORT)).await?);
    assert_eq!(first.map(|(column, _)| column), Column::ALL);
    for ((column, first), (_, second)) in first.into_iter().zip(second) {
        let of_first = (first, one, LONG[..HEAD_CHARS].to_owned());
        let of_second = (second, other, SHORT.to_owned());
        assert_eq!(secrets::list(tx, column, None, 10).await?, [of_first.clone(), of_second.clone()], "{column:?}");
        assert_eq!(secrets::list(tx, column, None, 1).await?, [of_first]);
        assert_eq!(secrets::list(tx, column, Some((first, one)), 10).await?, [of_second]);
        assert_eq!(secrets::list(tx, column, Some((second, other)), 10).await?, []);
    }
    Ok(())
}

async fn a_secret_is_replaced_only_as_it_was_read_and_in_its_project(tx: &mut Tx) -> Result<()> {
    let (one, other) = (ProjectId(id()), ProjectId(id()));
    let (old, new) = (StoredSecret::new(LONG), StoredSecret::new("sealed:1:new"));
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

async fn extras_with_the_name_of_a_secret_are_listed_and_none_is_skipped_where_projects_share_an_id(
    tx: &mut Tx,
) -> Result<()> {
    let (mut projects, owner) = ([ProjectId(id()), ProjectId(id())], id());
    projects.sort_unstable();
    for name in secrets::SECRET_NAMES {
        let text = format!(r#"{{"a":[{{"{name}":"x"}}]}}"#);
        let mut after = None;
        for project in projects {
            extras::save(tx, project, owner, &StoredSecret::new(&text)).await?;
            assert!(secrets::find(tx, Column::Extras, project, owner).await?.is_some(), "{name}");
        }
        for project in projects {
            let listed = secrets::list(tx, Column::Extras, after, 1).await?;
            assert_eq!(listed, [(owner, project, text[..HEAD_CHARS].to_owned())], "{name}");
            after = Some((owner, project));
        }
        assert_eq!(secrets::list(tx, Column::Extras, after, 1).await?, []);
    }
    Ok(())
}
