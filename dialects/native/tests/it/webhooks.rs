//! Webhooks: told what is written, in order, signed, again until it is taken.

use std::sync::{Arc, Mutex, atomic::Ordering};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dialect_kit::testing::{Received, Receiver, status};
use engine::{
    Targets,
    testing::{Choices, TestApp},
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::server::{Api, each, id_of, text};

/// A server whose webhooks may lead to this machine.
pub async fn start() -> Api {
    Api::with(Choices { webhook_targets: Targets::Any, ..Choices::default() }).await
}

/// A webhook that is told of these types of events, or of all.
pub async fn told(api: &Api, receiver: &Receiver, events: Value) -> Value {
    let mut body = json!({"url": receiver.url});
    if !events.is_null() {
        body["events"] = events;
    }
    api.post("/webhooks", body).await.is(201)
}

fn path(webhook: &Value) -> String {
    format!("/webhooks/{}", text(&webhook["id"]))
}

/// The signature that a receiver with this secret expects.
pub fn signature(secret: &str, received: &Received) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").expect("a signing secret")).expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    for part in [received.header("webhook-id"), ".", received.header("webhook-timestamp"), "."] {
        mac.update(part.as_bytes());
    }
    mac.update(&received.body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Requests up to the one of this type.
async fn until(receiver: &Receiver, kind: &str) -> Vec<Received> {
    let mut all = Vec::new();
    loop {
        all.push(receiver.next().await);
        if all.last().unwrap().json()["type"] == kind {
            return all;
        }
    }
}

/// Waits until nothing is owed to the webhook any more.
async fn settled(api: &Api, webhook: &Value) {
    while api.get(&path(webhook)).await.is(200)["threads_behind"] != 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_webhook_is_told_the_log_in_its_order_and_signed() {
    let (api, receiver) = (start().await, Receiver::start().await);
    let webhook = told(&api, &receiver, Value::Null).await;
    let thread = api.thread().await;
    api.ask(&thread, "Hello").await;
    let received = until(&receiver, "turn.completed").await;
    let sent: Vec<Value> = received.iter().map(|request| request.json()["data"].clone()).collect();
    assert_eq!(sent, api.list(&format!("{thread}/events")).await);
    for request in &received {
        let told = request.json();
        assert_eq!((&told["type"], &told["timestamp"]), (&told["data"]["type"], &told["data"]["at"]));
        let id = format!("evt_{}_{}", id_of(&thread).0.simple(), told["data"]["seq"]);
        assert_eq!(request.header("webhook-id"), id);
        assert_eq!(request.header("content-type"), "application/json");
        assert_eq!(request.header("authorization"), "");
        assert_eq!(request.header("webhook-signature"), signature(&text(&webhook["secret"]), request));
    }
    settled(&api, &webhook).await;
    let attempts = api.list(&format!("{}/postings", path(&webhook))).await;
    assert_eq!(each(&attempts, "seq"), each(&sent, "seq").into_iter().rev().collect::<Vec<_>>());
    assert!(attempts.iter().all(|p| p["outcome"] == "delivered" && p["status"] == 204 && p["number"] == 1));
}

#[tokio::test]
async fn a_webhook_is_told_only_what_it_asked_for_and_what_came_after_it() {
    let (api, receiver) = (start().await, Receiver::start().await);
    let thread = api.thread().await;
    api.ask(&thread, "before").await;
    told(&api, &receiver, json!(["message.completed", "turn.completed"])).await;
    api.ask(&thread, "after").await;
    let received = until(&receiver, "turn.completed").await;
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].json()["data"]["data"]["message"]["content"][0]["text"], "after");
}

#[tokio::test]
async fn a_webhook_with_a_fixed_authorization_carries_it_and_no_signature() {
    let (api, receiver) = (start().await, Receiver::start().await);
    let body = json!({"url": receiver.url, "kind": "authorization", "authorization": "Basic abc"});
    let made = api.post("/webhooks", body).await.is(201);
    assert_eq!(
        (&made["kind"], &made["secret"], &made["authorization"]),
        (&json!("authorization"), &Value::Null, &Value::Null)
    );
    api.patch(&path(&made), json!({"authorization": "Bearer xyz"})).await.is(200);
    api.thread().await;
    let request = receiver.next().await;
    assert_eq!((request.header("authorization"), request.header("webhook-signature")), ("Bearer xyz", ""));
}

