//! A thread's log as a list and as a long poll.

use domain::{agent::Settings, script};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::server::{Api, Reply, as_said, each, id_of, keys, reply, text};

/// The log of one question that is answered by echo.
const ECHOED: [&str; 6] =
    ["thread.created", "message.created", "turn.started", "step.started", "message.completed", "turn.completed"];

#[tokio::test]
async fn the_log_is_listed_entry_by_entry_without_gaps() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let sent = api.ask(&thread, "hello").await;
    let page = api.get(&format!("{thread}/events")).await.is(200);
    let events = page["data"].as_array().unwrap();
    assert_eq!((each(events, "type"), &page["next"]), (ECHOED.map(Value::from).to_vec(), &json!(null)));
    assert_eq!(each(events, "seq"), [1, 2, 3, 4, 5, 6].map(Value::from));
    assert_eq!(keys(&events[0]), ["at", "data", "seq", "thread", "type"]);
    for event in events {
        assert_eq!(event["thread"], json!(id_of(&thread)));
        assert_eq!(event.get("turn").is_some(), event["seq"] != 1, "{event}");
    }
    assert_eq!((&events[0]["data"], &events[1]["data"]["message"]), (&json!({}), &sent["message"]));
    assert_eq!(events[1]["turn"], sent["turn"]["id"]);
    assert_eq!(events[2]["data"], json!({"attempt": 1, "input": sent["message"]["id"]}));
    let step = &events[3]["data"];
    let answer = api.list(&format!("{thread}/messages?after=2")).await[0].clone();
    assert_eq!((&step["step"], &step["reads"], &step["message"]), (&json!(1), &json!(3), &answer["id"]));
    assert_eq!(events[4]["data"]["message"], as_said(answer.clone()));
    let end = &events[5]["data"];
    assert_eq!((&end["steps"], &end["message"], &end["idle"]), (&json!(1), &answer["id"], &json!(true)));
}

#[tokio::test]
async fn each_thing_that_happens_says_what_it_is_about() {
    let api = Api::start().await;
    let settings: Settings = serde_json::from_value(json!({
        "model": "scripted",
        "script": [
            {"thinking": "hm", "tool_calls": [{"id": "c1", "name": "look", "arguments": {"a": 1}}]},
            {"error": "refused"},
        ],
        "tools": [{"name": "look", "kind": "scripted", "result": {"found": true}}],
    }))
    .unwrap();
    api.test().default_agent(settings).await;
    let thread = api.thread().await;
    api.ask(&thread, "x").await;
    api.patch(&thread, json!({"title": "T"})).await.is(200);
    api.post(&format!("{thread}/close"), json!({"reason": "done"})).await.is(200);
    api.act(&format!("{thread}/reopen")).await.is(200);
    let events = api.list(&format!("{thread}/events")).await;
    let one = |kind: &str| {
        let found = events.iter().find(|event| event["type"] == kind);
        found.unwrap_or_else(|| panic!("no {kind} in {events:?}"))["data"].clone()
    };
    let call = json!({"id": "c1", "name": "look", "arguments": {"a": 1}});
    assert_eq!(one("tool.called"), json!({"call": call, "kind": "scripted"}));
    let completed = one("tool.completed");
    assert_eq!((&completed["tool_call_id"], &completed["success"]), (&json!("c1"), &json!(true)));
    assert_eq!(completed["message"]["role"], "tool");
    let part = json!({"type": "tool_result", "tool_call_id": "c1", "result": {"found": true}});
    assert_eq!(completed["message"]["content"], json!([part]));
    let said = one("message.completed")["message"].clone();
    assert_eq!(said["thinking"]["text"], "hm");
    let call = json!({"type": "tool_call", "id": "c1", "name": "look", "arguments": {"a": 1}});
    assert_eq!(said["content"], json!([{"type": "thinking", "text": "hm"}, call]));
    let usage = json!({"input": 1, "cache_read": 0, "cache_write": 0, "output": 2, "reasoning": 0});
    let record = json!({"model": "scripted", "usage": usage, "stop": "tool_calls", "failed_tries": 0});
    assert_eq!(one("message.completed")["record"], record);
    assert_eq!(one("turn.failed")["code"], "refused");
    let closed = one("thread.closed");
    assert_eq!((keys(&closed), &closed["reason"]), (vec!["at", "by", "reason"], &json!("done")));
    assert_eq!((one("thread.reopened"), one("thread.updated")), (json!({}), json!({"changed": {"title": "T"}})));
    let explanation = api.list(&format!("{thread}/messages?order=desc&limit=1")).await[0].clone();
    assert_eq!(explanation["error_code"], "refused");
}

