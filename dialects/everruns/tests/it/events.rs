//! The stream of a session, event by event, for each way a turn can go.

use domain::{
    agent::{Tool, ToolKind},
    controls::{Controls, Policy, Reasoning},
    event::{Event, Item},
    fault::Fault,
    message::{Body, ToolResult},
    script::Reply,
};
use engine::app::messages::Send;
use serde_json::{Value, json};

use crate::client::{Door, Events, calls, kinds, slow, text, tool};

/// The data of the first event of a type.
fn data<'e>(events: &'e [Value], kind: &str) -> &'e Value {
    let found = events.iter().find(|event| event["type"] == kind);
    &found.unwrap_or_else(|| panic!("no {kind} in {:?}", kinds(events)))["data"]
}

/// The whole of a session that has one message, to its end.
async fn one_turn(door: &Door) -> (Vec<Value>, Value) {
    let (session, _) = door.session().await;
    let message = door.say(&session, "go").await;
    let events = Events::open(door, &session, "?after_sequence=0").await.until("session.idled").await;
    let sequences: Vec<i64> = events.iter().filter_map(|event| event["sequence"].as_i64()).collect();
    assert_eq!(sequences, (1..=sequences.len() as i64).collect::<Vec<_>>(), "without gaps");
    assert!(events.iter().all(|event| event["session_id"] == session.as_str()));
    (events, message)
}

#[tokio::test]
async fn a_plain_turn() {
    let door = Door::open().await;
    let (events, message) = one_turn(&door).await;
    assert_eq!(
        kinds(&events),
        [
            "session.started",
            "input.message",
            "turn.started",
            "session.activated",
            "reason.started",
            "output.message.started",
            "output.message.completed",
            "reason.completed",
            "turn.completed",
            "session.idled",
        ]
    );
    assert_eq!(data(&events, "input.message"), &json!({"message": message}));
    let output = data(&events, "output.message.completed");
    let (turn, answer) = (&events[2]["data"]["turn_id"], &output["message"]["id"]);
    let harness = "harness_00000000000000000000000000000001";
    assert_eq!(data(&events, "session.started"), &json!({"harness_id": harness}));
    let begun = json!({"turn_id": turn, "input_message_id": message["id"]});
    assert_eq!((data(&events, "turn.started"), data(&events, "session.activated")), (&begun, &begun));
    assert_eq!(data(&events, "reason.started"), &json!({"harness_id": harness, "metadata": {"model": "echo"}}));
    let started = json!({"turn_id": turn, "message_id": answer, "model": "echo", "iteration": 1});
    assert_eq!(data(&events, "output.message.started"), &started);
    assert_eq!(output["metadata"], json!({"model": "echo"}));
    assert_eq!(output["message"]["content"], json!([{"type": "text", "text": "go"}]));
    assert_eq!((&output["message"]["role"], &output["message"]["phase"]), (&json!("agent"), &json!("final_answer")));
    let used = json!({"input_tokens": 1, "output_tokens": 1, "cache_read_tokens": 0, "cache_creation_tokens": 0});
    let reasoned = json!({
        "success": true, "has_tool_calls": false, "tool_call_count": 0, "text_preview": "go", "usage": used,
    });
    assert_eq!(data(&events, "reason.completed"), &reasoned);
    let completed = data(&events, "turn.completed");
    assert_eq!((&output["usage"], &completed["usage"]), (&used, &used));
    assert_eq!((&completed["turn_id"], &completed["final_message_id"]), (turn, answer));
    assert_eq!(
        (&completed["iterations"], &completed["llm_call_count"], &completed["tool_call_count"]),
        (&json!(1), &json!(1), &json!(0))
    );
    assert!(completed["duration_ms"].is_number());
    assert_eq!(data(&events, "session.idled"), &json!({"turn_id": turn, "iterations": 1}));
    let context = json!({"turn_id": turn, "input_message_id": message["id"]});
    assert_eq!(events[0]["context"], json!({}));
    assert!(events[1..].iter().all(|event| event["context"] == context), "{events:#?}");
}

