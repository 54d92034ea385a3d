//! A guest's first request with its message, and messages that carry the client's own key.

use std::sync::{Arc, atomic::Ordering};

use dialect_feather::Feather;
use engine::testing::{Choices, TestApp};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    chat::{Guest, SHOP, begin, guest_id, let_guests_in, open},
    client::{Door, Refused, Reply},
};

/// A key of the fewest characters.
const KEY: &str = "0123456789012345678901";

async fn arrive(door: &Door, key: Option<&str>, origin: Option<&str>, change: Value) -> Reply {
    let mut body = json!({"agentId": guest_id(door).await, "message": "hello", "clientKey": "m-1"});
    let fields = body.as_object_mut().expect("an object");
    fields.extend(change.as_object().expect("an object").clone());
    fields.retain(|_, value| !value.is_null());
    let mut request = door.request(Method::POST, "/api/v1/chat/threads").json(&body);
    for (name, value) in [("Idempotency-Key", key), ("Origin", origin)] {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    Reply::of(request).await
}

fn told<'r>(body: &'r Value, name: &str) -> &'r str {
    body[name].as_str().unwrap_or_else(|| panic!("{name} in {body}"))
}

async fn threads(door: &Door) -> usize {
    let test = &door.server.test;
    test.app.list_threads(&test.caller, Default::default(), None, 100).await.expect("threads").threads.len()
}

#[tokio::test]
async fn the_first_message_comes_with_its_thread_and_is_answered() {
    let door = open(|_| ()).await;
    let reply = arrive(&door, None, Some(SHOP), json!({"metadata": {"page": "/cart"}})).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let began = reply.json();
    let thread = domain::ThreadId::parse(told(&began, "threadId")).expect("a UUID");
    let path = format!("/api/v1/chat/threads/{thread}");
    let guest = Guest { path, thread, token: told(&began, "token").into() };
    door.server.test.settle(thread).await;
    let page = guest.call(&door, Method::GET, "/messages?include=author,clientKey", None).await.json();
    let [answer, question] = page["messages"].as_array().expect("messages").as_slice() else { panic!("{page}") };
    assert_eq!(question["id"], began["messageId"]);
    assert_eq!((&question["clientKey"], &question["messageBody"]), (&json!("m-1"), &json!("hello")));
    assert_eq!(question["author"], json!({"kind": "visitor", "name": null}));
    assert_eq!(answer["author"], json!({"kind": "assistant", "name": null}));
    assert!(answer.get("clientKey").is_none(), "{answer}");
    let found = guest.call(&door, Method::GET, "", None).await.json();
    assert_eq!(found["thread"]["metadata"], json!({"page": "/cart"}));
    let again = json!({"message": "hello", "clientKey": "m-1"});
    guest.call(&door, Method::POST, "/messages", Some(&again)).await.refused(409, "CONFLICT");
}

#[tokio::test]
async fn a_repeated_first_request_opens_the_same_thread_with_another_token() {
    let door = open(|_| ()).await;
    let first = arrive(&door, Some(KEY), Some(SHOP), json!({})).await.json();
    let again = arrive(&door, Some(KEY), Some(SHOP), json!({})).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    let again = again.json();
    for name in ["threadId", "messageId"] {
        assert_eq!(first[name], again[name], "{name}");
    }
    let thread = domain::ThreadId::parse(told(&first, "threadId")).expect("a UUID");
    for began in [&first, &again] {
        let path = format!("/api/v1/chat/threads/{thread}");
        let guest = Guest { path, thread, token: told(began, "token").into() };
        assert_eq!(guest.call(&door, Method::GET, "", None).await.status, 200);
    }
    arrive(&door, Some(KEY), Some(SHOP), json!({"message": "other"})).await.refused(409, "CONFLICT");
    assert_eq!(threads(&door).await, 2, "the door's own, and the guest's");
    let elsewhere = arrive(&door, Some(KEY), None, json!({})).await.json();
    assert_ne!(elsewhere["threadId"], first["threadId"], "a program is no page");
    let bare = json!({"message": null, "clientKey": null});
    let key = format!("{KEY}-bare");
    let one = arrive(&door, Some(&key), Some(SHOP), bare.clone()).await.json();
    let two = arrive(&door, Some(&key), Some(SHOP), bare).await.json();
    assert_eq!((&one["threadId"], one.get("messageId")), (&two["threadId"], None));
}

#[tokio::test]
async fn the_key_of_a_first_request_dies_after_ten_minutes() {
    let (clock, us) = TestApp::manual_clock();
    let door = Door::of(Choices { clock, ..Choices::default() }, vec![Arc::new(Feather)]).await;
    let_guests_in(&door).await;
    let first = arrive(&door, Some(KEY), None, json!({})).await.json();
    us.fetch_add(600_000_000, Ordering::SeqCst);
    let again = arrive(&door, Some(KEY), None, json!({})).await.json();
    assert_eq!(again["threadId"], first["threadId"]);
    us.fetch_add(1, Ordering::SeqCst);
    let later = arrive(&door, Some(KEY), None, json!({"message": "another body"})).await.json();
    assert_ne!(later["threadId"], first["threadId"]);
}

