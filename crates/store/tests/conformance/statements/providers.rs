//! Providers and routes of projects, and the switches of the configuration's routes.

use std::slice::from_ref;

use domain::{
    ProjectId, Result, StoredSecret, Timestamp,
    controls::{Reasoning, Speed},
    provider::{Kind, Overrides, Protocol, Provider, Route, RouteSettings},
    usage::{Price, Usd},
};
use store::{Tx, providers, routes};

use crate::samples::id;

super::in_a_transaction! {
    a_provider_is_its_projects_by_name
    a_route_is_its_projects_by_name_and_comes_back_whole
    a_route_of_the_configuration_is_switched_off_and_on
    each_change_is_counted
}

const AT: Timestamp = Timestamp(1_760_000_000_000_001);

pub fn provider(project: ProjectId) -> Provider {
    Provider {
        id: id(),
        project,
        name: "own".into(),
        kind: Kind::Openai,
        base_url: None,
        wire: None,
        key: None,
        created_at: AT,
        updated_at: AT,
    }
}

async fn a_provider_is_its_projects_by_name(tx: &mut Tx) -> Result<()> {
    let (project, other) = (ProjectId(id()), ProjectId(id()));
    let one = provider(project);
    let another = Provider { name: "another".into(), ..provider(project) };
    for each in [&one, &another, &provider(other)] {
        providers::save(tx, each).await?;
    }
    assert_eq!(providers::find(tx, project, "own").await?.as_ref(), Some(&one));
    assert_eq!(providers::find(tx, ProjectId(id()), "own").await?, None);
    let changed = Provider {
        kind: Kind::Gemini,
        base_url: Some("https://example.com/v1".into()),
        wire: Some(Protocol::Gemini),
        key: Some(StoredSecret::new("sealed")),
        updated_at: Timestamp(AT.0 + 1),
        ..one.clone()
    };
    // Another id and time of creation do not count.
    providers::save(tx, &Provider { id: id(), created_at: Timestamp(0), ..changed.clone() }).await?;
    assert_eq!(providers::list(tx, project).await?, [another, changed.clone()]);
    assert!(!providers::delete(tx, ProjectId(id()), "own").await?);
    assert!(providers::delete(tx, project, "another").await? && !providers::delete(tx, project, "another").await?);
    assert_eq!(providers::list(tx, project).await?, from_ref(&changed));
    assert_eq!(providers::list(tx, other).await?.len(), 1);
    Ok(())
}

async fn a_route_is_its_projects_by_name_and_comes_back_whole(tx: &mut Tx) -> Result<()> {
    let (project, other) = (ProjectId(id()), ProjectId(id()));
    let route = |project, name: &str, settings| {
        let (name, created_at, updated_at) = (name.to_owned(), AT, AT);
        Route { project, name, settings, created_at, updated_at }
    };
    let plain = RouteSettings { provider: "own".into(), ..RouteSettings::default() };
    let overrides = Overrides {
        context: Some(8192),
        output: Some(512),
        images: Some(false),
        reasoning: Some(vec![Reasoning::Off, Reasoning::On]),
        speeds: Some(vec![Speed::Standard]),
        price: Some(Price { input: Usd::ONE, output: Usd(5), cache_read: Some(Usd(1)), ..Price::default() }),
    };
    let (model, fallback) = (Some("llama".into()), vec!["gpt-5.5".into()]);
    let whole = RouteSettings { provider: "own".into(), model, fallback, disabled: true, overrides };
    for each in [route(project, "b", plain.clone()), route(project, "a", plain.clone()), route(other, "a", plain)] {
        routes::save(tx, &each).await?;
    }
    let changed = Route { updated_at: Timestamp(AT.0 + 1), ..route(project, "b", whole) };
    routes::save(tx, &Route { created_at: Timestamp(0), ..changed.clone() }).await?;
    let listed = routes::list(tx, project).await?;
    assert_eq!(listed.iter().map(|route| route.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(listed[1], changed);
    assert!(!routes::delete(tx, ProjectId(id()), "a").await? && routes::delete(tx, project, "a").await?);
    assert_eq!((routes::list(tx, project).await?.len(), routes::list(tx, other).await?.len()), (1, 1));
    Ok(())
}

async fn a_route_of_the_configuration_is_switched_off_and_on(tx: &mut Tx) -> Result<()> {
    for name in ["gpt-*", "default", "gpt-*"] {
        routes::switch_off(tx, name, AT).await?;
    }
    assert_eq!(routes::switched_off(tx).await?, ["default", "gpt-*"]);
    routes::switch_on(tx, "gpt-*").await?;
    routes::switch_on(tx, "gpt-*").await?;
    assert_eq!(routes::switched_off(tx).await?, ["default"]);
    Ok(())
}

async fn each_change_is_counted(tx: &mut Tx) -> Result<()> {
    let before = routes::changes(tx).await?;
    routes::changed(tx).await?;
    routes::changed(tx).await?;
    assert_eq!(routes::changes(tx).await?, before + 2);
    Ok(())
}
