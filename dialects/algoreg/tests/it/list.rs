//! `GET /api/v1/thread/{id}/messages`.

use domain::{
    Limits, ThreadId,
    agent::Settings,
    controls::Policy,
    message::{Body, Part, ToolCall},
    script::Reply as Scripted,
};
use engine::{app::messages::Send, testing::Choices};
use reqwest::Method;
use serde_json::{Value, json};

use crate::door::{Door, Reply};

async fn get(door: &Door, path: &str) -> Reply {
    Reply::of(door.request(Method::GET, path)).await
}

#[tokio::test]
async fn a_message_comes_back_with_every_field() {
    let door = Door::open().await;
    let thread = door
        .begin(json!({
            "content": "Hello", "from": "Ann <ann@example.com>", "from_customer_id": "c-1", "to": "desk@company.com;max@company.com",
            "cc": "bob@example.com", "bcc": "eve@example.com", "subject": "Order", "ext_msg_id": "m-1", "mailbox_id": "box",
            "priority": 2, "read": true, "reply_to_ext_msg_id": "m-0",
        }))
        .await;
    door.create(json!({"content": "Hi Ann", "thread_id": thread.id.to_string(), "to": "ann@example.com"})).await;
    let native = door.messages(thread.id).await;
    let listed = door.list(thread.id, "").await;
    let blank = json!({
        "agent_id": 1, "attachments": [], "bcc": null, "cc": null, "delivery": null, "error_when_trying_to_send": null,
        "external_message_id": null, "from": null, "mailbox_id": null, "origin": null, "priority": 0, "raw_message": null,
        "read_by_agents": [], "reply_to_external_message_id": null, "subject": null, "to": null,
    });
    let with = |at: usize, fields: Value| {
        let mut message = blank.clone();
        message["id"] = json!(native[at].id.to_string());
        message["created_at"] = json!(native[at].at.to_string());
        for (name, value) in fields.as_object().expect("fields") {
            message[name] = value.clone();
        }
        message
    };
    let first = with(
        0,
        json!({
            "agent_id": null, "content": "Hello", "from": "Ann <ann@example.com>", "to": "desk@company.com, max@company.com",
            "cc": "bob@example.com", "bcc": "eve@example.com", "subject": "Order", "external_message_id": "m-1",
            "mailbox_id": "box", "priority": 2, "read_by_agents": [1], "reply_to_external_message_id": "m-0", "origin": "algoreg",
        }),
    );
    let answer = with(1, json!({"content": native[1].body.plain_text()}));
    let sent =
        with(2, json!({"content": "Hi Ann", "to": "ann@example.com", "delivery": "pending", "origin": "algoreg"}));
    assert_eq!(listed, json!({"messages": [first, answer, sent], "total": 3}));
    assert!(native[0].at.to_string().ends_with('Z'));
}