#[tokio::test]
async fn while_a_secret_is_replaced_both_sign_and_then_the_new_one_alone() {
    let (api, receiver) = (start().await, Receiver::start().await);
    let made = told(&api, &receiver, Value::Null).await;
    let rotated = api.post(&format!("{}/rotate", path(&made)), json!({})).await.is(200);
    let (old, new) = (text(&made["secret"]), text(&rotated["secret"]));
    assert!(old != new && rotated["overlap_ends_at"].is_string());
    api.thread().await;
    let request = receiver.next().await;
    let both = format!("{} {}", signature(&new, &request), signature(&old, &request));
    assert_eq!(request.header("webhook-signature"), both);

    let newest = api.post(&format!("{}/rotate", path(&made)), json!({"overlap_s": 0})).await.is(200);
    api.thread().await;
    let request = receiver.next().await;
    assert_eq!(request.header("webhook-signature"), signature(&text(&newest["secret"]), &request));
}

/// A server on a clock that the test holds, and a receiver that refuses what the thread in the cell says.
async fn refusing(answer: u16) -> (Api, Receiver, Arc<std::sync::atomic::AtomicI64>, Arc<Mutex<Option<String>>>) {
    let (clock, us) = TestApp::manual_clock();
    let api = Api::with(Choices { webhook_targets: Targets::Any, clock, ..Choices::default() }).await;
    let receiver = Receiver::start().await;
    let refused = Arc::new(Mutex::new(None));
    let cell: Arc<Mutex<Option<String>>> = refused.clone();
    receiver.answer(move |request| {
        let thread = text(&request.json()["data"]["thread"]);
        status(if cell.lock().unwrap().as_ref() == Some(&thread) { answer } else { 200 })
    });
    (api, receiver, us, refused)
}

#[tokio::test]
async fn what_is_refused_is_sent_again_in_order_and_other_threads_go_on() {
    let (api, receiver, us, refused) = refusing(500).await;
    let webhook = told(&api, &receiver, json!(["message.created"])).await;
    let (bad, good) = (api.thread().await, api.thread().await);
    *refused.lock().unwrap() = Some(id_of(&bad).to_string());
    let said = |request: &Received| text(&request.json()["data"]["data"]["message"]["content"][0]["text"]);
    api.ask(&bad, "one").await;
    let first = receiver.next().await;
    api.ask(&bad, "two").await;
    api.ask(&good, "three").await;
    assert_eq!((said(&first), said(&receiver.next().await)), ("one".into(), "three".into()));

    *refused.lock().unwrap() = None;
    us.fetch_add(6_000_000, Ordering::SeqCst);
    api.test().app.ring_outbox();
    let again = receiver.next().await;
    assert_eq!((again.header("webhook-id"), &again.body), (first.header("webhook-id"), &first.body));
    assert_eq!(said(&receiver.next().await), "two");
    settled(&api, &webhook).await;
    let failed = api.list(&format!("{}/postings?outcome=failed", path(&webhook))).await;
    assert_eq!((each(&failed, "number"), each(&failed, "status")), (vec![json!(1)], vec![json!(500)]));
    assert_eq!(failed[0]["error"], "the endpoint answered 500");
    let twice = api.list(&format!("{}/postings?outcome=delivered", path(&webhook))).await;
    assert_eq!(each(&twice, "number"), [1, 2, 1]);
}

