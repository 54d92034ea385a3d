//! `GET …/threads/{threadId}/stream`.

use domain::{controls::Policy, message::Role, script::Reply as Said};
use reqwest::Method;
use serde_json::json;

use crate::client::{Door, Refused, Reply, keys};

#[tokio::test]
async fn new_messages_of_the_agent_come_as_they_are_committed_and_nothing_else() {
    let door = Door::open().await;
    let test = &door.server.test;
    test.say(door.thread, "before", Policy::Queue).await;
    test.settle(door.thread).await;
    let mut stream = door.follow(None).await;
    let says =
        Said { text: Some("one two three".into()), chunks: Some(3), thinking: Some("hm".into()), ..Said::default() };
    test.script(vec![says]).await;
    for text in ["first", "second"] {
        door.send(&json!({"message": text})).await;
        let (id, data) = stream.message().await;
        test.settle(door.thread).await;
        let messages = test.messages(door.thread).await;
        let newest = messages.last().expect("a message");
        assert_eq!((id, newest.role), (newest.id.to_string(), Role::Agent));
        assert_eq!(
            data,
            json!({
                "id": newest.id, "threadId": door.thread, "direction": "OUTBOUND", "messageBody": "one two three",
                "status": "DELIVERED", "createdAt": newest.at,
            })
        );
    }
}

#[tokio::test]
async fn every_block_with_a_field_has_data_and_the_first_says_when_to_come_back() {
    let door = Door::open().await;
    let mut stream = door.follow(None).await;
    let mut retries = Vec::new();
    for text in ["first", "second"] {
        door.send(&json!({"message": text})).await;
        let block = stream.next().await.expect("a message");
        assert!(block.starts_with("id: ") && block.contains("\ndata: "), "{block}");
        retries.push(block.contains("\nretry: 3000\n"));
        door.server.test.settle(door.thread).await;
    }
    assert_eq!(retries, [true, false]);
}

#[tokio::test]
async fn a_stream_has_the_headers_of_one() {
    let door = Door::open().await;
    let response = door.keyed(Method::GET, &door.stream_path()).send().await.expect("an answer");
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!(response.status(), 200);
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!((header("cache-control"), header("x-accel-buffering")), ("no-store", "no"));
}

#[tokio::test]
async fn a_reader_that_comes_back_gets_what_came_after_its_last_message_once() {
    let door = Door::open().await;
    let test = &door.server.test;
    for text in ["1", "2", "3"] {
        test.say(door.thread, text, Policy::Queue).await;
        test.settle(door.thread).await;
    }
    let agents = async || -> Vec<(i64, String)> {
        let messages = test.messages(door.thread).await;
        messages.iter().filter(|m| m.role == Role::Agent).map(|m| (m.seq, m.id.to_string())).collect()
    };
    for last in test.messages(door.thread).await {
        let missed: Vec<String> =
            agents().await.into_iter().filter(|(seq, _)| *seq > last.seq).map(|(_, id)| id).collect();
        let mut stream = door.follow(Some(&last.id.to_string())).await;
        for id in missed {
            assert_eq!(stream.message().await.0, id);
        }
        test.say(door.thread, "live", Policy::Queue).await;
        test.settle(door.thread).await;
        let newest = agents().await.pop().map(|(_, id)| id);
        assert_eq!(Some(stream.message().await.0), newest);
    }
}

#[tokio::test]
async fn an_id_that_is_no_message_of_the_thread_is_400_before_the_stream() {
    let door = Door::open().await;
    let test = &door.server.test;
    let own = test.say(door.thread, "x", Policy::Queue).await.message.id.to_string();
    let second = test.thread().await.id;
    let of_second = test.say(second, "x", Policy::Queue).await.message.id.to_string();
    for id in
        ["", "0", "12.5", "-1", "0199a0b0-0000-7000-8000-000000000000", &of_second, &own[1..], &"A".repeat(10_240)]
    {
        let reply = Reply::of(door.keyed(Method::GET, &door.stream_path()).header("Last-Event-ID", id)).await;
        assert!(reply.bad().contains("Last-Event-ID"), "{reply:?}");
    }
    let twice =
        door.keyed(Method::GET, &door.stream_path()).header("Last-Event-ID", &own).header("Last-Event-ID", &own);
    Reply::of(twice).await.bad();
    let bytes = reqwest::header::HeaderValue::from_bytes(b"\xff").expect("opaque bytes");
    Reply::of(door.keyed(Method::GET, &door.stream_path()).header("Last-Event-ID", bytes)).await.bad();
}

#[tokio::test]
async fn a_silent_stream_is_kept_alive_by_comments() {
    let door = Door::with(|limits| limits.heartbeat_s = 1).await;
    let mut stream = door.follow(None).await;
    assert_eq!(stream.next().await.as_deref(), Some(": keep-alive"));
}

#[tokio::test]
async fn a_stream_ends_with_its_thread() {
    let door = Door::open().await;
    let test = &door.server.test;
    let mut stream = door.follow(None).await;
    test.app.delete_thread(&test.caller, door.thread).await.expect("a thread to delete");
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_stream_ends_with_the_server() {
    let door = Door::open().await;
    let mut stream = door.follow(None).await;
    door.stop().await;
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn one_stream_too_many_is_429() {
    let door = Door::with(|limits| limits.stream_readers = 1).await;
    let stream = door.follow(None).await;
    let reply = Reply::of(door.keyed(Method::GET, &door.stream_path())).await;
    reply.refused(429, "TOO_MANY_REQUESTS");
    assert!(!reply.header("retry-after").is_empty());
    drop(stream);
}

#[tokio::test]
async fn what_a_stream_tells_is_what_the_list_tells() {
    let door = Door::open().await;
    let mut stream = door.follow(None).await;
    door.send(&json!({"message": "x"})).await;
    let (_, told) = stream.message().await;
    let mut listed = door.list("limit=1").await.json()["thread"]["messages"][0].clone();
    while listed["status"] == "SENT" {
        // Noted once the stream asks for more than it was given.
        tokio::task::yield_now().await;
        listed = door.list("limit=1").await.json()["thread"]["messages"][0].clone();
    }
    for name in keys(&told) {
        assert_eq!(told[name], listed[name], "{name}");
    }
    assert!(listed["deliveredAt"].is_string() && listed["readAt"].is_null(), "{listed}");
}
