//! A reader that is cut off comes back with the last id that it saw, whatever it was the id of, and gets exactly the rest.

use std::time::Duration;

use dialect_everruns::Everruns;
use domain::{
    Limits,
    agent::{Tool, ToolKind},
    script::Reply,
};
use engine::testing::Choices;
use serde_json::{Value, json};

use crate::client::{Door, Events, calls, kinds, slow, text, tool};

/// Ids and types: what identifies an event.
fn named(events: &[Value]) -> Vec<(String, String)> {
    let name = |event: &Value| (event["id"].as_str().unwrap().into(), event["type"].as_str().unwrap().into());
    events.iter().map(name).collect()
}

#[tokio::test]
async fn at_every_id_of_a_finished_session_exactly_the_rest_comes() {
    let door = Door::open().await;
    let good = Tool { result: Some(json!(1).into()), ..tool("good", ToolKind::Scripted) };
    door.agent(vec![calls(&["good", "none"]), text("done")], vec![good]).await;
    let (session, _) = door.session().await;
    door.say(&session, "go").await;
    let all = Events::open(&door, &session, "?after_sequence=0").await.until("session.idled").await;
    assert!(kinds(&all).contains(&"act.completed"));
    for (i, event) in all.iter().enumerate().take(all.len() - 1) {
        let id = event["id"].as_str().unwrap();
        let by_query = Events::open(&door, &session, &format!("?since_id={id}")).await.until("session.idled").await;
        assert_eq!(by_query, all[i + 1..], "since {}", event["type"]);
        let request = door.get(&format!("/v1/sessions/{session}/sse?since_id=nonsense")).header("last-event-id", id);
        let by_header = Events::of(request).await.until("session.idled").await;
        assert_eq!(by_header, all[i + 1..], "the header wins");
    }
    let at = |sequence: i64| all.iter().position(|event| event["sequence"] == sequence).unwrap();
    for sequence in 1..all.iter().filter(|event| event["sequence"].is_number()).count() as i64 {
        let query = format!("?after_sequence={sequence}");
        let rest = Events::open(&door, &session, &query).await.until("session.idled").await;
        assert_eq!(rest, all[at(sequence) + 1..], "all that is derived from entry {sequence}");
        let id = all[0]["id"].as_str().unwrap();
        let both = Events::open(&door, &session, &format!("{query}&since_id={id}")).await.until("session.idled").await;
        assert_eq!(both, all[1..], "the id wins");
    }
}

#[tokio::test]
async fn a_reader_that_is_cut_after_every_event_of_a_running_turn_misses_and_doubles_nothing() {
    let door = Door::open().await;
    let good = Tool { result: Some(json!(1).into()), ..tool("good", ToolKind::Scripted) };
    let thinks = Reply {
        thinking: Some("hm hm hm hm".into()),
        tool_calls: calls(&["good"]).tool_calls,
        ..slow("well then now go", 4)
    };
    door.agent(vec![thinks, slow("all is done now", 4)], vec![good]).await;
    let (session, _) = door.session().await;
    let mut whole = Events::open(&door, &session, "?after_sequence=0").await;
    door.say(&session, "go").await;
    let all = tokio::spawn(async move { whole.until("session.idled").await });
    let mut pieces = Vec::new();
    let mut query = "?after_sequence=0".to_owned();
    loop {
        let event = Events::open(&door, &session, &query).await.event().await;
        query = format!("?since_id={}", event["id"].as_str().unwrap());
        pieces.push(event);
        if pieces.last().is_some_and(|event| event["type"] == "session.idled") {
            break;
        }
    }
    let all = all.await.unwrap();
    let is_delta = |event: &Value| event["type"].as_str().unwrap().ends_with(".delta");
    let lasting =
        |events: &[Value]| named(&events.iter().filter(|event| !is_delta(event)).cloned().collect::<Vec<_>>());
    assert_eq!(lasting(&pieces), lasting(&all), "what lasts, exactly once and in order");
    for delta in pieces.iter().filter(|event| is_delta(event)) {
        // Pieces are gone once their message has completed, so either reader may have been too late for some.
        if let Some(same) = all.iter().find(|event| event["id"] == delta["id"]) {
            assert_eq!(same, delta, "with the text so far, though this reader had not seen it");
        }
    }
}

#[tokio::test]
async fn a_reader_that_comes_in_the_middle_of_a_text_is_told_all_of_it() {
    let door = Door::open().await;
    door.agent(vec![Reply { hang: true, ..slow("a b c d", 4) }], vec![]).await;
    let (session, _) = door.session().await;
    door.say(&session, "go").await;
    let mut stream = Events::open(&door, &session, "").await;
    let mut deltas: Vec<Value> = Vec::new();
    while !deltas.last().is_some_and(|delta| delta["data"]["accumulated"] == "a b c d") {
        deltas.push(stream.until("output.message.delta").await.pop().unwrap());
    }
    for (i, delta) in deltas.iter().enumerate().take(deltas.len() - 1) {
        let query = format!("?since_id={}", delta["id"].as_str().unwrap());
        let mut rest = Events::open(&door, &session, &query).await;
        for expected in &deltas[i + 1..] {
            assert_eq!(&rest.event().await, expected);
        }
    }
}

