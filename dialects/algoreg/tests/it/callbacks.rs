//! Webhooks in Algoreg's words: to one callback URL, with its Authorization value.

use dialect_kit::testing::{Receiver, status};
use domain::{fault::Fault, script::Reply as Scripted};
use engine::{Targets, app::webhooks::NewWebhook, testing::Choices};
use reqwest::Method;
use serde_json::{Value, json};

use crate::door::{Door, Reply};

/// A server, and a callback URL that it tells.
async fn start() -> (Door, Receiver) {
    let door = Door::with(Choices { webhook_targets: Targets::Any, ..Choices::default() }).await;
    let receiver = Receiver::start().await;
    let new = NewWebhook {
        url: receiver.url.clone(),
        authorization: Some("Basic aG9vazpsaW5l".into()),
        dialect: "algoreg".into(),
        events: None,
        description: None,
        enabled: true,
    };
    door.test().app.create_webhook(&door.test().caller, new, None).await.expect("a webhook");
    (door, receiver)
}

/// The next so many callbacks.
async fn told(receiver: &Receiver, count: usize) -> Vec<Value> {
    let mut all = Vec::new();
    for _ in 0..count {
        let received = receiver.next().await;
        assert_eq!(received.header("authorization"), "Basic aG9vazpsaW5l");
        assert_eq!(received.header("content-type"), "application/json");
        all.push(received.json());
    }
    all
}

fn codes(told: &[Value]) -> Vec<(&str, &str)> {
    let text = |value: &Value| Box::leak(value.as_str().expect("text").to_owned().into_boxed_str()) as &str;
    told.iter().map(|one| (text(&one["event_code"]), text(&one["event_source"]))).collect()
}

#[tokio::test]
async fn a_conversation_is_told_in_order_as_threads_and_messages() {
    let (door, receiver) = start().await;
    let thread = door.begin(json!({"content": "Where is it?", "from": "ann@example.com", "subject": "Order"})).await.id;
    let all = told(&receiver, 4).await;
    let expected = [
        ("thread_updated", "api"),
        ("thread_message_updated", "api"),
        ("thread_message_updated", "system"),
        ("thread_updated", "system"),
    ];
    assert_eq!(codes(&all), expected);
    let listed = door.list(thread, "").await;
    for (one, message) in all[1..3].iter().zip(listed["messages"].as_array().unwrap()) {
        let mut data = message.clone();
        data["thread_id"] = json!(thread.to_string());
        assert_eq!(one["data"], data);
    }
    let shown = Reply::of(door.request(Method::GET, &format!("/api/v1/thread/{thread}"))).await.json();
    assert_eq!(all[3]["data"], shown);
    assert_eq!(all[3]["data"]["status"], 1);
    let log = door.test().log(thread).await;
    assert_eq!(all[3]["event_date"], json!(log.last().unwrap().at.to_string()));
    assert_eq!(all[3]["event_id"], json!(format!("evt_{}_{}", thread.0.simple(), log.last().unwrap().seq)));
    door.ask(Method::POST, &format!("/api/v1/thread/{thread}"), json!({"status": 3})).await;
    let id = listed["messages"][0]["id"].as_str().unwrap();
    door.ask(Method::POST, &format!("/api/v1/message/{id}"), json!({"read": true})).await;
    let all = told(&receiver, 2).await;
    assert_eq!(codes(&all), [("thread_updated", "api"), ("thread_message_updated", "api")]);
    assert_eq!((&all[0]["data"]["status"], &all[1]["data"]["read_by_agents"]), (&json!(3), &json!([1])));
}

#[tokio::test]
async fn a_thread_whose_turn_is_tried_again_is_told_open() {
    let (door, receiver) = start().await;
    door.test().script(vec![Scripted { error: Some(Fault::Refused), ..Scripted::default() }]).await;
    let thread = door.begin(json!({"content": "Where is it?", "from": "ann@example.com"})).await.id;
    assert_eq!(told(&receiver, 4).await[3]["data"]["status"], 1);
    door.test().script(vec![Scripted { hang: true, ..Scripted::default() }]).await;
    let turn = door.messages(thread).await[0].turn.expect("a turn");
    door.test().app.keyed(None).retry_turn(&door.test().caller, thread, turn).await.expect("another try");
    let all = told(&receiver, 1).await;
    assert_eq!((codes(&all), &all[0]["data"]["status"]), (vec![("thread_updated", "api")], &json!(0)));
}

#[tokio::test]
async fn what_is_not_taken_is_told_again_before_what_follows() {
    let (door, receiver) = start().await;
    receiver.answer(|_| status(500));
    let thread = door.begin(json!({"content": "Dear Ann", "to": "ann@example.com"})).await.id;
    let first = told(&receiver, 1).await;
    receiver.answer(|_| status(204));
    let again = told(&receiver, 2).await;
    assert_eq!(first[0]["event_id"], again[0]["event_id"]);
    assert_eq!(again[1]["event_code"], "thread_message_updated");
    assert_eq!(again[1]["data"]["thread_id"], json!(thread.to_string()));
}
