//! Events held against the schemas that the vendor's document has for their types.

use dialect_kit::testing::misfits;
use domain::{
    agent::{Tool, ToolKind},
    fault::Fault,
    script::Reply,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Door, Events, calls, kinds, slow, text, tool};

/// The vendor's document, with its phases as they are on the wire: it names them as its code does.
fn contract() -> Value {
    let mut contract: Value = serde_json::from_str(include_str!("../contract.json")).unwrap();
    let phases = &mut contract["components"]["schemas"]["ExecutionPhase"]["enum"];
    assert_eq!(*phases, json!(["Commentary", "FinalAnswer"]));
    *phases = json!(["commentary", "final_answer"]);
    contract
}

/// `tool.call_requested`: `ToolCallRequestedData`. Types of our own have none.
fn schema_of(kind: &str) -> String {
    let words = kind.split(['.', '_']).map(|word| {
        let (first, rest) = word.split_at(1);
        format!("{}{rest}", first.to_uppercase())
    });
    format!("{}Data", words.collect::<String>())
}

/// What of the events is not as the vendor's document has it.
fn wrong(events: &[Value]) -> Vec<String> {
    let contract = contract();
    let schemas = &contract["components"]["schemas"];
    // What an event says is held against its own type's schema alone: the choice among all of them takes nearly anything.
    let mut envelope = schemas["Event"].clone();
    envelope["properties"]["data"] = json!({});
    let mut found = Vec::new();
    for event in events {
        let kind = event["type"].as_str().unwrap();
        let schema = &schemas[schema_of(kind)];
        assert!(schema.is_object(), "the vendor has no {kind}");
        let all = misfits(&contract, &envelope, event).into_iter().chain(misfits(&contract, schema, &event["data"]));
        found.extend(all.map(|what| format!("{kind}: {what}")));
    }
    found
}

#[tokio::test]
async fn every_event_of_a_turn_has_its_types_shape() {
    let door = Door::open().await;
    let good = Tool { result: Some(json!({"temp_c": 22}).into()), ..tool("good", ToolKind::Scripted) };
    let bad = Tool { error: Some("no".into()), ..tool("bad", ToolKind::Scripted) };
    let thinks = Reply { thinking: Some("hm hm".into()), ..slow("Let me look", 3) };
    let tools = vec![good, bad, tool("there", ToolKind::Client)];
    let script = vec![
        Reply { cut_after: Some(2), ..slow("lost words here", 3) },
        Reply { tool_calls: calls(&["good", "bad"]).tool_calls, ..thinks },
        calls(&["there"]),
        text("done"),
    ];
    door.agent(script, tools).await;
    let (session, _) = door.session().await;
    let mut stream = Events::open(&door, &session, "?after_sequence=0").await;
    let body = json!({
        "message": {"content": [{"type": "text", "text": "go"}, {"type": "image", "url": "https://example.com/a.png"}]},
        "controls": {"reasoning": {"effort": "low"}, "locale": "uk"}, "metadata": {"a": 1}, "tags": ["t"],
        "external_actor": {"actor_id": "U1", "source": "slack", "metadata": {"team": "T"}},
    });
    assert_eq!(door.send(&session, &body).await.status, 201);
    let mut events = stream.until("tool.call_requested").await;
    let call = events.last().unwrap()["data"]["tool_calls"][0]["id"].clone();
    let results = json!({"tool_results": [{"tool_call_id": call, "result": [1]}]});
    door.did(Method::POST, &format!("/v1/sessions/{session}/tool-results"), results, 200).await;
    events.extend(stream.until("session.idled").await);
    door.agent(vec![Reply { error: Some(Fault::Refused), ..text("I will") }], vec![]).await;
    door.say(&session, "fail").await;
    events.extend(stream.until("session.idled").await);
    door.agent(vec![Reply { hang: true, ..slow("never whole", 2) }], vec![]).await;
    door.say(&session, "hang").await;
    events.extend(stream.until("output.message.delta").await);
    door.did(Method::POST, &format!("/v1/sessions/{session}/cancel"), json!({}), 200).await;
    events.extend(stream.until("session.idled").await);
    assert_eq!(wrong(&events), Vec::<String>::new());
    let seen = kinds(&events);
    for kind in [
        "session.started",
        "input.message",
        "turn.started",
        "session.activated",
        "reason.started",
        "output.message.started",
        "reason.thinking.started",
        "output.message.delta",
        "reason.thinking.delta",
        "output.message.completed",
        "reason.thinking.completed",
        "reason.completed",
        "act.started",
        "tool.started",
        "tool.call_requested",
        "tool.completed",
        "act.completed",
        "reason.recovered",
        "turn.completed",
        "turn.failed",
        "turn.cancelled",
        "session.idled",
    ] {
        assert!(seen.contains(&kind), "{kind} was not among them: {seen:?}");
    }
}
