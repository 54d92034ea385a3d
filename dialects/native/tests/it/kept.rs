//! JSON that is kept for its sender: the order of members and the digits of numbers.

use domain::{SnapshotId, event::Item};
use reqwest::Method;
use serde_json::json;

use crate::server::{Api, Reply, id_of, reply, text};

/// As it is sent, with spaces and escapes, and as it is given back.
const SENT: &str = r#"{ "z" : 123456789012345678901234567890, "a": [ -0, 1.50, -9223372036854775809 ], "\u0061b":{"y":1e2,"b":"\/"} }"#;
const KEPT: &str = r#"{"z":123456789012345678901234567890,"a":[-0,1.50,-9223372036854775809],"ab":{"y":1e2,"b":"/"}}"#;

async fn send(api: &Api, method: Method, path: &str, body: &str) -> Reply {
    let body = body.replace("KEPT", SENT);
    reply(api.request(method, path).header("content-type", "application/json").body(body)).await
}

fn has(reply: &Reply, name: &str) {
    let expected = format!(r#""{name}":{KEPT}"#);
    assert!(reply.status.is_success() && reply.text.contains(&expected), "{expected} in {}", reply.text);
}

#[tokio::test]
async fn metadata_is_given_back_as_it_was_sent() {
    let api = Api::start().await;
    let made = send(&api, Method::POST, "/threads", r#"{"metadata":KEPT}"#).await;
    has(&made, "metadata");
    let thread = format!("/threads/{}", text(&made.json()["id"]));
    has(&api.get(&thread).await, "metadata");
    let said = send(&api, Method::POST, &format!("{thread}/messages"), r#"{"text":"a","metadata":KEPT}"#).await;
    has(&said, "metadata");
    has(&api.get(&format!("{thread}/messages")).await, "metadata");
    has(&api.get(&format!("{thread}/events")).await, "metadata");
    let made =
        send(&api, Method::POST, "/agents", r#"{"name":"kept","metadata":KEPT,"controls":{"hints":KEPT}}"#).await;
    has(&made, "metadata");
    let agent = api.get(&format!("/agents/{}", text(&made.json()["id"]))).await;
    has(&agent, "metadata");
    has(&agent, "hints");
}

#[tokio::test]
async fn a_change_of_order_or_digits_is_a_change_and_is_told() {
    let api = Api::start().await;
    let thread = api.thread().await;
    for metadata in [r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, r#"{"b":2,"a":1.0}"#, r#"{"b":2,"a":1.0}"#] {
        let body = format!(r#"{{"metadata":{metadata}}}"#);
        assert!(send(&api, Method::PATCH, &thread, &body).await.text.contains(metadata));
    }
    let log = api.get(&format!("{thread}/events")).await.text;
    assert_eq!(log.matches("thread.updated").count(), 3, "{log}");
    assert!(log.contains(r#""changed":{"metadata":{"b":2,"a":1.0}}"#), "{log}");
}

#[tokio::test]
async fn a_tool_is_shown_called_and_answered_in_the_order_of_who_wrote_it() {
    let api = Api::start().await;
    let agent = send(
        &api,
        Method::POST,
        "/agents",
        r#"{"name":"kept","model":"scripted",
            "script":[{"tool_calls":[{"name":"ask","arguments":KEPT},{"name":"look","arguments":KEPT}]},{"text":"done"}],
            "tools":[{"name":"ask","kind":"client","parameters":KEPT,"extras":{"hints":KEPT}},
                     {"name":"look","kind":"scripted","result":KEPT}]}"#,
    )
    .await;
    for name in ["parameters", "hints", "arguments", "result"] {
        has(&agent, name);
    }
    let made = api.post("/threads", json!({"agent": text(&agent.json()["id"])})).await.is(201);
    let thread = format!("/threads/{}", text(&made["id"]));
    api.say(&thread, "go").await;
    let looked = |item: &Item| matches!(item, Item::Entry(entry) if entry.event.kind() == "tool.completed");
    api.test().until(id_of(&thread), looked).await;
    let results = format!(r#"{{"results":[{{"tool_call_id":"call_1_1","result":{SENT}}}]}}"#);
    assert!(send(&api, Method::POST, &format!("{thread}/tool-results"), &results).await.status.is_success());
    api.settle(&thread).await;
    for path in ["messages", "events"] {
        let shown = api.get(&format!("{thread}/{path}")).await;
        has(&shown, "arguments");
        assert_eq!(shown.text.matches(&format!(r#""result":{KEPT}"#)).count(), 2, "{path}: {}", shown.text);
    }
}

#[tokio::test]
async fn a_number_that_differs_in_its_last_digit_is_another_request() {
    let api = Api::start().await;
    let keyed = async |number: &str| {
        let body = format!(r#"{{"metadata":{{"id":{number}}}}}"#);
        let request = api.request(Method::POST, "/threads").header("Idempotency-Key", "k");
        reply(request.header("content-type", "application/json").body(body)).await
    };
    keyed("123456789012345678901234567890").await.is(201);
    keyed("123456789012345678901234567890").await.is(201);
    for other in ["123456789012345678901234567891", "1.2345678901234568e29", "123456789012345678901234567890.0"] {
        assert_eq!(keyed(other).await.refused(409), "origin_key_reused", "{other}");
    }
}

#[tokio::test]
async fn what_is_no_strict_json_is_refused_within_what_is_kept() {
    let api = Api::start().await;
    let deep = format!("{}1{}", "[".repeat(64), "]".repeat(64));
    for bad in ["1e400", r#"{"a":1,"\u0061":2}"#, r#""\u0000""#, r#"{"\u0000":1}"#, &deep, "01", r#""\ud800""#] {
        let body = format!(r#"{{"metadata":{{"kept":{bad}}}}}"#);
        assert_eq!(send(&api, Method::POST, "/threads", &body).await.refused(400), "invalid_json", "{bad}");
    }
    for bad in ["[]", "null", "1", r#""a""#] {
        let body = format!(r#"{{"text":"x","metadata":{bad}}}"#);
        let path = format!("{}/messages", api.thread().await);
        let answer = send(&api, Method::POST, &path, &body).await;
        assert!(bad == "null" || answer.at_fault() == "metadata", "{bad}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_snapshots_state_is_kept_too() {
    let api = Api::start().await;
    let state = r#"{"origins":[],"cookies":[{"sameSite":"Lax","name":"a","value":"b","domain":"c.d","path":"/","expires":1893456000.50,"httpOnly":true,"secure":true}]}"#;
    let body = format!(r#"{{"name":"a","storage_state":{state}}}"#);
    let made = send(&api, Method::POST, "/browser-snapshots", &body).await.is(201);
    let (app, id) = (&api.test().app, SnapshotId::parse(&text(&made["id"])).unwrap());
    let (_, kept) = app.snapshot_with_state(&api.test().caller, id).await.unwrap();
    assert_eq!(kept.unwrap().text(), state);
}