#[tokio::test]
async fn text_that_is_streamed_accumulates() {
    let door = Door::open().await;
    door.agent(vec![Reply { hang: true, ..slow("один two three four", 4) }], vec![]).await;
    let (session, thread) = door.session().await;
    door.say(&session, "go").await;
    let mut stream = Events::open(&door, &session, "?after_sequence=0").await;
    let mut begun = stream.until("output.message.started").await;
    let (started, turn) = (begun.pop().unwrap(), begun.swap_remove(2));
    let mut so_far = String::new();
    while so_far != "один two three four" {
        let delta = stream.event().await;
        so_far.push_str(delta["data"]["delta"].as_str().unwrap());
        let (turn_id, message_id) = (&turn["data"]["turn_id"], &started["data"]["message_id"]);
        assert_eq!(delta["type"], "output.message.delta");
        assert_eq!(delta["context"], turn["context"]);
        let expected = json!({"turn_id": turn_id, "message_id": message_id, "delta": delta["data"]["delta"], "accumulated": so_far});
        assert_eq!(delta["data"], expected);
    }
    door.server.test.app.keyed(None).stop_thread(&door.server.test.caller, thread).await.unwrap();
    let completed = stream.event().await;
    assert_eq!(completed["data"]["message"]["content"][0]["text"], so_far);
}

#[tokio::test]
async fn a_turn_that_thinks_says_so() {
    let door = Door::open().await;
    let thinks = Reply { thinking: Some("hm hm hm hm".into()), hang: true, ..slow("so be it", 4) };
    door.agent(vec![thinks], vec![]).await;
    let (session, thread) = door.session().await;
    let body =
        Body { controls: Controls { reasoning: Some(Reasoning::High), ..Controls::default() }, ..Body::text("go") };
    let test = &door.server.test;
    test.app.send(&test.caller, Send::new(thread, body, Policy::Steer)).await.unwrap();
    let mut stream = Events::open(&door, &session, "?after_sequence=0").await;
    let begun = stream.until("reason.thinking.started").await;
    let turn = &begun[2]["data"]["turn_id"];
    assert_eq!(data(&begun, "reason.thinking.started"), &json!({"turn_id": turn, "model": "scripted"}));
    let (mut thought, mut spoken) = (String::new(), String::new());
    while spoken != "so be it" {
        let event = stream.event().await;
        let so_far = if event["type"] == "reason.thinking.delta" { &mut thought } else { &mut spoken };
        so_far.push_str(event["data"]["delta"].as_str().unwrap());
        assert_eq!(event["data"]["accumulated"], *so_far);
    }
    assert_eq!(thought, "hm hm hm hm");
    test.app.keyed(None).stop_thread(&test.caller, thread).await.unwrap();
    let rest = stream.until("session.idled").await;
    assert_eq!(kinds(&rest)[..3], ["output.message.completed", "reason.thinking.completed", "reason.completed"]);
    assert_eq!(rest[1]["data"], json!({"turn_id": turn, "thinking": thought}));
    assert_eq!(rest[0]["data"]["message"]["thinking"], thought);
}

