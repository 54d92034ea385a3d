//! The list of a session's events.

use domain::{Limits, agent::ToolKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Door, Events, calls, text, tool};

/// A session with two turns, the first with a tool; its events that have a sequence.
async fn told() -> (Door, String, Vec<Value>) {
    let door = Door::open().await;
    door.agent(vec![calls(&["look"]), text("Done, said Ünïx")], vec![tool("look", ToolKind::Scripted)]).await;
    let (session, thread) = door.session().await;
    for (words, tags) in [("first", json!(["a", "b"])), ("second", json!(["c"]))] {
        let body = json!({"message": {"content": [{"type": "text", "text": words}]}, "tags": tags});
        assert_eq!(door.send(&session, &body).await.status, 201);
        door.server.test.settle(thread).await;
    }
    let mut events = list(&door, &session, "").await;
    events.retain(|event| event["sequence"].is_number());
    (door, session, events)
}

async fn list(door: &Door, session: &str, query: &str) -> Vec<Value> {
    let body = door.did(Method::GET, &format!("/v1/sessions/{session}/events?{query}"), Value::Null, 200).await;
    body["data"].as_array().unwrap().clone()
}

fn numbers(events: &[Value]) -> Vec<i64> {
    events.iter().filter_map(|event| event["sequence"].as_i64()).collect()
}

