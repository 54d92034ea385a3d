//! Agents.

use std::slice::from_ref;

use domain::{
    AgentId, Kind, SnapshotId,
    agent::Settings,
    caller::{Scope, Scopes},
    codes,
    controls::Controls,
};
use engine::{app::agents::NewAgent, testing::TestApp};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::outcome::{at_fault, code, origin};

fn named(name: &str) -> NewAgent {
    NewAgent { name: name.into(), ..NewAgent::default() }
}

#[tokio::test]
async fn agents_are_numbered_one_by_one() {
    let test = TestApp::start().await;
    let (other, _) = test.other_project().await;
    let made = join_all((0..20).map(|i| test.app.create_agent(&test.caller, named(&format!("agent-{i}")), None))).await;
    let mut numbers: Vec<i64> = made.into_iter().map(|agent| agent.unwrap().number).collect();
    numbers.sort();
    assert_eq!(numbers, (2..=21).collect::<Vec<_>>(), "the agent `default` is the first");
    assert_eq!(test.app.create_agent(&other, named("agent-0"), None).await.unwrap().number, 2);
    assert_eq!(test.app.list_agents(&other, true, None, 10).await.unwrap().rows.len(), 2);
}

#[tokio::test]
async fn twenty_requests_with_one_key_make_one_agent() {
    let test = TestApp::start().await;
    let requests = (0..20).map(|_| test.app.create_agent(&test.caller, named("support"), origin("k", "a")));
    let made: Vec<_> = join_all(requests).await.into_iter().map(|agent| agent.unwrap()).collect();
    assert!(made.iter().all(|agent| *agent == made[0]));
    assert_eq!(test.app.list_agents(&test.caller, true, None, 10).await.unwrap().rows.len(), 2);
    let other_body = test.app.create_agent(&test.caller, named("sales"), origin("k", "b")).await;
    assert_eq!(code(other_body), (Kind::Conflict, codes::ORIGIN_KEY_REUSED));
}

#[tokio::test]
async fn names_and_ids_are_taken_once() {
    let test = TestApp::start().await;
    let id = AgentId(Uuid::from_u128(7));
    let agent = test.app.create_agent(&test.caller, NewAgent { id: Some(id), ..named("support") }, None).await.unwrap();
    assert_eq!(agent.id, id);
    assert_eq!(
        code(test.app.create_agent(&test.caller, named("support"), None).await),
        (Kind::Conflict, codes::AGENT_NAME_TAKEN)
    );
    let same_id = NewAgent { id: Some(id), ..named("sales") };
    assert_eq!(code(test.app.create_agent(&test.caller, same_id, None).await), (Kind::Conflict, codes::AGENT_ID_TAKEN));
    let sales = test.app.create_agent(&test.caller, named("sales"), None).await.unwrap();
    assert_eq!(sales.number, 3, "what was refused took no number");
    let rename = test.app.update_agent(&test.caller, sales.id, |draft| draft.name = "support".into()).await;
    assert_eq!(code(rename), (Kind::Conflict, codes::AGENT_NAME_TAKEN));
    assert_eq!(test.app.agent(&test.caller, sales.id).await.unwrap(), sales);
    assert_eq!(at_fault(test.app.create_agent(&test.caller, named("Support"), None).await), "name");
}

#[tokio::test]
async fn an_update_is_checked_as_a_whole_and_changes_nothing_when_refused() {
    let test = TestApp::start().await;
    let agent = test.app.create_agent(&test.caller, named("support"), None).await.unwrap();
    let wrong = |draft: &mut engine::app::agents::Draft| {
        draft.settings.instructions = "Be brief.".into();
        draft.settings.model = Some("scripted".into());
    };
    assert_eq!(at_fault(test.app.update_agent(&test.caller, agent.id, wrong).await), "script");
    assert_eq!(test.app.agent(&test.caller, agent.id).await.unwrap(), agent);

    let right = |draft: &mut engine::app::agents::Draft| {
        draft.name = "help".into();
        draft.settings.instructions = "Be brief.".into();
    };
    let changed = test.app.update_agent(&test.caller, agent.id, right).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.settings.instructions.as_str()), ("help", "Be brief."));
    assert_eq!(test.app.agent_by_name(&test.caller, "help").await.unwrap(), changed);
    assert_eq!(code(test.app.agent_by_name(&test.caller, "support").await), (Kind::NotFound, codes::AGENT_NOT_FOUND));
    assert_eq!(test.app.update_agent(&test.caller, agent.id, |_| {}).await.unwrap(), changed);
}

