//! `ext_msg_id`: the same name with the same body is the same message.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::door::{Door, Reply};

fn named(name: &str, content: &str) -> Value {
    json!({"content": content, "from": "ann@example.com", "ext_msg_id": name})
}

#[tokio::test]
async fn twenty_at_once_are_one_message() {
    let door = Arc::new(Door::open().await);
    let posts: Vec<_> = (0..20)
        .map(|_| {
            let door = door.clone();
            tokio::spawn(async move { door.post(named("m-1", "Hello")).await })
        })
        .collect();
    for post in posts {
        let reply = post.await.unwrap();
        assert_eq!((reply.status, reply.text.as_str()), (204, ""));
    }
    let threads = door.threads().await;
    assert_eq!(threads.len(), 1);
    assert_eq!(door.messages(threads[0].id).await.len(), 2);
}

#[tokio::test]
async fn the_same_name_with_another_body_is_a_conflict() {
    let door = Door::open().await;
    let thread = door.begin(named("m-1", "Hello")).await;
    for other in [
        named("m-1", "Hello!"),
        json!({"content": "Hello", "from": "ann@example.com", "ext_msg_id": "m-1", "priority": 0}),
    ] {
        door.post(other).await.refused(409, "origin_key_reused");
    }
    assert_eq!(door.messages(thread.id).await.len(), 2);
    door.test().app.close_thread(&door.test().caller, thread.id, None).await.unwrap();
    let reordered = r#" {"ext_msg_id": "m-1", "from": "ann@example.com", "content": "Hello"} "#;
    let request = door.request(reqwest::Method::POST, "/api/v1/message").header("content-type", "application/json");
    assert_eq!(Reply::of(request.body(reordered)).await.status, 204, "the same in another order, after a close");
    assert!(door.test().app.thread(&door.test().caller, thread.id).await.unwrap().closed.is_some());
}

#[tokio::test]
async fn a_delivery_is_kept_as_asked_for_and_counts_by_its_digits() {
    let door = Door::open().await;
    let post = async |delivery: &str| {
        let body = format!(r#"{{"content":"x","to":"ann@example.com","ext_msg_id":"m","delivery":{delivery}}}"#);
        let request = door.request(reqwest::Method::POST, "/api/v1/message").header("content-type", "application/json");
        Reply::of(request.body(body)).await
    };
    let delivery = r#"{"z":123456789012345678901234567890,"a":[-0,1.50]}"#;
    assert_eq!(post(delivery).await.status, 204);
    assert_eq!(post(delivery).await.status, 204);
    let thread = door.threads().await[0].id;
    let kept = door.messages(thread).await[0].body.envelope.clone().unwrap().delivery_requested.unwrap();
    assert_eq!(kept.text(), delivery);
    post(&delivery.replace("890,", "891,")).await.refused(409, "origin_key_reused");
}

#[tokio::test]
async fn a_refused_message_has_not_used_its_name() {
    let door = Door::open().await;
    let mut body = named("m-1", "Hello");
    body["to"] = json!("nobody");
    door.post(body).await.refused(400, "invalid_parameter");
    door.begin(named("m-1", "Hello")).await;
}

#[tokio::test]
async fn names_are_a_projects_own_and_end_with_its_threads() {
    let door = Door::open().await;
    let test = door.test();
    let thread = door.begin(named("m-1", "Hello")).await;
    let (_, key) = test.other_project().await;
    let request = door.client.post(format!("{}/api/v1/message", door.server.url)).bearer_auth(key);
    assert_eq!(Reply::of(request.json(&named("m-1", "Other"))).await.status, 204);
    test.app.delete_thread(&test.caller, thread.id).await.unwrap();
    door.begin(named("m-1", "Other")).await;
}

#[tokio::test]
async fn the_same_files_are_the_same_message_and_others_are_not() {
    let door = Door::open().await;
    let with = |file: &str| {
        let mut body = named("m-1", "See");
        body["attachments"] = json!([{"file": file, "name": "a"}]);
        body
    };
    let thread = door.begin(with("YQ==")).await;
    door.create(with("YQ==")).await;
    door.post(with("Yg==")).await.refused(409, "origin_key_reused");
    assert_eq!(door.messages(thread.id).await.len(), 2);
}