#[tokio::test]
async fn what_is_never_taken_is_given_up_in_the_open_and_what_is_behind_it_goes_on() {
    let (api, receiver, us, refused) = refusing(400).await;
    let webhook = told(&api, &receiver, json!(["message.created"])).await;
    let thread = api.thread().await;
    *refused.lock().unwrap() = Some(id_of(&thread).to_string());
    api.ask(&thread, "one").await;
    receiver.next().await;
    // Until the failure is written down, the first try goes on.
    while api.list(&format!("{}/postings", path(&webhook))).await.is_empty() {
        tokio::task::yield_now().await;
    }
    us.fetch_add(73 * 3_600_000_000, Ordering::SeqCst);
    api.test().app.ring_outbox();
    receiver.next().await;
    settled(&api, &webhook).await;
    let attempts = api.list(&format!("{}/postings", path(&webhook))).await;
    assert_eq!(each(&attempts, "outcome"), ["given_up", "failed"]);
    *refused.lock().unwrap() = None;
    api.ask(&thread, "two").await;
    assert_eq!(receiver.next().await.json()["data"]["data"]["message"]["content"][0]["text"], "two");
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_told_nothing_until_it_is_enabled_again() {
    let (api, receiver) = (start().await, Receiver::start().await);
    let webhook = told(&api, &receiver, json!(["message.created"])).await;
    let thread = api.thread().await;
    receiver.answer(|_| status(410));
    api.ask(&thread, "one").await;
    receiver.next().await;
    settled(&api, &webhook).await;
    let gone = api.get(&path(&webhook)).await.is(200);
    assert_eq!((&gone["enabled"], &gone["disabled"]), (&json!(false), &json!("gone")));
    let replay = format!("{}/replay", path(&webhook));
    assert_eq!(api.post(&replay, json!({"thread": id_of(&thread).to_string()})).await.refused(409), "webhook_disabled");
    api.ask(&thread, "two").await;

    receiver.answer(|_| status(200));
    let enabled = api.patch(&path(&webhook), json!({"enabled": true})).await.is(200);
    assert_eq!((&enabled["enabled"], &enabled["disabled"]), (&json!(true), &Value::Null));
    api.ask(&thread, "three").await;
    let said = |request: Received| text(&request.json()["data"]["data"]["message"]["content"][0]["text"]);
    assert_eq!(said(receiver.next().await), "three");
    assert_eq!(api.post(&replay, json!({"thread": id_of(&thread).to_string()})).await.is(200), json!({"threads": 1}));
    for expected in ["one", "two", "three"] {
        assert_eq!(said(receiver.next().await), expected);
    }
}

#[tokio::test]
async fn a_replay_since_a_time_reaches_every_thread_from_there_on() {
    let (clock, us) = TestApp::manual_clock();
    let api = Api::with(Choices { webhook_targets: Targets::Any, clock, ..Choices::default() }).await;
    let receiver = Receiver::start().await;
    let (early, late) = (api.thread().await, api.thread().await);
    api.ask(&early, "early").await;
    us.fetch_add(3_600_000_000, Ordering::SeqCst);
    let since = domain::Timestamp(us.load(Ordering::SeqCst)).to_string();
    api.ask(&late, "late").await;
    let webhook = told(&api, &receiver, json!(["message.created"])).await;
    let replay = format!("{}/replay", path(&webhook));
    assert_eq!(api.post(&replay, json!({"since": since})).await.is(200), json!({"threads": 1}));
    assert_eq!(receiver.next().await.json()["data"]["thread"], id_of(&late).to_string());
    let body = json!({"thread": id_of(&early).to_string(), "after": 1});
    assert_eq!(api.post(&replay, body).await.is(200), json!({"threads": 1}));
    assert_eq!(receiver.next().await.json()["data"]["thread"], id_of(&early).to_string());
}

#[tokio::test]
async fn a_replay_under_a_key_is_sent_once() {
    let (api, receiver) = (start().await, Receiver::start().await);
    let webhook = told(&api, &receiver, json!(["message.created"])).await;
    let thread = api.thread().await;
    api.ask(&thread, "x").await;
    receiver.next().await;
    settled(&api, &webhook).await;
    let replay = |after: i64| {
        let request = api.request(reqwest::Method::POST, &format!("{}/replay", path(&webhook)));
        crate::server::reply(
            request.header("Idempotency-Key", "k").json(&json!({"thread": id_of(&thread), "after": after})),
        )
    };
    let first = replay(0).await.is(200);
    assert_eq!(receiver.next().await.json()["data"]["seq"], 2);
    settled(&api, &webhook).await;
    assert_eq!(replay(0).await.is(200), first);
    settled(&api, &webhook).await;
    assert_eq!(replay(1).await.refused(409), "origin_key_reused");
    let attempts = api.list(&format!("{}/postings", path(&webhook))).await;
    assert_eq!(attempts.len(), 2, "the message, and its one replay");
}

#[tokio::test]
async fn one_delivery_attempt_is_sent_once_more_and_its_key_sends_it_once() {
    let (api, receiver) = (start().await, Receiver::start().await);
    let webhook = told(&api, &receiver, Value::Null).await;
    api.thread().await;
    let first = receiver.next().await;
    settled(&api, &webhook).await;
    let attempt = api.list(&format!("{}/postings", path(&webhook))).await.remove(0);
    let replay = format!("{}/postings/{}/replay", path(&webhook), text(&attempt["id"]));
    let keyed = || {
        let request = api.request(reqwest::Method::POST, &replay);
        crate::server::reply(request.header("Idempotency-Key", "again"))
    };
    receiver.answer(|_| status(302));
    let replayed = keyed().await.is(200);
    let second = receiver.next().await;
    assert_eq!((second.header("webhook-id"), &second.body), (first.header("webhook-id"), &first.body));
    assert_eq!(
        (&replayed["replayed"], &replayed["outcome"], &replayed["status"]),
        (&json!(true), &json!("failed"), &json!(302))
    );
    assert_eq!(replayed["event_id"], second.header("webhook-id"));
    assert_eq!(keyed().await.is(200), replayed);
    assert_eq!(api.list(&format!("{}/postings", path(&webhook))).await, [replayed, attempt]);
}

#[tokio::test]
async fn a_slow_endpoint_holds_up_nobody_else_and_is_told_each_thing_once() {
    let (api, slow, quick) = (start().await, Receiver::start().await, Receiver::start().await);
    slow.hold();
    let webhook = told(&api, &slow, json!(["message.created"])).await;
    told(&api, &quick, json!(["message.created"])).await;
    // More threads than one webhook may be sent at once.
    let mut threads = Vec::new();
    for _ in 0..10 {
        threads.push(api.thread().await);
    }
    for thread in &threads {
        api.say(thread, "Hello").await;
        quick.next().await;
    }
    slow.release();
    let mut seen = Vec::new();
    for _ in &threads {
        seen.push(text(&slow.next().await.json()["data"]["thread"]));
    }
    settled(&api, &webhook).await;
    seen.sort();
    let mut expected: Vec<String> = threads.iter().map(|thread| id_of(thread).to_string()).collect();
    expected.sort();
    assert_eq!(seen, expected);
    assert_eq!(api.list(&format!("{}/postings", path(&webhook))).await.len(), 10);
}

#[tokio::test]
async fn a_new_url_never_learns_the_authorization_of_the_one_before() {
    let (api, receiver, other) = (start().await, Receiver::start().await, Receiver::start().await);
    let fixed = |url: &str| json!({"url": url, "kind": "authorization", "authorization": "Basic secret"});
    let webhook = api.post("/webhooks", fixed(&receiver.url)).await.is(201);
    assert_eq!(webhook["has_authorization"], true);
    let change = async |body: Value| api.patch(&path(&webhook), body).await.is(200)["has_authorization"].clone();
    assert_eq!(change(json!({"description": "CI", "url": receiver.url})).await, true, "the same URL");
    api.thread().await;
    assert_eq!(receiver.next().await.header("authorization"), "Basic secret");
    assert_eq!(change(json!({"url": other.url})).await, false);
    api.thread().await;
    assert_eq!(other.next().await.header("authorization"), "");
    assert_eq!(change(json!({"url": receiver.url})).await, false, "nor does it come back");
    assert_eq!(change(json!({"url": other.url, "authorization": "Basic new"})).await, true);
    api.thread().await;
    assert_eq!(other.next().await.header("authorization"), "Basic new");
}