#[tokio::test]
async fn a_list_says_when_the_session_is_idle() {
    let (door, session, entries) = told().await;
    let events = list(&door, &session, "").await;
    let mut stream = Events::open(&door, &session, "?after_sequence=0").await;
    let mut streamed = Vec::new();
    while streamed.len() < 2 {
        let mut event = stream.until("session.idled").await.pop().unwrap();
        event["sequence"] = Value::Null;
        streamed.push(event);
    }
    let (idled, rest): (Vec<Value>, Vec<Value>) = events.iter().cloned().partition(|e| e["type"] == "session.idled");
    assert_eq!((&idled, &rest), (&streamed, &entries), "as the stream tells it, with an id of its own");
    assert!(idled.iter().all(|event| event.as_object().unwrap().get("sequence") == Some(&Value::Null)));
    let place = events.iter().position(|event| *event == idled[0]).unwrap();
    assert_eq!(events[place - 1]["type"], "turn.completed");
    let last = entries.len() as i64;
    let ends = place as i64;
    for (query, expected) in [
        ("limit=1".to_owned(), vec![&entries[entries.len() - 1], &idled[1]]),
        ("limit=1&order_desc=true".into(), vec![&idled[1], &entries[entries.len() - 1]]),
        (format!("after_sequence={}&limit=2", ends - 1), vec![&entries[place - 1], &idled[0], &entries[place]]),
        (format!("after_sequence={last}"), vec![]),
        (format!("before_sequence={}&limit=1", ends + 1), vec![&entries[place - 1], &idled[0]]),
        (format!("since_id={}&limit=1", idled[0]["id"].as_str().unwrap()), vec![&entries[place]]),
        ("types=session.idled".into(), vec![&idled[0], &idled[1]]),
        ("types=session.idled&limit=1".into(), vec![&idled[1]]),
        ("types=turn.completed&exclude=session.idled&limit=1".into(), vec![&entries[entries.len() - 1]]),
        ("tags=a&types=session.idled".into(), vec![]),
        (format!("q={}&types=session.idled", &idled[0]["data"]["turn_id"].as_str().unwrap()[5..]), vec![&idled[0]]),
    ] {
        let found = list(&door, &session, &query).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let one = format!("around={}&window=1", idled[0]["id"].as_str().unwrap());
    let around = list(&door, &session, &one).await;
    assert_eq!(around, [&entries[place - 2], &entries[place - 1], &idled[0], &entries[place]].map(Value::clone));
}

#[tokio::test]
async fn the_list_has_every_entry_as_the_stream_tells_it() {
    let (door, session, events) = told().await;
    assert_eq!(numbers(&events), (1..=events.len() as i64).collect::<Vec<_>>());
    let mut stream = Events::open(&door, &session, "?after_sequence=0").await;
    for event in &events {
        let told = loop {
            let told = stream.event().await;
            if told.get("sequence").is_some() {
                break told;
            }
        };
        assert_eq!(told, *event);
    }
}

#[tokio::test]
async fn a_part_is_asked_for_by_cursors_and_a_limit() {
    let (door, session, events) = told().await;
    let last = events.len() as i64;
    let id = |seq: i64| events[seq as usize - 1]["id"].as_str().unwrap();
    for (query, expected) in [
        ("limit=3".to_owned(), vec![last - 2, last - 1, last]),
        ("limit=3&before_sequence=6".into(), vec![3, 4, 5]),
        ("before_sequence=3".into(), vec![1, 2]),
        ("before_sequence=0".into(), vec![]),
        ("after_sequence=4&limit=2".into(), vec![5, 6]),
        (format!("after_sequence={}", last - 1), vec![last]),
        (format!("after_sequence={last}"), vec![]),
        ("after_sequence=99999999999".into(), vec![]),
        (format!("since_id={}&limit=2", id(2)), vec![3, 4]),
        (format!("since_id={}&before_sequence=6", id(3)), vec![4, 5]),
        (format!("around={}&window=2", id(5)), vec![3, 4, 5, 6, 7]),
        (format!("around={}&window=2", id(1)), vec![1, 2, 3]),
        (format!("around={}&window=3&types=input.message&types=turn.started", id(5)), vec![2, 3]),
        ("limit=2&order_desc=true".into(), vec![last, last - 1]),
        ("limit=1000".into(), (1..=last).collect()),
    ] {
        let mut expected = expected;
        if query.contains("types=input") {
            expected = events
                .iter()
                .filter(|e| ["input.message", "turn.started"].contains(&e["type"].as_str().unwrap()))
                .map(|e| e["sequence"].as_i64().unwrap())
                .collect();
        }
        assert_eq!(numbers(&list(&door, &session, &query).await), expected, "{query}");
    }
    let answer = door.call(Method::GET, &format!("/v1/sessions/{session}/events?limit=1"), None).await;
    assert_eq!(answer.headers["x-total-count"], last.to_string());
    assert!(
        !door
            .call(Method::GET, &format!("/v1/sessions/{session}/events"), None)
            .await
            .headers
            .contains_key("x-total-count")
    );
}

#[tokio::test]
async fn filters_let_through_what_was_asked_for() {
    let (door, session, events) = told().await;
    let turn = events.iter().find(|e| e["type"] == "turn.started").unwrap()["data"]["turn_id"].as_str().unwrap();
    let (from, to) = (events[2]["ts"].as_str().unwrap(), events[4]["ts"].as_str().unwrap());
    let check = async |query: &str, is: &dyn Fn(&Value) -> bool| {
        let expected: Vec<i64> = numbers(&events.iter().filter(|e| is(e)).cloned().collect::<Vec<_>>());
        assert_eq!(numbers(&list(&door, &session, query).await), expected, "{query}");
        assert_eq!(expected.is_empty(), query.contains("none"), "{query}");
    };
    check("types=input.message&types=turn.completed", &|e| {
        e["type"] == "input.message" || e["type"] == "turn.completed"
    })
    .await;
    check("exclude=input.message", &|e| e["type"] != "input.message").await;
    check(&format!("turn_id={turn}"), &|e| e["context"]["turn_id"] == turn).await;
    check("tool_name=look", &|e| e["type"] == "tool.started" || e["type"] == "tool.completed").await;
    check("tool_name=none", &|_| false).await;
    check("exec_id=none", &|_| false).await;
    check("trace_id=none", &|_| false).await;
    check("tags=b&tags=c", &|e| e["type"] == "input.message").await;
    check("tags=a", &|e| e["tags"] == json!(["a", "b"])).await;
    check("q=sAID%20%C3%BCN%C3%8FX", &|e| e["data"].to_string().contains("Ünïx")).await;
    check(&format!("from_ts={from}&to_ts={to}"), &|e| (3..=5).contains(&e["sequence"].as_i64().unwrap())).await;
    let last_two = list(&door, &session, "types=input.message&limit=1").await;
    assert_eq!(last_two[0]["data"]["message"]["content"][0]["text"], "second");
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let (door, session, events) = told().await;
    let (other, _) = door.session().await;
    let id = events[3]["id"].as_str().unwrap();
    let tags = "tags=x&".repeat(65);
    for (query, code) in [
        ("limit=0", "invalid_parameter"),
        ("limit=1001", "invalid_parameter"),
        ("limit=x", "invalid_parameter"),
        ("after_sequence=-1", "invalid_parameter"),
        ("after_sequence=9223372036854775808", "invalid_parameter"),
        ("before_sequence=9223372036854775808", "invalid_parameter"),
        ("limit=+5", "invalid_parameter"),
        ("limit=05", "invalid_parameter"),
        ("since_id=x", "invalid_event_id"),
        ("around=event_00000000000000000000000000000000", "invalid_event_id"),
        (&format!("around={id}&window=501"), "invalid_parameter"),
        (&format!("around={id}&window=0"), "invalid_parameter"),
        (&format!("around={id}&after_sequence=1"), "invalid_parameter"),
        (&format!("around={id}&since_id={id}"), "invalid_parameter"),
        (&format!("around={id}&before_sequence=9"), "invalid_parameter"),
        ("types=nothing", "invalid_parameter"),
        ("from_ts=yesterday", "invalid_parameter"),
        ("to_ts=2026-01-01", "invalid_parameter"),
        ("turn_id=x", "invalid_parameter"),
        ("order_desc=1", "invalid_parameter"),
        (tags.as_str(), "invalid_parameter"),
    ] {
        let path = format!("/v1/sessions/{session}/events?{query}");
        assert_eq!(door.did(Method::GET, &path, Value::Null, 400).await["code"], code, "{query}");
    }
    let path = format!("/v1/sessions/{other}/events?since_id={id}");
    assert_eq!(door.did(Method::GET, &path, Value::Null, 400).await["code"], "invalid_event_id");
}

#[tokio::test]
async fn a_long_list_is_written_whole() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    for i in 0..120 {
        door.say(&session, &format!("{i}")).await;
        door.server.test.settle(thread).await;
    }
    let last = door.last_seq(thread).await;
    assert!(last > 512, "more than two pages: {last}");
    assert_eq!(numbers(&list(&door, &session, "").await), (1..=last).collect::<Vec<_>>());
    assert_eq!(numbers(&list(&door, &session, "order_desc=true").await), (1..=last).rev().collect::<Vec<_>>());
    let oldest = list(&door, &session, "types=session.started&limit=1").await;
    assert_eq!(numbers(&oldest), [1]);
}

