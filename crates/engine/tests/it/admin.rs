//! Projects, keys and members.

use std::{slice::from_ref, sync::atomic::Ordering};

use domain::{
    Caller, Code, Error, KeyId, Kind, Limits, MemberId, ProjectId, Timestamp,
    caller::{Scope, Scopes, Subject},
    codes,
};
use engine::{
    App, Clock, Options, Sealing, Targets,
    app::{access::keys::NewKey, people::members::NewMember, projects::Bootstrap},
    testing::{Choices, TestApp},
};
use providers::Models;
use store::Store;
use tempfile::TempDir;
use uuid::Uuid;

use crate::outcome::{at_fault, code, origin, refused};

/// An engine on this folder that nobody has set up.
async fn bare(folder: &TempDir) -> App {
    let store = Store::open(store::Options::new(folder.path())).await.expect("the store opens");
    let (models, clock, limits) = (Models::default(), Clock::System, Limits::default());
    let [webhook_targets, link_targets, provider_targets, tool_targets] = [Targets::Public; 4];
    let memory_bytes = 1 << 30;
    let (sealing, former_models) = (Sealing::none(), false);
    App::new(Options {
        store,
        models,
        clock,
        sealing,
        limits,
        turns: 0,
        memory_bytes,
        webhook_targets,
        link_targets,
        provider_targets,
        tool_targets,
        former_models,
        otlp_endpoint: None,
        public_url: None,
    })
}

fn key_named(name: &str, scopes: &[Scope]) -> NewKey {
    NewKey { name: name.into(), scopes: Scopes::of(scopes), ..NewKey::default() }
}

/// A caller that may only do this.
pub async fn with_scopes(test: &TestApp, scopes: &[Scope]) -> Caller {
    let key = test.new_key(Scopes::of(scopes)).await;
    test.app.authenticate(&key).await.expect("a good key")
}

fn told(error: &Error) -> (Kind, Code, String) {
    (error.kind, error.code, error.message.clone())
}

#[tokio::test]
async fn an_empty_store_is_set_up_once() {
    let folder = tempfile::tempdir().unwrap();
    let app = bare(&folder).await;
    for bad in
        ["", "short", "nineteen_characters", "a key with some spaces in it", &"k".repeat(257), "schlüssel_mit_umlauten"]
    {
        assert_eq!(code(app.bootstrap(Some(bad)).await), (Kind::Invalid, codes::INVALID_BOOTSTRAP_KEY), "{bad}");
    }
    let first = app.bootstrap(None).await.unwrap();
    let (project, agent) = (first.project.unwrap(), first.agent.unwrap());
    assert_eq!((project.name.as_str(), agent.name.as_str(), agent.number), ("default", "default", 1));
    assert_eq!(first.key, None);

    let key = "k".repeat(20);
    let second = app.bootstrap(Some(&key)).await.unwrap();
    assert_eq!((second.project, second.agent), (None, None));
    assert_eq!(second.key.unwrap().scopes, Scopes::ALL, "the installation had no key yet");
    assert_eq!(app.bootstrap(Some(&"other".repeat(5))).await.unwrap(), Bootstrap::default());

    let caller = app.authenticate(&key).await.unwrap();
    assert_eq!(app.project(&caller).await.unwrap(), project);
    assert_eq!(app.agent_by_name(&caller, "default").await.unwrap(), agent);
    assert_eq!(code(app.authenticate(&"other".repeat(5)).await).0, Kind::Unauthenticated);
}

