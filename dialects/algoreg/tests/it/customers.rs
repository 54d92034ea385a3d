//! `/api/v1/customers`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::door::{Door, Reply};

async fn create(door: &Door, body: Value) -> Reply {
    door.ask(Method::POST, "/api/v1/customers", body).await
}

async fn list(door: &Door, query: &str) -> Vec<Value> {
    let reply = Reply::of(door.request(Method::GET, &format!("/api/v1/customers{query}"))).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["customers"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_customer_is_made_found_and_changed() {
    let door = Door::open().await;
    let made =
        create(&door, json!({"external_id": "c-1", "name": "Ann", "emails": ["Ann@Example.com", "b@example.com"]}))
            .await
            .json();
    let emails = |customer: &Value| {
        customer["contacts"].as_array().unwrap().iter().map(|c| c["email"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(emails(&made), ["ann@example.com", "b@example.com"]);
    let path = format!("/api/v1/customers/{}", made["id"].as_str().unwrap());
    assert_eq!(Reply::of(door.request(Method::GET, &path)).await.json(), made);
    let bare = create(&door, json!({})).await.json();
    assert_eq!(list(&door, "").await, [made.clone(), bare.clone()]);
    assert_eq!(list(&door, "?limit=1").await, std::slice::from_ref(&made));
    let after = format!("?after={}", made["id"].as_str().unwrap());
    assert_eq!(list(&door, &after).await, std::slice::from_ref(&bare));
    for query in ["?external_id=c-1", "?email=B@example.com", "?external_id=c-1&email=ann@example.com"] {
        assert_eq!(list(&door, query).await, std::slice::from_ref(&made), "{query}");
    }
    for query in ["?external_id=c-2", "?email=nobody@example.com", "?external_id=c-1&email=nobody@example.com"] {
        assert_eq!(list(&door, query).await, [] as [Value; 0], "{query}");
    }
    let changed =
        door.ask(Method::POST, &path, json!({"emails": ["b@example.com", "c@example.com"], "name": null})).await.json();
    assert_eq!((&changed["name"], &changed["external_id"]), (&json!(null), &json!("c-1")));
    assert_eq!(emails(&changed), ["b@example.com", "c@example.com"]);
    assert_eq!(changed["contacts"][0]["id"], made["contacts"][1]["id"], "an address that stays keeps its id");
    let email = json!({"content": "x", "from": "c@example.com"});
    let thread = door.begin(email).await;
    let shown = Reply::of(door.request(Method::GET, &format!("/api/v1/thread/{}", thread.id))).await.json();
    assert_eq!(shown["customers"], json!([changed]));
}

#[tokio::test]
async fn what_another_customer_has_is_a_conflict_and_what_is_wrong_is_named() {
    let door = Door::open().await;
    create(&door, json!({"external_id": "c-1", "emails": ["ann@example.com"]})).await;
    let two = create(&door, json!({"external_id": "c-2", "emails": ["bob@example.com"]})).await.json();
    let path = format!("/api/v1/customers/{}", two["id"].as_str().unwrap());
    let many: Vec<String> = (0..51).map(|i| format!("a{i}@b.c")).collect();
    for (body, status, code, field) in [
        (json!({"external_id": "c-1"}), 409, "customer_exists", ""),
        (json!({"emails": ["new@example.com", "ANN@example.com"]}), 409, "contact_taken", ""),
        (json!({"external_id": ""}), 400, "invalid_parameter", "external_id"),
        (json!({"external_id": 1}), 400, "invalid_parameter", "external_id"),
        (json!({"external_id": "x".repeat(256)}), 400, "invalid_parameter", "external_id"),
        (json!({"name": "a\nb"}), 400, "invalid_parameter", "name"),
        (json!({"emails": "ann@example.com"}), 400, "invalid_parameter", "emails"),
        (json!({"emails": ["a@b.c", "nobody"]}), 400, "invalid_parameter", "emails.1"),
        (json!({"emails": ["Ann <a@b.c>"]}), 400, "invalid_parameter", "emails.0"),
        (json!({"emails": ["a@b.c\r\nBcc: d@e.f"]}), 400, "invalid_parameter", "emails.0"),
        (json!({"emails": many}), 400, "invalid_parameter", "emails"),
    ] {
        for reply in [create(&door, body.clone()).await, door.ask(Method::POST, &path, body.clone()).await] {
            let message = reply.refused(status, code);
            assert!(field.is_empty() || message.starts_with(&format!("{field}: ")), "{body}: {message}");
        }
    }
    assert_eq!(list(&door, "").await.len(), 2);
    assert_eq!(Reply::of(door.request(Method::GET, &path)).await.json(), two);
    Reply::of(door.request(Method::GET, "/api/v1/customers?after=x")).await.refused(400, "invalid_parameter");
}

#[tokio::test]
async fn twenty_at_once_of_one_external_id_are_one_customer() {
    let door = Door::open().await;
    let asked: Vec<_> =
        (0..20).map(|_| create(&door, json!({"external_id": "c-1", "emails": ["ann@example.com"]}))).collect();
    let mut statuses: Vec<u16> = futures_util::future::join_all(asked).await.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[1], list(&door, "").await.len()), (200, 409, 1));
}

#[tokio::test]
async fn unknown_and_foreign_customers_are_answered_alike() {
    let door = Door::open().await;
    let (stranger, _) = door.test().other_project().await;
    let foreign = door.test().app.create_customer(&stranger, Default::default()).await.unwrap().id.to_string();
    let mut answers = Vec::new();
    for id in [foreign.as_str(), "01933b5a-0000-7000-8000-000000000001", "c-1"] {
        let path = format!("/api/v1/customers/{id}");
        for reply in [
            Reply::of(door.request(Method::GET, &path)).await,
            door.ask(Method::POST, &path, json!({"name": "Eve"})).await,
        ] {
            reply.refused(404, "customer_not_found");
            answers.push(reply.text);
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
}