#[tokio::test]
async fn a_page_ends_at_its_bytes_and_the_whole_list_does_not() {
    let limits = Limits { page_bytes: 4_000, piece_bytes: 2_000, requests_per_s: 0, ..Limits::default() };
    let door = Door::limited(limits).await;
    let paused = domain::agent::Settings { paused: true, ..Default::default() };
    door.server.test.default_agent(paused).await;
    let (session, _) = door.session().await;
    for n in 0..9 {
        door.say(&session, &format!("{n:01000}")).await;
    }
    let get = async |query: &str| {
        let answer = door.call(Method::GET, &format!("/v1/sessions/{session}/events?{query}"), None).await;
        let more = answer.headers.get("x-has-more").map(|more| more.to_str().unwrap() == "true");
        (numbers(answer.json()["data"].as_array().unwrap()), more)
    };
    assert_eq!(get("").await, ((1..=10).collect(), None), "all of them, written piece by piece");
    assert_eq!(get("order_desc=true").await, ((1..=10).rev().collect(), None));
    assert_eq!(get("limit=100").await, (vec![8, 9, 10], Some(true)), "the last ones");
    assert_eq!(get("limit=2").await, (vec![9, 10], Some(true)));
    assert_eq!(get("limit=100&order_desc=true").await, (vec![10, 9, 8], Some(true)));
    assert_eq!(get("limit=100&after_sequence=0").await, (vec![1, 2, 3, 4], Some(true)), "the first ones");
    assert_eq!(get("limit=100&after_sequence=8").await, (vec![9, 10], Some(false)));
    assert_eq!(get("limit=100&types=input.message&after_sequence=0").await, (vec![2, 3, 4], Some(true)));
    assert_eq!(get("limit=100&before_sequence=2").await, (vec![1], Some(false)));
    let events = list(&door, &session, "").await;
    let fifth = events.iter().find(|event| event["sequence"] == 5).unwrap();
    let around = format!("around={}&window=5", fifth["id"].as_str().unwrap());
    assert_eq!(get(&around).await, (vec![4, 5, 6], Some(true)));
    let listed = door.list(&session).await;
    assert_eq!(listed.len(), 9, "no message is left out");
    let (all, mut after) = (10, 0);
    let mut seen = Vec::new();
    while after < all {
        let (page, more) = get(&format!("limit=100&after_sequence={after}")).await;
        after = *page.last().expect("one at least");
        assert_eq!(more, Some(after < all));
        seen.extend(page);
    }
    assert_eq!(seen, (1..=10).collect::<Vec<_>>());
}
