//! How messages stand, and lists of those that stand so.

use domain::controls::Policy;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Door, Refused, Reply};

async fn read(door: &Door, message: &str) -> Reply {
    Reply::of(door.keyed(Method::POST, &format!("{}/{message}/read", door.messages_path()))).await
}

fn bodies(page: &Value) -> Vec<&str> {
    let messages = page["thread"]["messages"].as_array().expect("a list");
    messages.iter().map(|message| message["messageBody"].as_str().expect("a text")).collect()
}

#[tokio::test]
async fn a_message_is_read_when_a_client_says_so_and_the_first_time_counts() {
    let door = Door::open().await;
    let test = &door.server.test;
    test.say(door.thread, "x", Policy::Queue).await;
    test.settle(door.thread).await;
    let said = test.messages(door.thread).await;
    let (own, answer) = (said[0].id.to_string(), said[1].id.to_string());
    let reply = read(&door, &answer).await;
    let message = reply.json()["message"].clone();
    assert_eq!((reply.status, &message["id"], &message["status"]), (200, &json!(answer), &json!("READ")));
    assert_eq!(message["readAt"], message["deliveredAt"], "what is read was given");
    assert_eq!(message["updatedAt"], message["readAt"]);
    assert_eq!(read(&door, &answer).await.json()["message"], message);
    assert_eq!(door.list("limit=1").await.json()["thread"]["messages"][0], message);
    read(&door, &own).await.bad();
    assert_eq!(read(&door, "x").await.bad(), "messageId: must be a UUID");
    for id in [test.thread().await.id.to_string(), "0199a0b0-0000-7000-8000-000000000000".into()] {
        assert_eq!(read(&door, &id).await.refused(404, "NOT_FOUND"), "Message not found");
    }
}

#[tokio::test]
async fn lists_are_of_one_direction_or_one_status() {
    let door = Door::open().await;
    let test = &door.server.test;
    for text in ["1", "2"] {
        test.say(door.thread, text, Policy::Queue).await;
        test.settle(door.thread).await;
    }
    let answer = test.messages(door.thread).await[1].id.to_string();
    read(&door, &answer).await;
    for (query, expected) in [
        ("direction=INBOUND", &["2", "1"][..]),
        ("direction=OUTBOUND", &["2", "1"]),
        ("status=RECEIVED", &["2", "1"]),
        ("status=SENT", &["2"]),
        ("status=READ", &["1"]),
        ("status=READ&direction=INBOUND", &[]),
        ("status=DELIVERED", &[]),
        ("status=QUEUED", &[]),
        ("status=FAILED", &[]),
        ("status=SENDING", &[]),
        ("status=UNDELIVERED", &[]),
        ("", &["2", "2", "1", "1"]),
    ] {
        let page = door.list(query).await.json();
        assert_eq!(
            (bodies(&page), &page["thread"]["pagination"]["nextCursor"]),
            (expected.to_vec(), &json!(null)),
            "{query}"
        );
    }
    let page = door.list("direction=INBOUND&limit=1").await.json();
    let next = page["thread"]["pagination"]["nextCursor"].as_str().expect("a cursor");
    let page = door.list(&format!("direction=INBOUND&limit=1&cursor={next}")).await.json();
    assert_eq!(bodies(&page), ["1"]);
    for query in ["direction=inbound", "direction=", "status=sent", "status=WAITING", "status=SENT&status=SENT"] {
        door.list(query).await.bad();
    }
}
