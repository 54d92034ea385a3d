//! `POST …/projects/{projectId}/browser-snapshots`, and naming snapshots in a send.

use domain::{
    SnapshotId,
    agent::Settings,
    caller::{Scope, Scopes},
    controls::Controls,
    snapshot::Snapshot,
};
use engine::{
    Sealing,
    app::snapshots::NewSnapshot,
    testing::{Choices, TestApp},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    answers::fits,
    client::{Door, Refused, Reply},
};

fn state() -> Value {
    json!({
        "cookies": [{
            "name": "sid", "value": "s3cr3t", "domain": ".Example.com", "path": "/", "expires": -1,
            "httpOnly": true, "secure": true, "sameSite": "Lax",
        }],
        "origins": [{"origin": "https://b.test", "localStorage": [{"name": "token", "value": "s3cr3t"}]}],
    })
}

fn path(door: &Door) -> String {
    format!("/api/v1/projects/{}/browser-snapshots", door.server.test.caller.project)
}

async fn create(door: &Door, body: &Value) -> Reply {
    Reply::of(door.post(&path(door)).json(body)).await
}

async fn all(door: &Door) -> Vec<Snapshot> {
    door.server.test.app.list_snapshots(&door.server.test.caller, None, 100).await.expect("a list")
}

#[tokio::test]
async fn the_state_of_a_snapshot_is_kept_and_not_repeated() {
    let door = Door::open().await;
    let test = &door.server.test;
    let body = json!({"name": "shop", "storageState": state(), "isPrivate": true, "isDefault": true});
    let reply = create(&door, &body).await;
    let made = reply.json();
    assert_eq!((&made["isPrivate"], &made["isDefault"]), (&json!(true), &json!(true)));
    let id = SnapshotId::parse(made["id"].as_str().expect("an id")).expect("a plain UUID");
    let (_, kept_state) = test.app.snapshot_with_state(&test.caller, id).await.expect("the snapshot");
    assert_eq!(kept_state, Some(state().into()), "the state is kept as it was sent");
    assert!(!reply.body.contains("s3cr3t"));
}

#[tokio::test]
async fn a_snapshot_is_shared_and_no_default_unless_asked_for() {
    let door = Door::open().await;
    let bare = path(&door).replacen("/api", "", 1);
    let body = json!({"name": "n".repeat(255), "storageState": {"cookies": [], "origins": []}});
    let made = Reply::of(door.post(&bare).json(&body)).await.json();
    assert_eq!((&made["isPrivate"], &made["isDefault"], &made["domains"]), (&json!(false), &json!(false), &json!([])));
}

#[tokio::test]
async fn a_wrong_field_is_named_and_its_value_never_told() {
    let door = Door::open().await;
    let good = || json!({"name": "shop", "storageState": state()});
    let with = |pointer: &str, value: Value| {
        let mut body = good();
        *body.pointer_mut(pointer).expect("a place") = value;
        body
    };
    let beside = |field: &str, value: Value| {
        let mut body = good();
        body[field] = value;
        body
    };
    let cookie = "/storageState/cookies/0";
    for (body, path) in [
        (json!({}), "name"),
        (json!({"name": "shop"}), "storageState"),
        (with("/name", json!("")), "name"),
        (with("/name", json!("n".repeat(256))), "name"),
        (with("/name", json!(null)), "name"),
        (with("/storageState", json!("s3cr3t")), "storageState"),
        (with("/storageState", json!(null)), "storageState"),
        (with("/storageState", json!({"cookies": []})), "storageState.origins"),
        (with("/storageState/cookies", json!({"s3cr3t": 1})), "storageState.cookies"),
        (with(&format!("{cookie}/value"), json!(["s3cr3t"])), "storageState.cookies.0.value"),
        (with(&format!("{cookie}/expires"), json!("s3cr3t")), "storageState.cookies.0.expires"),
        (with(&format!("{cookie}/sameSite"), json!("lax")), "storageState.cookies.0.sameSite"),
        (with(&format!("{cookie}/secure"), json!("true")), "storageState.cookies.0.secure"),
        (with("/storageState/origins/0/localStorage", json!(null)), "storageState.origins.0.localStorage"),
        (beside("isPrivate", json!("true")), "isPrivate"),
        (beside("isPrivate", json!(null)), "isPrivate"),
        (beside("isDefault", json!(1)), "isDefault"),
        (beside("domains", json!([])), "domains"),
    ] {
        let reply = create(&door, &body).await;
        reply.invalid(path);
        assert!(!reply.body.contains("s3cr3t"), "{reply:?}");
    }
    assert_eq!(all(&door).await, []);
}