#[tokio::test]
async fn messages_of_every_other_door_appear_too() {
    let door = Door::open().await;
    let test = door.test();
    let thread = test.thread().await.id;
    let picture =
        test.app.prepare_attachment(&test.caller, "cat.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()).await.unwrap();
    let id = picture.id;
    let content = vec![
        Part::Text { text: "Look".into() },
        Part::Link { url: "https://example.com/a.pdf".into() },
        Part::ImageFile { attachment: id, filename: Some("other.png".into()) },
    ];
    let body = Body { content, door: Some("everruns".into()), ..Body::default() };
    let send = Send { attachments: vec![picture], ..Send::new(thread, body, Policy::Steer) };
    test.app.send(&test.caller, send).await.unwrap();
    test.settle(thread).await;
    let listed = door.list(thread, "").await;
    let message = &listed["messages"][0];
    assert_eq!(
        (&message["content"], &message["origin"]),
        (&json!("Look\n\n[https://example.com/a.pdf]"), &json!("everruns"))
    );
    assert_eq!((&message["agent_id"], &message["from"]), (&json!(null), &json!(null)));
    let file = &message["attachments"][0];
    assert_eq!(
        (&file["id"], &file["file_name"], &file["file_mime"]),
        (&json!(id.to_string()), &json!("cat.png"), &json!("image/png"))
    );
    assert_eq!(message["attachments"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["messages"][1]["agent_id"], 1);
    assert_eq!(listed["total"], 2);
}

#[tokio::test]
async fn calls_and_results_are_left_out_before_pages_are_counted() {
    let door = Door::open().await;
    let test = door.test();
    let call = ToolCall { id: "c".into(), name: "missing".into(), arguments: json!({}).into() };
    let script: Vec<Scripted> = serde_json::from_value(json!([
        {"tool_calls": [{"id": call.id, "name": call.name, "arguments": call.arguments}]},
        {"text": "done"},
    ]))
    .expect("a script");
    test.script(script).await;
    let thread = door.begin(json!({"content": "go", "from": "ann@example.com"})).await.id;
    assert!(door.messages(thread).await.len() > 2, "the log has calls and results as well");
    let listed = door.list(thread, "?limit=2").await;
    let texts: Vec<_> = listed["messages"].as_array().unwrap().iter().map(|m| m["content"].clone()).collect();
    assert_eq!((texts, &listed["total"]), (vec![json!("go"), json!("done")], &json!(2)));
}

#[tokio::test]
async fn pages_go_by_offset_from_the_oldest_on() {
    let door = Door::open().await;
    let thread = door.begin(json!({"content": "0", "to": "ann@example.com"})).await.id;
    for i in 1..60 {
        door.create(json!({"content": i.to_string(), "thread_id": thread.to_string()})).await;
    }
    let page = async |query: &str| {
        let listed = door.list(thread, query).await;
        assert_eq!(listed["total"], 60, "{query}");
        let texts = listed["messages"].as_array().unwrap().iter().map(|m| m["content"].as_str().unwrap().to_owned());
        texts.collect::<Vec<_>>()
    };
    let numbers = |range: std::ops::Range<i32>| range.map(|i| i.to_string()).collect::<Vec<_>>();
    assert_eq!(page("").await, numbers(0..50));
    assert_eq!(page("?offset=50").await, numbers(50..60));
    assert_eq!(page("?limit=100").await, numbers(0..60));
    assert_eq!(page("?offset=3&limit=1").await, numbers(3..4));
    assert_eq!(page("?offset=59&limit=2").await, numbers(59..60));
    assert_eq!(page("?offset=60").await, numbers(0..0));
    assert_eq!(page("?offset=9223372036854775807").await, numbers(0..0));
    assert_eq!(page("?limit=1&unknown=x").await, numbers(0..1));
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    let door = Door::open().await;
    let thread: ThreadId = door.test().thread().await.id;
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=1.0", "limit"),
        ("limit=", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("limit=1&limit=1", "limit"),
        ("offset=-1", "offset"),
        ("offset=x", "offset"),
        ("offset=9223372036854775808", "offset"),
        ("offset=%00", "offset"),
    ] {
        let reply = get(&door, &format!("/api/v1/thread/{thread}/messages?{query}")).await;
        let message = reply.refused(400, "invalid_parameter");
        assert!(message.starts_with(&format!("{name}: ")), "{query}: {message}");
    }
    let listed = door.list(thread, "").await;
    assert_eq!(listed, json!({"messages": [], "total": 0}));
}

#[tokio::test]
async fn unknown_and_foreign_threads_are_answered_alike() {
    let door = Door::open().await;
    let test = door.test();
    let (stranger, _) = test.other_project().await;
    let foreign = test.app.create_thread(&stranger, Default::default()).await.unwrap().id;
    let own = test.thread().await.id;
    let deleted = test.thread().await.id;
    test.app.delete_thread(&test.caller, deleted).await.unwrap();
    let mut answers = Vec::new();
    for id in [
        foreign.to_string(),
        deleted.to_string(),
        "01933b5a-0000-7000-8000-000000000001".into(),
        own.0.simple().to_string(),
        format!("session_{}", own.0.simple()),
        format!("{own}%00"),
        format!("{own}%2F.."),
        "x".repeat(5_000),
        "1".into(),
    ] {
        let reply = get(&door, &format!("/api/v1/thread/{id}/messages")).await;
        reply.refused(404, "thread_not_found");
        answers.push(reply.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_eq!(get(&door, &format!("/api/v1/thread/{}/messages", own.to_string().to_uppercase())).await.status, 200);
}

#[tokio::test]
async fn a_page_that_is_too_large_to_be_held_is_streamed_whole() {
    let limits = Limits { page_bytes: 3_000, piece_bytes: 2_000, requests_per_s: 0, ..Limits::default() };
    let door = Door::with(Choices { limits, ..Choices::default() }).await;
    let test = door.test();
    test.default_agent(Settings { paused: true, ..Settings::default() }).await;
    let thread = test.thread().await.id;
    let texts: Vec<String> = (0..9).map(|n| format!("{n:01000}")).collect();
    for text in &texts {
        test.say(thread, text, Policy::Queue).await;
    }
    let page = async |query: &str| {
        let listed = door.list(thread, query).await;
        assert_eq!(listed["total"], 9, "{query}");
        let all = listed["messages"].as_array().unwrap().iter().map(|one| one["content"].as_str().unwrap().to_owned());
        all.collect::<Vec<_>>()
    };
    assert_eq!(page("").await, texts);
    assert_eq!(page("?limit=7").await, texts[..7]);
    assert_eq!(page("?offset=3&limit=5").await, texts[3..8]);
    assert_eq!(page("?offset=8").await, texts[8..]);
    assert_eq!(page("?offset=9").await, texts[9..]);
}

#[tokio::test]
async fn threads_with_large_last_messages_are_found_whole() {
    let limits = Limits { page_bytes: 3_000, piece_bytes: 2_000, requests_per_s: 0, ..Limits::default() };
    let door = Door::with(Choices { limits, ..Choices::default() }).await;
    let test = door.test();
    test.default_agent(Settings { paused: true, ..Settings::default() }).await;
    let mut made = Vec::new();
    for n in 0..9 {
        let thread = test.thread().await.id;
        test.say(thread, &format!("{n:01000}"), Policy::Queue).await;
        made.insert(0, thread.to_string());
    }
    for (asked, expected) in [(json!({}), &made[..]), (json!({"limit": 7, "offset": 1}), &made[1..8])] {
        let found = door.ask(Method::POST, "/api/v1/thread/search", asked).await.json();
        let ids: Vec<&str> =
            found["threads"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!((ids, &found["total"]), (expected.iter().map(String::as_str).collect(), &json!(9)));
    }
}
