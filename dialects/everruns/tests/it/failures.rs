//! Why a turn failed: told to keys, at length to those of the project, and to nobody whom a key lets in.

use domain::{fault::Fault, script::Reply};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::{
    channels::{Channel, is},
    client::{Events, said},
};

const CODE: &str = "refused";

/// A channel whose agent always fails.
async fn failing() -> Channel {
    Channel::open(vec![Reply { error: Some(Fault::Refused), ..Reply::default() }]).await
}

/// All that this client can read of a session of its own whose turn has failed: the answer to its message, lists, stream.
async fn told(ask: impl Fn(reqwest::Method, &str) -> RequestBuilder, controls: Value) -> Vec<Value> {
    let (get, post) = (reqwest::Method::GET, reqwest::Method::POST);
    let session = is(ask(post.clone(), "/sessions").json(&json!({})), 201).await["id"].as_str().unwrap().to_owned();
    let path = |below: &str| format!("/sessions/{session}/{below}");
    let mut message = said("go");
    message["controls"] = controls;
    let waited = is(ask(post, &path("messages?wait=true")).json(&message), 200).await;
    assert_eq!(waited["status"], "failed");
    let listed = is(ask(get.clone(), &path("messages")), 200).await;
    let events = is(ask(get.clone(), &path("events")), 200).await;
    let streamed = Events::of(ask(get.clone(), &path("sse?after_sequence=0"))).await.until("session.idled").await;
    let session = is(ask(get, &format!("/sessions/{session}")), 200).await;
    assert_eq!(session["status"], "failed");
    vec![waited, listed, events, json!(streamed), session]
}

#[tokio::test]
async fn people_are_told_that_a_turn_failed_and_not_why() {
    let channel = failing().await;
    let by_program = |method, path: &str| channel.as_key(&channel.key, method, path).header("end-user", "ann");
    let token = is(channel.post("/runtime-auth").header("end-user", "bob"), 200).await;
    let token = token["access_token"].as_str().unwrap().to_owned();
    let by_token = |method, path: &str| channel.as_key(&token, method, path);
    for told in [told(by_program, Value::Null).await, told(by_token, Value::Null).await] {
        let text = json!(told).to_string();
        assert!(text.contains("turn.failed") && text.contains(domain::agent::FAILURE_TEXT), "{text}");
        assert!(!text.contains(CODE) && !text.contains("error_code"), "{text}");
        let completed = told[3].as_array().unwrap().iter().rfind(|event| event["type"] == "reason.completed");
        assert_eq!(completed.unwrap()["data"]["success"], false, "that it failed is no secret");
    }
}

#[tokio::test]
async fn a_program_is_told_why_and_at_no_greater_length_than_others() {
    let channel = failing().await;
    let by_program = |method, path: &str| channel.as_key(&channel.key, method, path);
    let told = told(by_program, json!({"error_disclosure": "detailed"})).await;
    assert_eq!(told[0]["error"]["code"], CODE);
    let of =
        |kind: &str| told[3].as_array().unwrap().iter().rfind(|event| event["type"] == kind).unwrap()["data"].clone();
    assert_eq!(
        (&of("output.message.completed")["error_code"], &of("turn.failed")["error_code"]),
        (&json!(CODE), &json!(CODE))
    );
}