#[tokio::test]
async fn another_project_and_no_project_are_answered_alike() {
    let door = Door::open().await;
    let (other, _) = door.server.test.other_project().await;
    let mut bodies = Vec::new();
    for id in [other.project.to_string(), "0199a0b0-0000-7000-8000-000000000000".into(), "proj_123".into()] {
        let body = json!({"name": "shop", "storageState": state()});
        let reply = Reply::of(door.post(&format!("/api/v1/projects/{id}/browser-snapshots")).json(&body)).await;
        reply.refused(404, "not_found");
        bodies.push(reply.body);
    }
    bodies.dedup();
    assert_eq!(bodies, [r#"{"error":{"code":"not_found","message":"Project not found"}}"#]);
    assert_eq!(all(&door).await, []);
}

#[tokio::test]
async fn a_key_that_only_reads_makes_no_snapshot() {
    let door = Door::open().await;
    let reads = door.server.test.new_key(Scopes::of(&[Scope::Read])).await;
    let body = json!({"name": "shop", "storageState": state()});
    Reply::of(door.request(Method::POST, &path(&door)).bearer_auth(reads).json(&body)).await.refused(403, "forbidden");
    Reply::of(door.request(Method::POST, &path(&door)).json(&body)).await.refused(401, "unauthorized");
    assert_eq!(all(&door).await, []);
}

#[tokio::test]
async fn a_send_names_only_snapshots_that_its_key_may_use() {
    let door = Door::open().await;
    let test = &door.server.test;
    let own = create(&door, &json!({"name": "own", "storageState": state()})).await.json()["id"].clone();
    let (other, _) = test.other_project().await;
    let new = |is_private| NewSnapshot { name: "x".into(), state: state().into(), is_default: false, is_private };
    let foreign = test.app.create_snapshot(&other, new(false), None).await.expect("a snapshot").id;
    let colleague = test.app.authenticate(&test.new_key(Scopes::ALL).await).await.expect("a good key");
    let private = test.app.create_snapshot(&colleague, new(true), None).await.expect("a snapshot").id;
    for unknown in [foreign.to_string(), private.to_string(), "0199a0b0-0000-7000-8000-000000000000".into()] {
        door.send(&json!({"message": "x", "browserSnapshotIds": [own, unknown]})).await.invalid("browserSnapshotIds");
    }
    for malformed in ["", "snap_1", "0199a0b0000070008000000000000000"] {
        door.send(&json!({"message": "x", "browserSnapshotIds": [own, malformed]}))
            .await
            .invalid("browserSnapshotIds.1");
    }
    for value in [json!(null), json!("x"), json!({})] {
        door.send(&json!({"message": "x", "browserSnapshotIds": value})).await.invalid("browserSnapshotIds");
    }
    door.send(&json!({"message": "x", "browserSnapshotIds": [1]})).await.invalid("browserSnapshotIds.0");
    door.send(&json!({"message": "x", "browserSnapshotIds": vec![own.clone(); 51]}))
        .await
        .invalid("browserSnapshotIds");
    door.assert_untouched().await;
    assert_eq!(door.send(&json!({"message": "x", "browserSnapshotIds": vec![own; 50]})).await.status, 200);
}

async fn at(door: &Door, method: Method, id: &str, key: &str, body: Option<Value>) -> Reply {
    let request = door.request(method.clone(), &format!("{}/{id}", path(door))).bearer_auth(key);
    let reply = Reply::of(if let Some(body) = body { request.json(&body) } else { request }).await;
    let method = method.as_str().to_lowercase();
    fits(&reply, &method, "/v1/projects/{projectId}/browser-snapshots/{snapshotId}");
    reply
}

#[tokio::test]
async fn a_snapshot_is_read_with_its_state_changed_and_removed() {
    let door = Door::open().await;
    let own = door.server.test.key.clone();
    let made = create(&door, &json!({"name": "shop", "storageState": state()})).await.json();
    let id = made["id"].as_str().expect("an id");
    let read = at(&door, Method::GET, id, &own, None).await.json();
    assert_eq!(read["storageState"], state());
    let reader = door.server.test.new_key(Scopes::of(&[Scope::Read])).await;
    assert_eq!(at(&door, Method::GET, id, &reader, None).await.json()["storageState"], json!(null));
    at(&door, Method::PATCH, id, &reader, Some(json!({"name": "x"}))).await.refused(403, "forbidden");
    at(&door, Method::DELETE, id, &reader, None).await.refused(403, "forbidden");
    let list = door.get(&path(&door)).await;
    fits(&list, "get", "/v1/projects/{projectId}/browser-snapshots");
    assert!(!list.body.contains("s3cr3t"), "{}", list.body);
    assert_eq!(list.json()["items"][0]["id"], id);
    let patch = json!({"name": "market", "isDefault": true, "isPrivate": true});
    let changed = at(&door, Method::PATCH, id, &own, Some(patch)).await.json();
    assert_eq!(
        (&changed["name"], &changed["isDefault"], &changed["isPrivate"]),
        (&json!("market"), &json!(true), &json!(true))
    );
    assert!(changed["updatedAt"].as_str() > made["updatedAt"].as_str());
    assert_eq!(at(&door, Method::PATCH, id, &own, Some(json!({}))).await.json(), changed);
    assert_eq!(at(&door, Method::DELETE, id, &own, None).await.json(), json!({"success": true}));
    at(&door, Method::DELETE, id, &own, None).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_private_one_is_unknown_to_other_keys_and_only_its_maker_makes_it_so() {
    let door = Door::open().await;
    let test = &door.server.test;
    let (own, colleague) = (test.key.clone(), test.new_key(Scopes::ALL).await);
    let private = create(&door, &json!({"name": "own", "storageState": state(), "isPrivate": true})).await.json();
    let shared = create(&door, &json!({"name": "all", "storageState": state()})).await.json();
    let (private, shared) = (private["id"].as_str().expect("an id"), shared["id"].as_str().expect("an id"));
    let (_, foreign) = test.other_project().await;
    for (method, body) in [(Method::GET, None), (Method::PATCH, Some(json!({"name": "x"}))), (Method::DELETE, None)] {
        let mut bodies = Vec::new();
        for (id, key) in
            [(private, &colleague), (private, &foreign), ("x", &own), ("0199a0b0-0000-7000-8000-000000000000", &own)]
        {
            let reply = at(&door, method.clone(), id, key, body.clone()).await;
            reply.refused(404, "not_found");
            bodies.push(reply.json()["error"]["code"].clone());
        }
    }
    at(&door, Method::PATCH, shared, &colleague, Some(json!({"isPrivate": true}))).await.refused(403, "forbidden");
    let renamed = at(&door, Method::PATCH, shared, &colleague, Some(json!({"name": "b", "isPrivate": false}))).await;
    assert_eq!(renamed.json()["name"], "b");
    for (body, field) in [
        (json!({"name": ""}), "name"),
        (json!({"name": null}), "name"),
        (json!({"isPrivate": "true"}), "isPrivate"),
        (json!({"isDefault": null}), "isDefault"),
        (json!({"storageState": state()}), "storageState"),
    ] {
        at(&door, Method::PATCH, private, &own, Some(body)).await.invalid(field);
    }
    assert_eq!(at(&door, Method::GET, private, &own, None).await.json()["name"], "own");
}

#[tokio::test]
async fn a_send_that_names_none_gets_the_default_ones() {
    let door = Door::open().await;
    let test = &door.server.test;
    test.default_agent(Settings { paused: true, ..Settings::default() }).await;
    let make = async |name: &str, is_default: bool| {
        let body = json!({"name": name, "storageState": state(), "isDefault": is_default});
        create(&door, &body).await.json()["id"].as_str().expect("an id").to_owned()
    };
    let (default, other) = (make("default", true).await, make("other", false).await);
    for (body, expected) in [
        (json!({"message": "x"}), vec![default.clone()]),
        (json!({"message": "x", "browserSnapshotIds": []}), vec![]),
        (json!({"message": "x", "browserSnapshotIds": [other]}), vec![other.clone()]),
    ] {
        assert_eq!(door.send(&body).await.status, 200);
        let last = test.messages(door.thread).await.pop().expect("a message");
        let used: Vec<String> =
            last.body.controls.browser_snapshots.iter().flatten().map(SnapshotId::to_string).collect();
        assert_eq!(used, expected, "{body}");
    }
}

#[tokio::test]
async fn an_empty_list_of_snapshots_replaces_those_of_the_agent() {
    let door = Door::open().await;
    let test = &door.server.test;
    let made = create(&door, &json!({"name": "own", "storageState": state()})).await.json();
    let own = SnapshotId::parse(made["id"].as_str().expect("an id")).expect("an id");
    let controls = Controls { browser_snapshots: Some(vec![own]), ..Controls::default() };
    let agent = test.default_agent(Settings { controls: controls.clone(), ..Settings::default() }).await;
    for (body, expected) in
        [(json!({"message": "x", "browserSnapshotIds": []}), Some(vec![])), (json!({"message": "x"}), Some(vec![own]))]
    {
        assert_eq!(door.send(&body).await.status, 200);
        test.settle(door.thread).await;
        let (_, turn) = test.app.list_turns(&test.caller, door.thread, None, 1).await.expect("turns").remove(0);
        let asked_with = turn.controls.over(&agent.settings.controls);
        assert_eq!(asked_with.browser_snapshots, expected, "{body}");
    }
}

#[tokio::test]
async fn a_project_has_no_more_snapshots_than_it_may() {
    let door = Door::with(|limits| limits.snapshots = 1).await;
    let body = json!({"name": "shop", "storageState": state()});
    assert_eq!(create(&door, &body).await.status, 200);
    create(&door, &body).await.invalid("name");
    assert_eq!(all(&door).await.len(), 1);
}

#[tokio::test]
async fn a_server_that_cannot_seal_or_open_a_state_says_so() {
    let test = TestApp::start().await;
    let new = NewSnapshot { name: "shop".into(), state: state().into(), is_default: false, is_private: false };
    let made = test.app.create_snapshot(&test.caller, new, None).await.expect("a snapshot");
    let folder = Some(test.stop().await);
    let door = Door::of(Choices { folder, sealing: Some(Sealing::none()), ..Choices::default() }).await;
    let refused = create(&door, &json!({"name": "shop", "storageState": state()})).await.refused(409, "conflict");
    assert!(refused["message"].as_str().is_some_and(|text| text.contains("sealing key")), "{refused}");
    let unreadable = door.get(&format!("{}/{}", path(&door), made.id)).await;
    unreadable.refused(503, "service_unavailable");
    assert!(!unreadable.body.contains("s3cr3t") && !unreadable.body.contains("sealed:"), "{}", unreadable.body);
    assert_eq!(all(&door).await, [made]);
}