#[tokio::test]
async fn a_list_begins_where_it_is_told_to() {
    let api = Api::start().await;
    let thread = api.thread().await;
    api.ask(&thread, "x").await;
    for (query, expect) in [
        ("?after=0", vec![1, 2, 3, 4, 5, 6]),
        ("?after=4", vec![5, 6]),
        ("?after=4.7", vec![5, 6]),
        ("?after=6", vec![]),
        ("?after=head", vec![]),
        ("?types=turn.completed,message.created", vec![2, 6]),
        ("?types=turn.completed&types=message.created&after=2", vec![6]),
        ("?types=thread.closed", vec![]),
        ("?types=message.delta,turn.started", vec![3]),
    ] {
        assert_eq!(json!(each(&api.list(&format!("{thread}/events{query}")).await, "seq")), json!(expect), "{query}");
    }
    let resumed = api.request(Method::GET, &format!("{thread}/events?after=1")).header("last-event-id", "4");
    assert_eq!(each(reply(resumed).await.is(200)["data"].as_array().unwrap(), "seq"), [5, 6].map(Value::from));
    for (query, pages) in
        [("limit=1", 6), ("limit=4", 2), ("limit=6", 1), ("limit=2&types=turn.started,step.started", 1)]
    {
        let (all, count) = api.pages(&format!("{thread}/events?{query}")).await;
        assert_eq!(count, pages, "{query}");
        assert!(all.is_sorted_by_key(|event| event["seq"].as_i64()), "{query}");
    }
}

#[tokio::test]
async fn a_rare_type_is_found_in_a_long_log_page_by_page() {
    let api = Api::limited(|limits| limits.page = 2).await;
    let thread = api.thread().await;
    // More entries than one page reads through.
    let body = json!({"text": "x", "respond": false});
    for _ in 0..20 {
        api.post(&format!("{thread}/messages"), body.clone()).await.is(201);
    }
    api.act(&format!("{thread}/close")).await.is(200);
    let (all, _) = api.pages(&format!("{thread}/events?types=thread.closed")).await;
    assert_eq!(each(&all, "seq"), [json!(22)]);
}

/// A poll that is under way.
async fn poll(api: &Api, thread: &str, query: &str) -> JoinHandle<Reply> {
    let poll = tokio::spawn(reply(api.request(Method::GET, &format!("{thread}/events{query}"))));
    api.test().followed(id_of(thread)).await;
    poll
}

#[tokio::test]
async fn a_long_poll_is_woken_by_the_commit_that_it_waits_for() {
    let api = Api::start().await;
    let thread = api.thread().await;
    for after in 1..=10 {
        let poll = poll(&api, &thread, &format!("?after={after}&wait=60")).await;
        let sent = api.post(&format!("{thread}/messages"), json!({"text": "x", "respond": false})).await.is(201);
        let page = poll.await.unwrap().is(200);
        assert_eq!(each(page["data"].as_array().unwrap(), "seq"), [json!(after + 1)]);
        assert_eq!(page["data"][0]["data"]["message"], sent["message"]);
    }
}

#[tokio::test]
async fn a_long_poll_waits_for_its_types_alone() {
    let api = Api::start().await;
    api.test().script(vec![script::Reply { hang: true, ..script::Reply::default() }]).await;
    let thread = api.thread().await;
    let turn = text(&api.say(&thread, "x").await["turn"]["id"]);
    let poll = poll(&api, &thread, "?after=head&wait=60&types=turn.cancelled").await;
    api.patch(&thread, json!({"title": "unwanted"})).await.is(200);
    api.act(&format!("{thread}/turns/{turn}/cancel")).await.is(200);
    let page = poll.await.unwrap().is(200);
    assert_eq!(each(page["data"].as_array().unwrap(), "type"), ["turn.cancelled"]);
}

#[tokio::test]
async fn a_poll_for_nothing_ends_empty() {
    let api = Api::start().await;
    let thread = api.thread().await;
    for wait in [0, 1] {
        let page = api.get(&format!("{thread}/events?after=1&wait={wait}")).await.is(200);
        assert_eq!(page, json!({"data": [], "next": null}));
    }
}

#[tokio::test]
async fn a_long_poll_ends_when_its_thread_is_deleted() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let poll = poll(&api, &thread, "?after=1&wait=60").await;
    api.delete(&thread).await.is(204);
    assert_eq!(poll.await.unwrap().refused(404), "thread_not_found");
}

#[tokio::test]
async fn a_long_poll_ends_when_the_server_stops() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let poll = poll(&api, &thread, "?after=1&wait=60").await;
    api.server.stop().await;
    assert_eq!(poll.await.unwrap().is(200), json!({"data": [], "next": null}));
}