#[tokio::test]
async fn only_admins_of_the_project_default_administer_the_installation() {
    let test = TestApp::start().await;
    let (other, _) = test.other_project().await;
    let own = test.app.project(&test.caller).await.unwrap();
    let others = test.app.project(&other).await.unwrap();
    assert_eq!(test.app.list_projects(&test.caller, None, 10).await.unwrap(), [own.clone(), others.clone()]);
    assert_eq!(test.app.list_projects(&test.caller, Some(own.id), 10).await.unwrap(), from_ref(&others));
    assert_eq!(test.app.list_projects(&other, None, 10).await.unwrap(), from_ref(&others));
    assert_eq!(test.app.list_projects(&other, Some(others.id), 10).await.unwrap(), []);
    assert_eq!(test.app.agent_by_name(&other, "default").await.unwrap().number, 1);

    let reader = with_scopes(&test, &[Scope::Read]).await;
    assert_eq!(test.app.list_projects(&reader, None, 10).await.unwrap(), from_ref(&own));
    for caller in [&reader, &other] {
        assert_eq!(code(test.app.create_project(caller, "third", None).await), (Kind::Forbidden, codes::FORBIDDEN));
    }
    // To those who may not know, a project that exists is one that does not.
    let (mut foreign, mut unknown) = (key_named("k", &[Scope::Read]), key_named("k", &[Scope::Read]));
    (foreign.project, unknown.project) = (Some(own.id), Some(ProjectId(Uuid::nil())));
    let foreign = refused(test.app.create_key(&other, foreign, None).await);
    assert_eq!(told(&foreign), told(&refused(test.app.create_key(&other, unknown, None).await)));
    assert_eq!((foreign.kind, foreign.code), (Kind::NotFound, codes::PROJECT_NOT_FOUND));
    assert_eq!(test.app.list_projects(&test.caller, None, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_project_is_made_once_for_its_key_and_its_name() {
    let test = TestApp::start().await;
    let first = test.app.create_project(&test.caller, "shop", origin("k", "a")).await.unwrap();
    assert_eq!(test.app.create_project(&test.caller, "shop", origin("k", "a")).await.unwrap(), first);
    let reused = test.app.create_project(&test.caller, "shop-2", origin("k", "b")).await;
    assert_eq!(code(reused), (Kind::Conflict, codes::ORIGIN_KEY_REUSED));
    let taken = test.app.create_project(&test.caller, "shop", origin("l", "c")).await;
    assert_eq!(code(taken), (Kind::Conflict, codes::PROJECT_NAME_TAKEN));
    let after = test.app.create_project(&test.caller, "shop-2", origin("l", "d")).await;
    assert_eq!(after.unwrap().name, "shop-2", "a refusal leaves no trace of its key");
    assert_eq!(at_fault(test.app.create_project(&test.caller, "Shop", None).await), "name");
}

#[tokio::test]
async fn a_key_opens_what_its_scopes_allow() {
    let test = TestApp::start().await;
    let new = NewKey { prefix: Some("evr_pat".into()), ..key_named("reader", &[Scope::Read]) };
    let (key, text) = test.app.create_key(&test.caller, new, None).await.unwrap();
    assert!(text.starts_with(&format!("evr_pat_{}_", key.id.0.simple())), "{text}");
    let reader = test.app.authenticate(&text).await.unwrap();
    let scopes = Scopes::of(&[Scope::Read]);
    assert_eq!(
        reader,
        Caller {
            project: test.caller.project,
            key: key.id,
            scopes,
            subject: Subject::Project,
            line: key.id,
            until: None,
            sign_in: None,
            generation: 0,
        }
    );
    assert_eq!(code(test.app.create_key(&reader, key_named("k", &[Scope::Read]), None).await).0, Kind::Forbidden);
    assert_eq!(code(test.app.list_keys(&reader, None, 10).await).0, Kind::Forbidden);

    let admin = with_scopes(&test, &[Scope::Read, Scope::Admin]).await;
    assert!(test.app.create_key(&admin, key_named("k", &[Scope::Read]), None).await.is_ok());
    let more = test.app.create_key(&admin, key_named("k", &[Scope::Read, Scope::Write]), None).await;
    assert_eq!(code(more).0, Kind::Forbidden, "a key cannot give what it lacks");

    assert_eq!(at_fault(test.app.create_key(&test.caller, key_named("", &[Scope::Read]), None).await), "name");
    assert_eq!(at_fault(test.app.create_key(&test.caller, key_named("k", &[]), None).await), "scopes");
    let prefix = NewKey { prefix: Some("Evr".into()), ..key_named("k", &[Scope::Read]) };
    assert_eq!(at_fault(test.app.create_key(&test.caller, prefix, None).await), "prefix");
    let past = NewKey { expires_at: Some(Timestamp(0)), ..key_named("k", &[Scope::Read]) };
    assert_eq!(at_fault(test.app.create_key(&test.caller, past, None).await), "expires_at");
}

#[tokio::test]
async fn revoked_and_expired_keys_are_refused_like_unknown_ones() {
    let (clock, now) = TestApp::manual_clock();
    let test = TestApp::with(Choices { clock, ..Choices::default() }).await;
    let unknown = told(&refused(test.app.authenticate("tl_0_unknown").await));

    let (key, text) = test.app.create_key(&test.caller, key_named("a", &[Scope::Read]), None).await.unwrap();
    assert!(test.app.authenticate(&text).await.is_ok());
    let revoked = test.app.revoke_key(&test.caller, key.id).await.unwrap();
    assert_eq!(revoked.revoked_at, Some(test.app.clock().now()));
    assert_eq!(
        told(&refused(test.app.authenticate(&text).await)),
        unknown,
        "at once, though it was known a moment ago"
    );
    now.fetch_add(1_000_000, Ordering::SeqCst);
    assert_eq!(test.app.revoke_key(&test.caller, key.id).await.unwrap(), revoked, "the first time stands");

    let expires_at = Some(test.app.clock().now().plus_s(60));
    let new = NewKey { expires_at, ..key_named("b", &[Scope::Read]) };
    let (_, text) = test.app.create_key(&test.caller, new, None).await.unwrap();
    assert!(test.app.authenticate(&text).await.is_ok());
    now.fetch_add(60_000_000, Ordering::SeqCst);
    assert_eq!(told(&refused(test.app.authenticate(&text).await)), unknown);
}

#[tokio::test]
async fn the_secret_of_a_key_is_told_once() {
    let test = TestApp::start().await;
    let ask = |request| test.app.create_key(&test.caller, key_named("k", &[Scope::Read]), origin("once", request));
    let (key, text) = ask("a").await.unwrap();
    let again = refused(ask("a").await);
    assert_eq!((again.kind, again.code), (Kind::Conflict, codes::KEY_ALREADY_CREATED));
    assert!(again.message.contains(&key.id.to_string()), "{}", again.message);
    assert_eq!(code(ask("b").await), (Kind::Conflict, codes::ORIGIN_KEY_REUSED));
    assert!(test.app.authenticate(&text).await.is_ok());
    let keys = test.app.list_keys(&test.caller, None, 10).await.unwrap();
    assert_eq!(keys.iter().filter(|k| k.name == "k").count(), 1);
    assert_eq!(test.app.key(&test.caller, key.id).await.unwrap(), key);
}

#[tokio::test]
async fn keys_of_another_project_are_unknown() {
    let test = TestApp::start().await;
    let (other, text) = test.other_project().await;
    let unknown = KeyId(Uuid::nil());
    let (get, revoke) =
        (test.app.key(&test.caller, other.key).await, test.app.revoke_key(&test.caller, other.key).await);
    assert_eq!(told(&refused(get)), told(&refused(test.app.key(&test.caller, unknown).await)));
    assert_eq!(told(&refused(revoke)), told(&refused(test.app.revoke_key(&test.caller, unknown).await)));
    assert!(test.app.authenticate(&text).await.is_ok());
    assert!(test.app.list_keys(&test.caller, None, 100).await.unwrap().iter().all(|k| k.id != other.key));
}

#[tokio::test]
async fn a_member_is_one_address_of_one_project() {
    let test = TestApp::start().await;
    let (other, _) = test.other_project().await;
    let ann = || NewMember { email: "Ann@Example.com".into(), name: Some("Ann".into()), ..NewMember::default() };
    let member = test.app.create_member(&test.caller, ann(), origin("k", "a")).await.unwrap();
    assert_eq!(member.email, "ann@example.com");
    assert_eq!(test.app.create_member(&test.caller, ann(), origin("k", "a")).await.unwrap(), member);
    let again = NewMember { email: "ANN@example.COM".into(), ..NewMember::default() };
    assert_eq!(code(test.app.create_member(&test.caller, again, None).await), (Kind::Conflict, codes::MEMBER_EXISTS));
    for bad in ["", "ann", "Ann <ann@example.com>", "a@b, c@d", "a@b\r\nBcc: c@d"] {
        let new = NewMember { email: bad.into(), ..NewMember::default() };
        assert_eq!(at_fault(test.app.create_member(&test.caller, new, None).await), "email", "{bad:?}");
    }
    let same_elsewhere = test.app.create_member(&other, ann(), None).await.unwrap();

    assert_eq!(test.app.list_members(&test.caller, None, 10).await.unwrap(), from_ref(&member));
    assert_eq!(test.app.member(&test.caller, member.id).await.unwrap(), member);
    let foreign = refused(test.app.member(&test.caller, same_elsewhere.id).await);
    assert_eq!(told(&foreign), told(&refused(test.app.member(&test.caller, MemberId(Uuid::nil())).await)));
    assert_eq!(
        code(test.app.delete_member(&test.caller, same_elsewhere.id).await),
        (Kind::NotFound, codes::MEMBER_NOT_FOUND)
    );

    let reader = with_scopes(&test, &[Scope::Read]).await;
    assert_eq!(code(test.app.create_member(&reader, ann(), None).await).0, Kind::Forbidden);
    assert_eq!(code(test.app.delete_member(&reader, member.id).await).0, Kind::Forbidden);
    test.app.delete_member(&test.caller, member.id).await.unwrap();
    assert_eq!(test.app.list_members(&test.caller, None, 10).await.unwrap(), []);
    assert_eq!(test.app.list_members(&other, None, 10).await.unwrap(), [same_elsewhere]);
}