#[tokio::test]
async fn a_turn_that_runs_tools() {
    let door = Door::open().await;
    let good = Tool { result: Some(json!({"temp_c": 22}).into()), ..tool("good", ToolKind::Scripted) };
    let bad = Tool { error: Some("no such city".into()), ..tool("bad", ToolKind::Scripted) };
    let plain = Tool { result: Some(json!("sunny").into()), ..tool("plain", ToolKind::Scripted) };
    door.agent(
        vec![Reply { text: Some("Looking".into()), ..calls(&["good", "bad", "plain"]) }, text("done")],
        vec![good, bad, plain],
    )
    .await;
    let (events, _) = one_turn(&door).await;
    let order = kinds(&events);
    let said = order.iter().position(|kind| *kind == "output.message.completed").unwrap();
    let tools = ["tool.started"; 3].into_iter().chain(["tool.completed"; 3]);
    let expected: Vec<&str> = ["output.message.completed", "reason.completed", "act.started"]
        .into_iter()
        .chain(tools)
        .chain(["act.completed", "reason.started", "output.message.started"])
        .collect();
    assert_eq!(order[said..said + expected.len()], expected);
    assert_eq!(events[said]["data"]["message"]["phase"], "commentary");
    let used = json!({"input_tokens": 1, "output_tokens": 5, "cache_read_tokens": 0, "cache_creation_tokens": 0});
    let reasoned = json!({
        "success": true, "has_tool_calls": true, "tool_call_count": 3, "text_preview": "Looking", "usage": used,
    });
    assert_eq!(data(&events, "reason.completed"), &reasoned);
    let summary = |n: i32, name: &str| json!({"id": format!("call_1_{n}"), "name": name});
    let act = json!({"tool_calls": [summary(1, "good"), summary(2, "bad"), summary(3, "plain")]});
    assert_eq!(data(&events, "act.started"), &act);
    let started = json!({"tool_call": {"id": "call_1_1", "name": "good", "arguments": {"q": 1}}});
    assert_eq!(data(&events, "tool.started"), &started);
    let completed = |name: &str| {
        let of_it = events.iter().find(|e| e["type"] == "tool.completed" && e["data"]["tool_name"] == name);
        let mut data = of_it.unwrap()["data"].clone();
        assert!(data.as_object_mut().unwrap().remove("duration_ms").unwrap().is_number());
        data
    };
    let shown = |text: &str| json!([{"type": "text", "text": text}]);
    assert_eq!(
        completed("good"),
        json!({"tool_call_id": "call_1_1", "tool_name": "good", "success": true, "status": "success", "result": shown(r#"{"temp_c":22}"#)})
    );
    assert_eq!(
        completed("bad"),
        json!({"tool_call_id": "call_1_2", "tool_name": "bad", "success": false, "status": "error", "error": "no such city"})
    );
    assert_eq!(completed("plain")["result"], shown("sunny"));
    assert_eq!(data(&events, "act.completed"), &json!({"completed": true, "success_count": 2, "error_count": 1}));
    assert_eq!(data(&events, "turn.completed")["tool_call_count"], 3);
    assert_eq!(order.iter().filter(|kind| **kind == "act.completed").count(), 1);
}

#[tokio::test]
async fn a_tool_of_the_clients_is_asked_for() {
    let door = Door::open().await;
    door.agent(vec![calls(&["there"]), text("thanks")], vec![tool("there", ToolKind::Client)]).await;
    let (session, thread) = door.session().await;
    door.say(&session, "go").await;
    let mut stream = Events::open(&door, &session, "").await;
    let asked = stream.until("tool.call_requested").await;
    let call = json!({"id": "call_1_1", "name": "there", "arguments": {"q": 1}});
    assert_eq!(data(&asked, "tool.call_requested"), &json!({"tool_calls": [call]}));
    assert!(!kinds(&asked).contains(&"tool.started") && !kinds(&asked).contains(&"session.idled"));
    let result = ToolResult { tool_call_id: "call_1_1".into(), result: Some(json!(1).into()), error: None };
    door.server.test.app.keyed(None).tool_results(&door.server.test.caller, thread, vec![result]).await.unwrap();
    let rest = stream.until("session.idled").await;
    assert_eq!(kinds(&rest)[..3], ["tool.completed", "act.completed", "reason.started"]);
}

#[tokio::test]
async fn a_turn_that_fails_explains_itself_first() {
    let door = Door::open().await;
    door.agent(vec![Reply { error: Some(Fault::Refused), ..text("I will") }], vec![]).await;
    let (events, _) = one_turn(&door).await;
    let order = kinds(&events);
    let (said, failed) = (
        order.iter().rposition(|kind| *kind == "output.message.completed").unwrap(),
        order.iter().position(|kind| *kind == "turn.failed").unwrap(),
    );
    assert_eq!(order[said..], ["output.message.completed", "reason.completed", "turn.failed", "session.idled"]);
    assert_eq!(events[said]["data"]["error_code"], "refused");
    let text = events[said]["data"]["message"]["content"][0]["text"].as_str().unwrap();
    assert_eq!(text, domain::agent::FAILURE_TEXT);
    assert_eq!(events[said + 1]["data"]["success"], false);
    let data = &events[failed]["data"];
    assert_eq!((&data["turn_id"], &data["error_code"]), (&events[2]["data"]["turn_id"], &json!("refused")));
    assert!(data["error"].as_str().is_some_and(|error| !error.is_empty()));
}

#[tokio::test]
async fn a_turn_that_is_cancelled_keeps_what_was_shown() {
    let door = Door::open().await;
    door.agent(vec![Reply { hang: true, ..slow("never whole", 2) }], vec![]).await;
    let (session, thread) = door.session().await;
    door.say(&session, "go").await;
    let mut stream = Events::open(&door, &session, "").await;
    let shown = stream.until("output.message.delta").await.pop().unwrap();
    door.server.test.app.keyed(None).stop_thread(&door.server.test.caller, thread).await.unwrap();
    let rest = stream.until("session.idled").await;
    let output = data(&rest, "output.message.completed");
    assert_eq!(output["metadata"]["interrupted"], true);
    assert_eq!(output["message"]["metadata"]["interrupted"], true);
    assert_eq!(output["message"]["id"], shown["data"]["message_id"]);
    let text = output["message"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with(shown["data"]["accumulated"].as_str().unwrap()));
    assert_eq!(data(&rest, "reason.completed")["success"], false);
    assert!(data(&rest, "turn.cancelled")["reason"].is_string());
    let order = kinds(&rest);
    assert_eq!(order[order.len() - 2..], ["turn.cancelled", "session.idled"]);
    assert!(!order.contains(&"input.message"), "no made-up message");
}

#[tokio::test]
async fn a_turn_whose_text_is_void_recovers() {
    let door = Door::open().await;
    let broken = Reply { cut_after: Some(2), ..slow("lost words here", 3) };
    door.agent(vec![broken, slow("whole again now", 3)], vec![]).await;
    let (events, _) = one_turn(&door).await;
    let recovered = events.iter().position(|event| event["type"] == "reason.recovered").unwrap();
    let said = &events[recovered]["data"];
    assert_eq!((&said["turn_id"], &said["mode"]), (&events[2]["data"]["turn_id"], &json!("restart")));
    assert!(said["accumulated_len"].as_i64().unwrap() > 0);
    let mut so_far = String::new();
    for delta in events[recovered..].iter().filter(|event| event["type"] == "output.message.delta") {
        so_far.push_str(delta["data"]["delta"].as_str().unwrap());
        assert_eq!(delta["data"]["accumulated"], so_far, "of its attempt only");
    }
    assert_eq!(data(&events, "output.message.completed")["message"]["content"][0]["text"], "whole again now");
}

#[tokio::test]
async fn entries_without_a_word_here_keep_their_own() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let test = &door.server.test;
    test.app.close_thread(&test.caller, thread, Some("solved".into())).await.unwrap();
    test.app.keyed(None).reopen_thread(&test.caller, thread).await.unwrap();
    let events = Events::open(&door, &session, "?after_sequence=0").await.until("thread.reopened").await;
    assert_eq!(kinds(&events), ["session.started", "thread.closed", "thread.reopened"]);
    assert_eq!(events[1]["data"]["closed"]["reason"], "solved");
    assert_eq!((&events[2]["sequence"], &events[2]["data"]), (&json!(3), &json!({})));
}

#[tokio::test]
async fn the_turn_behind_a_queue_is_not_idle() {
    let door = Door::open().await;
    door.agent(vec![Reply { delay_ms: Some(50), ..text("ok") }], vec![]).await;
    let (session, thread) = door.session().await;
    door.server.test.say(thread, "one", Policy::Queue).await;
    door.server.test.say(thread, "two", Policy::Queue).await;
    let events = Events::open(&door, &session, "?after_sequence=0").await.until("session.idled").await;
    let order = kinds(&events);
    assert_eq!(order.iter().filter(|kind| **kind == "turn.completed").count(), 2, "{order:?}");
    assert_eq!(events.last().unwrap()["context"]["input_message_id"], data_of_second(&events)["message"]["id"]);
}

fn data_of_second(events: &[Value]) -> &Value {
    let mut inputs = events.iter().filter(|event| event["type"] == "input.message");
    &inputs.nth(1).expect("a second message")["data"]
}

#[tokio::test]
async fn only_the_types_that_were_asked_for_are_sent() {
    let door = Door::open().await;
    door.agent(vec![slow("a b c d", 4)], vec![]).await;
    let (session, thread) = door.session().await;
    door.say(&session, "go").await;
    door.server.test.settle(thread).await;
    let open = async |query: &str| Events::open(&door, &session, &format!("?after_sequence=0&{query}")).await;
    let asked = open("types=turn.started&types=turn.completed").await.until("turn.completed").await;
    assert_eq!(kinds(&asked), ["turn.started", "turn.completed"]);
    let derived = open("types=session.idled").await.until("session.idled").await;
    assert_eq!(kinds(&derived), ["session.idled"]);
    let fewer = open("exclude=input.message&exclude=session.started&exclude=reason.started&exclude=voice.x").await;
    let seen = { fewer }.until("turn.completed").await;
    assert_eq!(
        kinds(&seen),
        [
            "turn.started",
            "session.activated",
            "output.message.started",
            "output.message.completed",
            "reason.completed",
            "turn.completed"
        ]
    );
}

#[tokio::test]
async fn a_call_without_a_result_gets_one_when_its_turn_is_cancelled() {
    let door = Door::open().await;
    door.agent(vec![calls(&["there", "then"])], vec![tool("there", ToolKind::Client), tool("then", ToolKind::Client)])
        .await;
    let (session, thread) = door.session().await;
    door.say(&session, "go").await;
    let test = &door.server.test;
    test.until(thread, |i| matches!(i, Item::Entry(e) if matches!(e.event, Event::ToolCalled { .. }))).await;
    test.app.keyed(None).stop_thread(&test.caller, thread).await.unwrap();
    let events = Events::open(&door, &session, "?after_sequence=0").await.until("session.idled").await;
    assert_eq!(data(&events, "act.completed"), &json!({"completed": true, "success_count": 0, "error_count": 2}));
    assert_eq!(data(&events, "tool.completed")["status"], "error");
}