#[tokio::test]
async fn concurrent_updates_are_all_kept() {
    let test = TestApp::start().await;
    let agent = test.app.create_agent(&test.caller, named("support"), None).await.unwrap();
    let updates =
        (0..20).map(|_| test.app.update_agent(&test.caller, agent.id, |draft| draft.settings.instructions.push('x')));
    join_all(updates).await.into_iter().for_each(|updated| drop(updated.unwrap()));
    assert_eq!(test.app.agent(&test.caller, agent.id).await.unwrap().settings.instructions, "x".repeat(20));
}

#[tokio::test]
async fn an_agents_defaults_name_what_exists() {
    let test = TestApp::start().await;
    let controls = Controls { browser_snapshots: Some(vec![SnapshotId(Uuid::nil())]), ..Controls::default() };
    let settings = Settings { controls, ..Settings::default() };
    let new = NewAgent { settings, ..named("support") };
    assert_eq!(at_fault(test.app.create_agent(&test.caller, new, None).await), "controls.browser_snapshots");
}

#[tokio::test]
async fn an_archived_agent_is_listed_only_when_asked_for() {
    let test = TestApp::start().await;
    let agent = test.app.create_agent(&test.caller, named("support"), None).await.unwrap();
    let archived = test.app.archive_agent(&test.caller, agent.id).await.unwrap();
    assert!(archived.archived_at.is_some());
    assert_eq!(test.app.archive_agent(&test.caller, agent.id).await.unwrap(), archived);
    let default = test.app.agent_by_name(&test.caller, "default").await.unwrap();
    assert_eq!(test.app.list_agents(&test.caller, false, None, 10).await.unwrap().rows, from_ref(&default));
    let all = test.app.list_agents(&test.caller, true, None, 10).await.unwrap().rows;
    assert_eq!(all, [default.clone(), archived.clone()]);
    assert_eq!(test.app.list_agents(&test.caller, true, Some(default.id), 10).await.unwrap().rows, [archived]);

    assert_eq!(code(test.app.archive_agent(&test.caller, default.id).await), (Kind::Conflict, codes::DEFAULT_AGENT));
    let rename = test.app.update_agent(&test.caller, default.id, |draft| draft.name = "other".into()).await;
    assert_eq!(code(rename), (Kind::Conflict, codes::DEFAULT_AGENT));
}

#[tokio::test]
async fn agents_are_changed_by_admins_of_their_project_alone() {
    let test = TestApp::start().await;
    let (other, _) = test.other_project().await;
    let agent = test.app.create_agent(&test.caller, named("support"), None).await.unwrap();
    let key = test.new_key(Scopes::of(&[Scope::Read, Scope::Write])).await;
    let writer = test.app.authenticate(&key).await.unwrap();
    assert_eq!(test.app.agent(&writer, agent.id).await.unwrap(), agent);
    assert_eq!(code(test.app.create_agent(&writer, named("sales"), None).await).0, Kind::Forbidden);
    assert_eq!(code(test.app.update_agent(&writer, agent.id, |_| {}).await).0, Kind::Forbidden);
    assert_eq!(code(test.app.archive_agent(&writer, agent.id).await).0, Kind::Forbidden);
    assert_eq!(code(test.app.agent(&other, agent.id).await), (Kind::NotFound, codes::AGENT_NOT_FOUND));
    assert_eq!(code(test.app.update_agent(&other, agent.id, |_| {}).await), (Kind::NotFound, codes::AGENT_NOT_FOUND));
    assert_eq!(code(test.app.archive_agent(&other, agent.id).await), (Kind::NotFound, codes::AGENT_NOT_FOUND));
}
