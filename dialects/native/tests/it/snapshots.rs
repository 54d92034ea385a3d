//! Browser snapshots: stored, never shown.

use domain::caller::{Scope, Scopes};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    server::{Api, reply, text},
    threads::uuid_of_nobody,
};

fn state() -> Value {
    json!({
        "cookies": [{
            "name": "sid", "value": "the-secret-of-the-cookie", "domain": ".example.com", "path": "/", "expires": -1,
            "httpOnly": true, "secure": true, "sameSite": "Lax",
        }],
        "origins": [],
    })
}

#[tokio::test]
async fn a_snapshots_state_is_never_shown() {
    let api = Api::start().await;
    let body = json!({"name": "shop", "storage_state": state(), "is_default": true, "is_private": false});
    let made = api.post("/browser-snapshots", body).await;
    let shown = made.is(201);
    assert_eq!((&shown["is_default"], &shown["key"]), (&json!(true), &json!(api.test().caller.key)));
    assert!(shown["domains"].to_string().contains("example.com"), "{shown}");
    let path = format!("/browser-snapshots/{}", text(&shown["id"]));
    let (one, list) = (api.get(&path).await, api.get("/browser-snapshots").await);
    assert_eq!((one.is(200), list.is(200)["data"][0].clone()), (shown.clone(), shown));
    for answer in [made, one, list] {
        assert!(!answer.text.contains("the-secret"), "{}", answer.text);
    }
    api.delete(&path).await.is(204);
    for path in [path, format!("/browser-snapshots/{}", uuid_of_nobody()), "/browser-snapshots/x".into()] {
        assert_eq!(api.get(&path).await.refused(404), "snapshot_not_found");
        assert_eq!(api.delete(&path).await.refused(404), "snapshot_not_found");
    }
}

#[tokio::test]
async fn a_private_one_is_used_by_its_maker_alone() {
    let api = Api::start().await;
    let body = json!({"name": "mine", "storage_state": state(), "is_private": true});
    let id = api.post("/browser-snapshots", body).await.is(201)["id"].clone();
    let key = api.test().new_key(Scopes::of(&[Scope::Read, Scope::Write])).await;
    let theirs = |method, path: &str| api.bare(method, &format!("/threadline/v1{path}")).bearer_auth(&key);
    assert_eq!(reply(theirs(Method::GET, "/browser-snapshots")).await.is(200)["data"], json!([]));
    let thread = api.thread().await;
    let body = json!({"text": "x", "controls": {"browser_snapshots": [id]}, "respond": false});
    let refused = reply(theirs(Method::POST, &format!("{thread}/messages")).json(&body)).await;
    assert_eq!(refused.at_fault(), "controls.browser_snapshots");
    assert_eq!(api.last_seq(&thread).await, 1);
    api.post(&format!("{thread}/messages"), body).await.is(201);
}

#[tokio::test]
async fn a_message_that_names_none_is_shown_so() {
    let api = Api::start().await;
    let thread = api.thread().await;
    for controls in [json!({"browser_snapshots": []}), json!({})] {
        let sent = api.post(&format!("{thread}/messages"), json!({"text": "x", "controls": controls})).await.is(201);
        assert_eq!(sent["message"].get("controls").unwrap_or(&json!({})), &controls);
        let turn = api.get(&format!("{thread}/turns/{}", text(&sent["turn"]["id"]))).await.is(200);
        assert_eq!(turn.get("controls").unwrap_or(&json!({})), &controls);
        api.settle(&thread).await;
    }
}

#[tokio::test]
async fn what_is_said_of_a_snapshot_is_changed_and_its_state_stays() {
    let api = Api::start().await;
    let made = api.post("/browser-snapshots", json!({"name": "shop", "storage_state": state()})).await.is(201);
    let path = format!("/browser-snapshots/{}", text(&made["id"]));
    let changed = api.patch(&path, json!({"name": "store", "is_default": true})).await.is(200);
    assert_eq!((&changed["name"], &changed["is_default"]), (&json!("store"), &json!(true)));
    assert_eq!((&changed["is_private"], &changed["domains"]), (&json!(false), &made["domains"]));
    assert_eq!(api.patch(&path, json!({})).await.is(200), changed);
    let key = api.test().new_key(Scopes::of(&[Scope::Read, Scope::Write])).await;
    let theirs = |path: &str| api.bare(Method::PATCH, &format!("/threadline/v1{path}")).bearer_auth(&key);
    let refused = reply(theirs(&path).json(&json!({"is_private": true}))).await;
    assert_eq!(refused.refused(403), "forbidden");
    for (body, at) in [
        (json!({"name": ""}), "name"),
        (json!({"name": "x".repeat(256)}), "name"),
        (json!({"name": null}), "name"),
        (json!({"is_default": "yes"}), "is_default"),
        (json!({"storage_state": state()}), "storage_state"),
    ] {
        assert_eq!(api.patch(&path, body).await.at_fault(), at);
    }
    assert_eq!(api.get(&path).await.is(200), changed);
    assert_eq!(
        api.patch(&path, json!({"is_private": true, "name": "x".repeat(255)})).await.is(200)["is_private"],
        true
    );
    assert_eq!(reply(theirs(&path).json(&json!({}))).await.refused(404), "snapshot_not_found");
    let nobody = format!("/browser-snapshots/{}", uuid_of_nobody());
    assert_eq!(api.patch(&nobody, json!({})).await.refused(404), "snapshot_not_found");
}

#[tokio::test]
async fn a_state_of_another_shape_is_refused_without_a_word_of_it() {
    let api = Api::start().await;
    let mut broken = state();
    broken["cookies"][0]["value"] = json!({"the-secret": 1});
    for (body, path) in [
        (json!({"name": "s"}), "storage_state"),
        (json!({"name": "s", "storage_state": "the-secret"}), "storage_state"),
        (json!({"name": "s", "storage_state": broken}), "storage_state.cookies.0.value"),
        (json!({"name": "", "storage_state": state()}), "name"),
        (json!({"name": "s", "storage_state": state(), "is_private": "yes"}), "is_private"),
        (json!({"name": "s", "storageState": state()}), "storageState"),
    ] {
        let refused = api.post("/browser-snapshots", body).await;
        assert_eq!(refused.at_fault(), path);
        assert!(!refused.text.contains("the-secret"), "{}", refused.text);
    }
    assert_eq!(api.list("/browser-snapshots").await.len(), 0);
}