#[tokio::test]
async fn twenty_first_requests_at_once_make_one_thread() {
    let door = open(|_| ()).await;
    let replies = join_all((0..20).map(|_| arrive(&door, Some(KEY), Some(SHOP), json!({})))).await;
    let mut ids: Vec<String> = replies.iter().map(|reply| told(&reply.json(), "threadId").to_owned()).collect();
    ids.dedup();
    assert_eq!((ids.len(), threads(&door).await), (1, 2));
}

#[tokio::test]
async fn a_bad_first_request_leaves_no_thread() {
    let door = open(|limits| limits.metadata_bytes = 100).await;
    let long = "k".repeat(256);
    for (key, change) in [
        (None, json!({"message": ""})),
        (None, json!({"message": 7})),
        (None, json!({"message": "x".repeat(1 << 20)})),
        (None, json!({"message": null})),
        (None, json!({"clientKey": ""})),
        (None, json!({"clientKey": "two words"})),
        (None, json!({"clientKey": long})),
        (None, json!({"metadata": {"a": "x".repeat(200)}})),
        (None, json!({"metadata": []})),
        (Some(&KEY[1..]), json!({})),
        (Some("two words that are long enough"), json!({})),
        (Some(long.as_str()), json!({})),
    ] {
        let reply = arrive(&door, key, Some(SHOP), change).await;
        assert!([400, 413].contains(&reply.status), "{reply:?}");
    }
    let refused = arrive(&door, None, Some("https://evil.example"), json!({})).await;
    let why = refused.refused(403, "FORBIDDEN");
    assert_eq!(why, "Pages of the origin https://evil.example are not allowed to send requests here");
    assert_eq!(threads(&door).await, 1);
    assert_eq!(arrive(&door, Some(KEY), Some(SHOP), json!({"clientKey": &long[1..]})).await.status, 200);
}

#[tokio::test]
async fn a_message_with_a_clients_key_is_stored_once() {
    let door = open(|_| ()).await;
    let (guest, other) = (begin(&door).await, begin(&door).await);
    let body = json!({"message": "hello", "clientKey": "m-1"});
    let call = async |guest: &Guest, body: &Value| guest.call(&door, Method::POST, "/messages", Some(body)).await;
    let replies = join_all((0..20).map(|_| call(&guest, &body))).await;
    let mut ids: Vec<String> = replies.iter().map(|reply| told(&reply.json(), "messageId").to_owned()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    call(&guest, &json!({"message": "other", "clientKey": "m-1"})).await.refused(409, "CONFLICT");
    assert_ne!(call(&other, &body).await.json()["messageId"], json!(ids[0]), "a key belongs to its thread");
    for key in [json!(""), json!("a b"), json!(1), json!("k".repeat(256))] {
        call(&guest, &json!({"message": "x", "clientKey": key})).await.bad();
    }
    door.server.test.settle(guest.thread).await;
    assert_eq!(door.server.test.messages(guest.thread).await.len(), 2);
}

#[tokio::test]
async fn a_poll_waits_for_the_next_message_and_misses_none() {
    let door = open(|_| ()).await;
    let guest = begin(&door).await;
    let poll = async |query: &str| guest.call(&door, Method::GET, &format!("/messages?{query}"), None).await;
    let empty = poll("after=&include=handling").await.json();
    assert_eq!(empty["messages"], json!([]));
    assert_eq!(empty["handling"], json!({"handling": "agent", "name": null, "wanted": false}));
    let waiting = async {
        let page = poll("after=&wait=25").await.json();
        page["messages"].as_array().expect("messages").clone()
    };
    let sending = async {
        door.server.test.followed(guest.thread).await;
        guest.call(&door, Method::POST, "/messages", Some(&json!({"message": "hello"}))).await
    };
    let (met, _) = tokio::join!(waiting, sending);
    assert_eq!(met[0]["messageBody"], "hello", "{met:?}");
    door.server.test.settle(guest.thread).await;
    let ids: Vec<String> =
        door.server.test.messages(guest.thread).await.iter().map(|message| message.id.to_string()).collect();
    let page = poll("after=&limit=1").await.json();
    assert_eq!((&page["messages"][0]["id"], &page["pagination"]["nextCursor"]), (&json!(ids[0]), &json!(ids[0])));
    let page = poll(&format!("after={}&wait=25", ids[0])).await.json();
    assert_eq!((&page["messages"][0]["id"], &page["pagination"]["nextCursor"]), (&json!(ids[1]), &json!(null)));
    for query in [
        "wait=1".to_owned(),
        "after=&wait=61".to_owned(),
        "after=&wait=-1".to_owned(),
        "after=x".to_owned(),
        format!("after={}", ids[0].replace('0', "1")),
        format!("after={}&cursor=x", ids[0]),
        "include=authors".to_owned(),
        "include=".to_owned(),
        "include=author,,clientKey".to_owned(),
    ] {
        poll(&query).await.bad();
    }
}

#[tokio::test]
async fn a_poll_ends_with_its_token() {
    let door = open(|limits| limits.credential_check_s = 1).await;
    let guest = begin(&door).await;
    let waiting = guest.call(&door, Method::GET, "/messages?after=&wait=60", None);
    let closing = async {
        let test = &door.server.test;
        test.followed(guest.thread).await;
        test.default_agent(domain::agent::Settings::default()).await;
    };
    let (reply, ()) = tokio::join!(waiting, closing);
    reply.refused(403, "FORBIDDEN");
}
