//! Browser snapshots.

use std::slice::from_ref;

use domain::{
    Caller, Kind, SnapshotId,
    caller::{Scope, Scopes},
    codes,
    controls::Policy,
    message::Body,
};
use engine::{
    app::{
        messages::Send,
        snapshots::{NewSnapshot, SnapshotPatch},
    },
    testing::TestApp,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::outcome::{at_fault, code, origin, refused};

fn state() -> Value {
    json!({
        "cookies": [{"name": "sid", "value": "live-cookie", "domain": ".Example.com", "path": "/", "expires": 1893456000.5,
                     "httpOnly": true, "secure": true, "sameSite": "Lax"}],
        "origins": [{"origin": "https://example.com", "localStorage": [{"name": "token", "value": "live-token"}]}],
    })
}

fn named(name: &str, is_private: bool) -> NewSnapshot {
    NewSnapshot { name: name.into(), state: state().into(), is_default: false, is_private }
}

async fn another(test: &TestApp, scopes: Scopes) -> Caller {
    test.app.authenticate(&test.new_key(scopes).await).await.expect("a good key")
}

#[tokio::test]
async fn a_state_is_told_to_writers_by_one_call_alone() {
    let test = TestApp::start().await;
    let snapshot = test.app.create_snapshot(&test.caller, named("work", false), origin("k", "a")).await.unwrap();
    assert_eq!(snapshot.domains, ["example.com"]);
    assert_eq!(test.app.create_snapshot(&test.caller, named("work", false), origin("k", "a")).await.unwrap(), snapshot);
    assert_eq!(test.app.snapshot(&test.caller, snapshot.id).await.unwrap(), snapshot);
    assert_eq!(test.app.list_snapshots(&test.caller, None, 10).await.unwrap(), from_ref(&snapshot));

    let writer = another(&test, Scopes::ALL).await;
    assert_eq!(
        test.app.snapshot_with_state(&writer, snapshot.id).await.unwrap(),
        (snapshot.clone(), Some(state().into()))
    );
    let reader = another(&test, Scopes::of(&[Scope::Read])).await;
    assert_eq!(test.app.snapshot_with_state(&reader, snapshot.id).await.unwrap(), (snapshot, None));
}

#[tokio::test]
async fn a_private_one_is_for_its_maker_alone() {
    let test = TestApp::start().await;
    let other = another(&test, Scopes::ALL).await;
    let shared = test.app.create_snapshot(&test.caller, named("shared", false), None).await.unwrap();
    let private = test.app.create_snapshot(&test.caller, named("private", true), None).await.unwrap();
    assert_eq!(test.app.list_snapshots(&test.caller, None, 10).await.unwrap(), [shared.clone(), private.clone()]);
    assert_eq!(test.app.list_snapshots(&test.caller, Some(shared.id), 10).await.unwrap(), from_ref(&private));
    assert_eq!(test.app.list_snapshots(&other, None, 10).await.unwrap(), [shared]);
    let not_found = (Kind::NotFound, codes::SNAPSHOT_NOT_FOUND);
    assert_eq!(code(test.app.snapshot(&other, private.id).await), not_found);
    assert_eq!(code(test.app.snapshot_with_state(&other, private.id).await), not_found);
    assert_eq!(code(test.app.update_snapshot(&other, private.id, SnapshotPatch::default()).await), not_found);
    assert_eq!(code(test.app.delete_snapshot(&other, private.id).await), not_found);

    let thread = test.thread().await.id;
    let mut body = Body::text("Look there");
    body.controls.browser_snapshots = Some(vec![private.id]);
    let refusal = refused(test.app.send(&other, Send::new(thread, body.clone(), Policy::Queue)).await);
    assert_eq!((refusal.kind, refusal.code), (Kind::Invalid, codes::SNAPSHOT_NOT_FOUND));
    assert_eq!(test.kinds(thread).await, ["thread.created"]);
    assert!(test.app.send(&test.caller, Send::new(thread, body, Policy::Queue)).await.is_ok());
}

#[tokio::test]
async fn a_deleted_one_takes_its_state_along() {
    let test = TestApp::start().await;
    let snapshot = test.app.create_snapshot(&test.caller, named("work", true), None).await.unwrap();
    test.app.delete_snapshot(&test.caller, snapshot.id).await.unwrap();
    let not_found = (Kind::NotFound, codes::SNAPSHOT_NOT_FOUND);
    assert_eq!(code(test.app.snapshot_with_state(&test.caller, snapshot.id).await), not_found);
    assert_eq!(code(test.app.delete_snapshot(&test.caller, snapshot.id).await), not_found);
    assert_eq!(test.app.list_snapshots(&test.caller, None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn another_projects_are_unknown() {
    let test = TestApp::start().await;
    let (other, _) = test.other_project().await;
    let snapshot = test.app.create_snapshot(&test.caller, named("work", false), None).await.unwrap();
    let not_found = (Kind::NotFound, codes::SNAPSHOT_NOT_FOUND);
    for id in [snapshot.id, SnapshotId(Uuid::nil())] {
        assert_eq!(code(test.app.snapshot(&other, id).await), not_found);
        assert_eq!(code(test.app.snapshot_with_state(&other, id).await), not_found);
        assert_eq!(code(test.app.delete_snapshot(&other, id).await), not_found);
    }
    assert_eq!(test.app.list_snapshots(&other, None, 10).await.unwrap(), []);
    assert_eq!(test.app.snapshot(&test.caller, snapshot.id).await.unwrap(), snapshot);
}

#[tokio::test]
async fn a_malformed_one_is_refused_without_a_word_of_its_values() {
    let test = TestApp::start().await;
    let create = |new| test.app.create_snapshot(&test.caller, new, None);
    assert_eq!(at_fault(create(named("", false)).await), "name");
    assert_eq!(at_fault(create(named(&"x".repeat(256), false)).await), "name");
    assert!(create(named(&"x".repeat(255), false)).await.is_ok());
    let mut broken = state();
    broken["cookies"][0]["secure"] = json!("live-flag");
    let refusal = refused(create(NewSnapshot { state: broken.into(), ..named("work", false) }).await);
    assert_eq!(refusal.fields[0].path, "state.cookies.0.secure");
    assert!(!format!("{refusal:?}").contains("live"), "{refusal:?}");
    let reader = another(&test, Scopes::of(&[Scope::Read])).await;
    assert_eq!(code(test.app.create_snapshot(&reader, named("work", false), None).await).0, Kind::Forbidden);
}
