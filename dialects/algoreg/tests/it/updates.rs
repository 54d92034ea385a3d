//! `POST /api/v1/message/{id}`.

use domain::{MessageId, ThreadId, controls::Policy, event::Event};
use reqwest::Method;
use serde_json::{Value, json};

use crate::door::{Door, Reply};

async fn update(door: &Door, id: MessageId, body: Value) -> Reply {
    door.ask(Method::POST, &format!("/api/v1/message/{id}"), body).await
}

/// What the log says was changed of messages, in order.
async fn changes(door: &Door, thread: ThreadId) -> Vec<(MessageId, Value)> {
    let changed = |event| match event {
        Event::MessageUpdated { message, changed } => {
            Some((message, domain::Kept::from(changed).read().expect("JSON")))
        }
        _ => None,
    };
    door.test().log(thread).await.into_iter().filter_map(|entry| changed(entry.event)).collect()
}

#[tokio::test]
async fn an_email_that_waits_is_reworded_and_the_log_says_so() {
    let door = Door::open().await;
    let thread = door
        .begin(json!({"content": "Dear An", "to": "ann@example.com", "subject": "Bil", "attachments": [{"file": "YQ==", "name": "a"}]}))
        .await
        .id;
    let id = door.messages(thread).await[0].id;
    let body =
        json!({"content": "Dear Ann", "subject": "Bill", "delivery": "mail", "priority": 3, "read": true, "more": 1});
    assert_eq!(update(&door, id, body.clone()).await.status, 204);
    let listed = door.list(thread, "").await;
    let message = &listed["messages"][0];
    assert_eq!((&message["content"], &message["subject"]), (&json!("Dear Ann"), &json!("Bill")));
    assert_eq!((&message["priority"], &message["read_by_agents"]), (&json!(3), &json!([1])));
    assert_eq!(message["attachments"][0]["file_name"], "a", "files stay");
    let said =
        json!({"text": "Dear Ann", "subject": "Bill", "delivery_requested": "mail", "priority": 3, "read": true});
    assert_eq!(changes(&door, thread).await, [(id, said.clone())]);
    for nothing in [body, json!({}), json!({"content": null, "read": null}), json!({"priority": 3})] {
        assert_eq!(update(&door, id, nothing).await.status, 204);
    }
    assert_eq!(update(&door, id, json!({"read": false})).await.status, 204);
    assert_eq!(changes(&door, thread).await, [(id, said), (id, json!({"read": false}))]);
    assert_eq!(door.list(thread, "").await["messages"][0]["read_by_agents"], json!([]));
}

#[tokio::test]
async fn words_that_are_not_the_projects_or_have_left_stay() {
    let door = Door::open().await;
    let test = door.test();
    let thread = test.thread().await.id;
    test.say(thread, "Hello", Policy::Queue).await;
    let [asked, answered] = [0, 1].map(async |at: usize| door.messages(thread).await[at].id);
    let (asked, answered) = (asked.await, answered.await);
    for id in [asked, answered] {
        for body in [json!({"content": "Other"}), json!({"subject": "x"}), json!({"delivery": {}, "priority": 1})] {
            update(&door, id, body).await.refused(409, "message_sent");
        }
        assert_eq!(update(&door, id, json!({"priority": 1, "read": true})).await.status, 204);
    }
    let noted = json!({"priority": 1, "read": true});
    assert_eq!(changes(&door, thread).await, [(asked, noted.clone()), (answered, noted)]);
}

#[tokio::test]
async fn a_wrong_field_is_named_and_changes_nothing() {
    let door = Door::open().await;
    let thread = door.begin(json!({"content": "Dear Ann", "to": "ann@example.com"})).await.id;
    let before = door.messages(thread).await;
    for (body, field) in [
        (json!({"content": ""}), "content"),
        (json!({"content": 1}), "content"),
        (json!({"subject": "a\r\nBcc: eve@example.com"}), "subject"),
        (json!({"subject": "x".repeat(999)}), "subject"),
        (json!({"delivery": 1}), "delivery"),
        (json!({"delivery": "x".repeat(70_000)}), "delivery"),
        (json!({"priority": "1"}), "priority"),
        (json!({"priority": 1.5}), "priority"),
        (json!({"read": 1}), "read"),
    ] {
        let shown = body.to_string();
        let message = update(&door, before[0].id, body).await.refused(400, "invalid_parameter");
        assert!(message.starts_with(&format!("{field}: ")), "{shown:.80}: {message}");
    }
    assert_eq!(door.messages(thread).await, before);
}

#[tokio::test]
async fn unknown_and_foreign_messages_are_answered_alike() {
    let door = Door::open().await;
    let test = door.test();
    let (stranger, _) = test.other_project().await;
    let theirs = test.app.create_thread(&stranger, Default::default()).await.unwrap().id;
    let send = engine::app::messages::Send::new(theirs, domain::message::Body::text("x"), Policy::Queue);
    let foreign = test.app.send(&stranger, send).await.unwrap().message.id.to_string();
    let mut answers = Vec::new();
    for id in [foreign.as_str(), "01933b5a-0000-7000-8000-000000000001", "m-1", "%00"] {
        let reply = door.ask(Method::POST, &format!("/api/v1/message/{id}"), json!({"priority": 9})).await;
        reply.refused(404, "message_not_found");
        answers.push(reply.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
}