#[tokio::test]
async fn the_id_of_a_text_that_has_completed_goes_on_with_the_message() {
    let door = Door::open().await;
    door.agent(vec![Reply { hang: true, ..slow("a b c d", 4) }], vec![]).await;
    let (session, thread) = door.session().await;
    door.say(&session, "go").await;
    let delta = Events::open(&door, &session, "").await.until("output.message.delta").await.pop().unwrap();
    door.server.test.app.keyed(None).stop_thread(&door.server.test.caller, thread).await.unwrap();
    let query = format!("?since_id={}", delta["id"].as_str().unwrap());
    let rest = Events::open(&door, &session, &query).await.until("session.idled").await;
    assert_eq!(kinds(&rest), ["output.message.completed", "reason.completed", "turn.cancelled", "session.idled"]);
}

#[tokio::test]
async fn ids_hold_across_a_death_and_the_dead_attempts_text_is_void() {
    let limits = Limits { drain_s: 0, requests_per_s: 0, ..Limits::default() };
    let choices = Choices { limits, ..Choices::default() };
    let door = Door::with(choices.clone(), Everruns::default()).await;
    door.agent(vec![Reply { hang: true, ..slow("never whole", 2) }], vec![]).await;
    let (session, thread) = door.session().await;
    door.say(&session, "go").await;
    let shown = Events::open(&door, &session, "").await.until("output.message.delta").await.pop().unwrap();
    door.agent(vec![text("whole")], vec![]).await;
    let folder = door.server.stop().await.stop().await;
    let door = Door::with(Choices { folder: Some(folder), ..choices }, Everruns::default()).await;
    door.server.test.settle(thread).await;
    let query = format!("?since_id={}", shown["id"].as_str().unwrap());
    let rest = Events::open(&door, &session, &query).await.until("session.idled").await;
    let expected = [
        "reason.recovered",
        "reason.started",
        "output.message.started",
        "output.message.completed",
        "reason.completed",
        "turn.completed",
        "session.idled",
    ];
    assert_eq!(kinds(&rest), expected);
    assert!(rest[0]["data"]["accumulated_len"].as_i64().unwrap() > 0);
    assert_eq!(rest[3]["data"]["message"]["content"][0]["text"], "whole");
}

#[tokio::test]
async fn a_connection_is_given_up_for_a_new_one_and_nothing_is_lost() {
    let cycle = Everruns { cycle: Duration::from_millis(100) };
    let door = Door::with(Choices::default(), cycle).await;
    door.agent(vec![slow("a b c d e f g h", 8)], vec![]).await;
    let (session, thread) = door.session().await;
    door.say(&session, "go").await;
    let (mut query, mut seen, mut cycles) = ("?after_sequence=0".to_owned(), Vec::new(), 0);
    while !seen.last().is_some_and(|event: &Value| event["type"] == "session.idled") {
        let mut stream = Events::open(&door, &session, &query).await;
        while let Some(frame) = stream.frame().await {
            if frame.event == "disconnecting" {
                assert_eq!(frame.data, json!({"reason": "connection_cycle", "retry_ms": 100}));
                assert_eq!((frame.retry.as_deref(), frame.id), (Some("100"), None));
                cycles += 1;
                break;
            }
            query = format!("?since_id={}", frame.data["id"].as_str().unwrap());
            seen.push(frame.data);
        }
        assert!(stream.frame().await.is_none(), "nothing comes after it");
    }
    assert!(cycles > 0);
    let sequences: Vec<i64> = seen.iter().filter_map(|event| event["sequence"].as_i64()).collect();
    let last = door.last_seq(thread).await;
    assert_eq!(sequences, (1..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye() {
    let door = Door::open().await;
    let (session, _) = door.session().await;
    let mut stream = Events::open(&door, &session, "").await;
    door.say(&session, "x").await;
    stream.until("session.idled").await;
    let stopping = tokio::spawn(door.server.stop());
    let last = stream.frame().await.expect("a last frame");
    assert_eq!((last.event.as_str(), &last.data["reason"]), ("disconnecting", &json!("connection_cycle")));
    assert!(stream.frame().await.is_none());
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_session_that_is_deleted_ends_its_streams() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let mut stream = Events::open(&door, &session, "").await;
    door.say(&session, "x").await;
    stream.until("session.idled").await;
    door.server.test.app.delete_thread(&door.server.test.caller, thread).await.unwrap();
    assert!(stream.frame().await.is_none());
    let gone = door.get(&format!("/v1/sessions/{session}/sse")).send().await.unwrap();
    assert_eq!(gone.status(), 404);
}
