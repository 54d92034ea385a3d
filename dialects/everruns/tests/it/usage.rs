//! What model calls used, in sessions and events.

use dialect_everruns::Everruns;
use domain::{
    agent::ToolKind,
    caller::{Scope, Scopes},
};
use engine::testing::{
    Choices,
    peers::{Peer, Plays, models, route},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    channels::{Channel, is},
    client::{Answer, Door, Events, calls, said, text, tool},
};

/// A door whose agents without a model are answered by a model with a price.
async fn priced() -> Door {
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let models = models(vec![peer.provider("far")], [("default", route("far", "claude-haiku-4-5"))]);
    Door::with(Choices { models, ..Choices::default() }, Everruns::default()).await
}

/// The usage in the data of the events of a type, in order.
fn usages<'e>(events: &'e [Value], kind: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["type"] == kind).map(|event| &event["data"]["usage"]).collect()
}

#[tokio::test]
async fn events_and_sessions_say_what_was_used_and_what_it_cost() {
    let door = priced().await;
    let (session, _) = door.session().await;
    let path = format!("/v1/sessions/{session}");
    let shown = door.did(Method::GET, &path, Value::Null, 200).await;
    assert_eq!(shown.get("usage"), None, "nothing was called yet");
    for turns in 1..=2 {
        door.say(&session, "hello").await;
        let events = Events::open(&door, &session, "").await.until("session.idled").await;
        let tokens =
            json!({"input_tokens": 1000, "output_tokens": 100, "cache_read_tokens": 0, "cache_creation_tokens": 0});
        let mut of_call = tokens.clone();
        of_call["estimated_cost_usd"] = json!(0.0015);
        let mut of_turn = of_call.clone();
        of_turn["effective_cost_usd"] = json!(0.0015);
        assert_eq!(usages(&events, "output.message.completed"), [&of_call]);
        assert_eq!(usages(&events, "reason.completed"), [&of_call]);
        assert_eq!(usages(&events, "turn.completed"), [&of_turn]);
        let used = door.did(Method::GET, &path, Value::Null, 200).await["usage"].clone();
        assert_eq!((&used["input_tokens"], &used["output_tokens"]), (&json!(1000 * turns), &json!(100 * turns)));
        assert_eq!(used["effective_cost_usd"], json!(0.0015 * f64::from(turns)));
        let listed = door.did(Method::GET, "/v1/sessions", Value::Null, 200).await;
        assert_eq!(listed["data"][0]["usage"], used);
    }
    let fork = door.did(Method::POST, &format!("{path}/fork"), json!({}), 201).await;
    assert_eq!(fork.get("usage"), None, "a fork begins with nothing");
    let key = door.server.test.new_key(Scopes::of(&[Scope::Write])).await;
    let patched = door.request(Method::PATCH, &path).header("authorization", key).json(&json!({"title": "a"}));
    let patched = Answer::of(patched.send().await.unwrap()).await.json();
    assert_eq!((&patched["title"], patched.get("usage")), (&json!("a"), None), "the key may not read");
}

#[tokio::test]
async fn a_cancelled_turn_says_what_its_finished_calls_used() {
    let door = Door::open().await;
    door.agent(vec![calls(&["ask"]), text("never")], vec![tool("ask", ToolKind::Client)]).await;
    let (session, _) = door.session().await;
    door.say(&session, "go").await;
    Events::open(&door, &session, "").await.until("tool.call_requested").await;
    door.did(Method::POST, &format!("/v1/sessions/{session}/cancel"), json!({}), 200).await;
    let events = Events::open(&door, &session, "?after_sequence=0").await.until("session.idled").await;
    let [used] = usages(&events, "turn.cancelled")[..] else { panic!("{events:#?}") };
    assert!(used["input_tokens"].as_i64().is_some_and(|tokens| tokens > 0), "{used}");
    assert_eq!(
        (used.get("estimated_cost_usd"), used.get("effective_cost_usd")),
        (None, None),
        "nobody knows the price"
    );
}

#[tokio::test]
async fn a_channel_says_nothing_of_it() {
    let channel = Channel::open(vec![]).await;
    let session = channel.session().await;
    channel.say(&session, "hello").await;
    channel.settle(&session).await;
    let events = is(channel.get(&format!("/sessions/{session}/events")), 200).await;
    assert!(events["data"].as_array().is_some_and(|events| events.iter().any(|e| e["type"] == "turn.completed")));
    let shown = is(channel.get(&format!("/sessions/{session}")), 200).await;
    let person = channel.post("/sessions").header("end-user", "ada").json(&json!({}));
    let own = crate::channels::id(&is(person, 201).await);
    is(channel.post(&format!("/sessions/{own}/messages")).header("end-user", "ada").json(&said("hello")), 201).await;
    channel.settle(&own).await;
    let persons = is(channel.get(&format!("/sessions/{own}/events")).header("end-user", "ada"), 200).await;
    for told in [&events, &shown, &persons] {
        assert!(!told.to_string().contains("usage"), "{told:#}");
    }
}
