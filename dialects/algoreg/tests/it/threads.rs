//! `/api/v1/thread`: made, read, changed, searched.

use domain::thread::Ticket;
use reqwest::Method;
use serde_json::{Value, json};

use crate::door::{Door, Reply};

/// A customer `c-1` with the address `ann@example.com`, as it is shown.
async fn ann(door: &Door) -> Value {
    let body = json!({"external_id": "c-1", "name": "Ann", "emails": ["ann@example.com"]});
    door.ask(Method::POST, "/api/v1/customers", body).await.json()
}

async fn made(door: &Door, body: Value) -> Value {
    let reply = door.ask(Method::POST, "/api/v1/thread", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

async fn update(door: &Door, thread: &Value, body: Value) -> Reply {
    door.ask(Method::POST, &path(thread), body).await
}

fn path(thread: &Value) -> String {
    format!("/api/v1/thread/{}", thread["id"].as_str().expect("an id"))
}

async fn get(door: &Door, thread: &Value) -> Value {
    let reply = Reply::of(door.request(Method::GET, &path(thread))).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[tokio::test]
async fn a_thread_begins_with_its_people_and_is_read_back_whole() {
    let door = Door::open().await;
    let customer = ann(&door).await;
    let thread = made(
        &door,
        json!({
            "subject": "Order 7", "customer_external_ids": ["c-1"], "comment": "Called at noon\nwas angry", "status": 0,
            "tag_codes": ["late", "Very Late"], "reminder": {"delay": 60, "number_left": 2}, "unknown": 1,
        }),
    )
    .await;
    assert_eq!(get(&door, &thread).await, thread);
    let project = door.test().caller.project.to_string();
    for (field, value) in [
        ("client_id", json!(project)),
        ("contacts", customer["contacts"].clone()),
        ("customers", json!([customer])),
        ("tag_codes", json!(["Very Late", "late"])),
    ] {
        assert_eq!(thread[field], value, "{field}");
    }
    let id = domain::ThreadId::parse(thread["id"].as_str().unwrap()).unwrap();
    let log = door.test().log(id).await;
    assert_eq!(
        log.iter().map(|entry| entry.event.kind()).collect::<Vec<_>>(),
        ["thread.created", "thread.updated", "thread.updated"]
    );
    let changed = serde_json::to_value(&log[1].event).unwrap();
    assert_eq!(changed["changed"]["comment"], "Called at noon\nwas angry");
    assert_eq!(changed["changed"]["ticket"], "open");
    door.create(json!({"content": "Dear Ann", "to": "ann@example.com", "thread_id": thread["id"], "ext_msg_id": "m-1",
        "attachments": [{"file": "YQ==", "name": "a.txt"}]}))
        .await;
    let read = get(&door, &thread).await;
    assert_eq!((&read["message_count"], &read["external_message_ids"]), (&json!(1), &json!(["m-1"])));
    assert_eq!((&read["last_message"]["content"], &read["status"]), (&json!("Dear Ann"), &json!(1)));
    assert_eq!(read["attachments"], read["last_message"]["attachments"]);
    assert_eq!(read["attachments"][0]["file_name"], "a.txt");
}

#[tokio::test]
async fn any_status_may_follow_any_other_and_closing_closes() {
    let door = Door::open().await;
    let thread = made(&door, json!({})).await;
    let id = domain::ThreadId::parse(thread["id"].as_str().unwrap()).unwrap();
    let tickets = [Ticket::Open, Ticket::Waiting, Ticket::Reminder, Ticket::Closed];
    for from in 0..4 {
        for (to, ticket) in tickets.into_iter().enumerate() {
            for status in [from, to] {
                assert_eq!(update(&door, &thread, json!({"status": status})).await.status, 204);
            }
            assert_eq!(get(&door, &thread).await["status"], to);
            let head = door.test().app.thread(&door.test().caller, id).await.unwrap();
            assert_eq!((head.ticket, head.closed.is_some()), (ticket, to == 3), "from {from} to {to}");
        }
    }
    let before = door.test().log(id).await.len();
    assert_eq!(update(&door, &thread, json!({"status": 3})).await.status, 204);
    assert_eq!(door.test().log(id).await.len(), before, "what does not differ changes nothing");
}

#[tokio::test]
async fn only_what_is_given_changes() {
    let door = Door::open().await;
    let customer = ann(&door).await;
    let thread = made(
        &door,
        json!({"subject": "One", "customer_ids": [customer["id"]], "reminder": {"delay": 9, "number_left": 1}}),
    )
    .await;
    for (body, fields) in [
        (json!({}), json!({})),
        (json!({"status": null, "subject": null, "customer_ids": null, "tag_codes": null, "comment": null}), json!({})),
        (json!({"subject": "Two"}), json!({"subject": "Two"})),
        (json!({"tag_codes": ["a", "a"]}), json!({"tag_codes": ["a"]})),
        (json!({"reminder": null}), json!({"reminder": null})),
        (json!({"customer_ids": []}), json!({"customers": [], "contacts": []})),
        (
            json!({"customer_ids": [customer["id"]], "customer_external_ids": ["c-1"]}),
            json!({"customers": [customer], "contacts": customer["contacts"]}),
        ),
    ] {
        let mut expect = get(&door, &thread).await;
        assert_eq!(update(&door, &thread, body.clone()).await.status, 204, "{body}");
        let now = get(&door, &thread).await;
        for (name, value) in fields.as_object().unwrap() {
            expect[name] = value.clone();
        }
        expect["updated_at"] = now["updated_at"].clone();
        assert_eq!(now, expect, "{body}");
    }
}

#[tokio::test]
async fn a_wrong_field_is_named_and_changes_nothing() {
    let door = Door::open().await;
    let customer = ann(&door).await;
    let thread = made(&door, json!({"subject": "One", "customer_ids": [customer["id"]]})).await;
    let before = get(&door, &thread).await;
    let (stranger, _) = door.test().other_project().await;
    let foreign = door.test().app.create_customer(&stranger, Default::default()).await.unwrap().id.to_string();
    for (body, code, field) in [
        (json!({"status": 4}), "invalid_parameter", "status"),
        (json!({"status": -1}), "invalid_parameter", "status"),
        (json!({"status": "open"}), "invalid_parameter", "status"),
        (json!({"status": 1.0}), "invalid_parameter", "status"),
        (json!({"subject": ""}), "invalid_parameter", "subject"),
        (json!({"subject": "x".repeat(501)}), "invalid_parameter", "subject"),
        (json!({"comment": " "}), "invalid_parameter", "comment"),
        (json!({"comment": "x".repeat(10_001)}), "invalid_parameter", "comment"),
        (json!({"comment": ["x"]}), "invalid_parameter", "comment"),
        (json!({"customer_ids": "x"}), "invalid_parameter", "customer_ids"),
        (json!({"customer_ids": [customer["id"], "x"]}), "customer_not_found", "customer_ids.1"),
        (json!({"customer_ids": [foreign]}), "customer_not_found", "customer_ids.0"),
        (
            json!({"customer_ids": [customer["id"]], "customer_external_ids": ["c-1", "c-2"]}),
            "customer_not_found",
            "customer_external_ids.1",
        ),
        (json!({"customer_external_ids": vec!["c-1"; 51]}), "invalid_parameter", "customer_ids"),
        (json!({"tag_codes": [""]}), "invalid_parameter", "tag_codes.0"),
        (json!({"tag_codes": ["a\nb"]}), "invalid_parameter", "tag_codes.0"),
        (json!({"reminder": {"delay": 1}}), "invalid_parameter", "reminder.number_left"),
        (json!({"reminder": {"delay": -1, "number_left": 1}}), "invalid_parameter", "reminder.delay"),
        (json!({"reminder": {"delay": 1, "number_left": 0}}), "invalid_parameter", "reminder.number_left"),
    ] {
        let mut whole = body.clone();
        whole["subject"] = body.get("subject").cloned().unwrap_or(json!("Changed"));
        for reply in
            [update(&door, &thread, whole.clone()).await, door.ask(Method::POST, "/api/v1/thread", whole).await]
        {
            let message = reply.refused(400, code);
            assert!(message.starts_with(&format!("{field}: ")), "{body}: {message}");
        }
    }
    assert_eq!(get(&door, &thread).await, before);
    assert_eq!(door.threads().await.len(), 1);
}

#[tokio::test]
async fn unknown_and_foreign_threads_are_answered_alike() {
    let door = Door::open().await;
    let (stranger, _) = door.test().other_project().await;
    let foreign = door.test().app.create_thread(&stranger, Default::default()).await.unwrap().id.to_string();
    let mut answers = Vec::new();
    for id in [foreign.as_str(), "01933b5a-0000-7000-8000-000000000001", "1", "search%00"] {
        let path = format!("/api/v1/thread/{id}");
        for reply in [
            Reply::of(door.request(Method::GET, &path)).await,
            door.ask(Method::POST, &path, json!({"status": 3})).await,
        ] {
            reply.refused(404, "thread_not_found");
            answers.push(reply.text);
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert!(
        door.test().app.list_threads(&stranger, Default::default(), None, 9).await.unwrap().threads[0].closed.is_none()
    );
}

#[tokio::test]
async fn a_search_finds_what_fits_all_that_is_asked() {
    let door = Door::open().await;
    let customer = ann(&door).await;
    let one = made(&door, json!({"subject": "Order 7", "customer_ids": [customer["id"]], "tag_codes": ["late"]})).await;
    let two =
        door.begin(json!({"content": "x", "from": "bob@example.com", "subject": "Bill", "ext_msg_id": "m-1"})).await;
    let search = async |body: Value| {
        let reply = door.ask(Method::POST, "/api/v1/thread/search", body.clone()).await;
        assert_eq!(reply.status, 200, "{body}: {}", reply.text);
        let found = reply.json();
        let ids: Vec<String> =
            found["threads"].as_array().unwrap().iter().map(|t| t["id"].as_str().unwrap().into()).collect();
        (ids, found["total"].as_i64().unwrap())
    };
    let (one, two) = (one["id"].as_str().unwrap().to_owned(), two.id.to_string());
    for (body, expected) in [
        (json!({}), vec![&two, &one]),
        (json!({"status": null, "subject": null, "limit": null, "offset": null, "unknown": {}}), vec![&two, &one]),
        (json!({"customer_id": customer["id"]}), vec![&one]),
        (json!({"customer_external_id": "c-1"}), vec![&one]),
        (json!({"customer_external_id": "c-1", "email": "ANN@example.com"}), vec![&one]),
        (json!({"customer_external_id": "c-1", "email": "bob@example.com"}), vec![]),
        (json!({"customer_id": "x"}), vec![]),
        (json!({"customer_external_id": "c-2"}), vec![]),
        (json!({"email": "bob@example.com"}), vec![&two]),
        (json!({"external_message_id": "m-1"}), vec![&two]),
        (json!({"external_message_id": "m-2"}), vec![]),
        (json!({"subject": "ORDER"}), vec![&one]),
        (json!({"tag_code": "late"}), vec![&one]),
        (json!({"tag_code": "late", "status": 3}), vec![]),
        (json!({"status": 1}), vec![&two, &one]),
    ] {
        let shown = body.to_string();
        let (ids, total) = search(body).await;
        assert_eq!((ids.iter().collect::<Vec<_>>(), total), (expected.clone(), expected.len() as i64), "{shown}");
    }
    assert_eq!(search(json!({"limit": 1})).await, (vec![two.clone()], 2));
    assert_eq!(search(json!({"limit": 1, "offset": 1})).await, (vec![one], 2));
    for (body, field) in [
        (json!({"limit": 0}), "limit"),
        (json!({"limit": 101}), "limit"),
        (json!({"offset": -1}), "offset"),
        (json!({"status": 4}), "status"),
        (json!({"email": 1}), "email"),
    ] {
        let message = door.ask(Method::POST, "/api/v1/thread/search", body).await.refused(400, "invalid_parameter");
        assert!(message.starts_with(&format!("{field}: ")), "{message}");
    }
}
