//! Sending a message and waiting for what becomes of its turn.

use domain::{
    Limits,
    agent::Settings,
    caller::{Scope, Scopes},
    fault::Fault,
    script::Reply,
};
use engine::testing::Choices;
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Api, as_said, each, id_of, reply, text};

#[tokio::test]
async fn a_send_that_waits_is_answered_with_the_turns_outcome() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let sent = api.post(&format!("{thread}/messages?wait=60"), json!({"text": "Hello"})).await.is(201);
    assert_eq!((&sent["turn"]["state"], &sent["outcome"]["state"]), (&json!("completed"), &json!("completed")));
    let listed = api.list(&format!("{thread}/messages")).await;
    assert_eq!((&sent["message"], &sent["outcome"]["messages"]), (&listed[0], &json!([as_said(listed[1].clone())])));
}

#[tokio::test]
async fn a_failure_is_an_outcome_too() {
    let api = Api::start().await;
    api.test().script(vec![Reply { error: Some(Fault::Refused), ..Reply::default() }]).await;
    let thread = api.thread().await;
    let sent = api.post(&format!("{thread}/messages?wait=60"), json!({"text": "Hello"})).await.is(201);
    let outcome = &sent["outcome"];
    assert_eq!((&outcome["state"], &sent["turn"]["state"]), (&json!("failed"), &json!("failed")));
    assert!(outcome["code"].is_string() && outcome["reason"].is_string(), "{outcome}");
}

#[tokio::test]
async fn a_turn_that_goes_on_is_202_and_goes_on() {
    let api = Api::start().await;
    api.test().script(vec![Reply { hang: true, text: Some("x".into()), ..Reply::default() }]).await;
    let thread = api.thread().await;
    let sent = api.post(&format!("{thread}/messages?wait=1"), json!({"text": "Hello"})).await.is(202);
    assert_eq!((&sent["turn"]["state"], &sent["outcome"]), (&json!("running"), &Value::Null));
    let turn = format!("{thread}/turns/{}", text(&sent["turn"]["id"]));
    assert_eq!(api.get(&turn).await.is(200)["state"], "running");
}

#[tokio::test]
async fn a_message_that_nobody_answers_is_not_waited_for() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let body = json!({"text": "Hello", "respond": false});
    let sent = api.post(&format!("{thread}/messages?wait=60"), body).await.is(201);
    assert_eq!((&sent["turn"], &sent["outcome"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_client_that_hangs_up_while_it_waits_cancels_nothing() {
    let api = Api::start().await;
    api.test().script(vec![Reply { delay_ms: Some(300), text: Some("late".into()), ..Reply::default() }]).await;
    let thread = api.thread().await;
    let request = api.request(Method::POST, &format!("{thread}/messages?wait=60")).json(&json!({"text": "Hello"}));
    let waiting = tokio::spawn(request.send());
    api.test().until(id_of(&thread), |item| matches!(item, domain::event::Item::Entry(e) if e.turn.is_some())).await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    api.settle(&thread).await;
    assert_eq!(each(&api.list(&format!("{thread}/messages")).await, "role"), ["user", "agent"]);
}

#[tokio::test]
async fn a_replay_waits_for_the_turn_of_the_first() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let send = || {
        let request = api.request(Method::POST, &format!("{thread}/messages?wait=60")).header("Idempotency-Key", "k");
        reply(request.json(&json!({"text": "Hello"})))
    };
    let (one, two) = tokio::join!(send(), send());
    assert_eq!(one.is(201), two.is(201));
    assert_eq!(api.list(&format!("{thread}/messages")).await.len(), 2);
}

#[tokio::test]
async fn a_message_that_its_client_has_named_may_be_waited_for_with_its_second_send() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let path = format!("{thread}/messages");
    let body = json!({"text": "Hello", "client_id": "c-1"});
    let sent = api.post(&path, body.clone()).await.is(201);
    let again = api.post(&format!("{path}?wait=60"), body).await.is(201);
    assert_eq!((&again["message"], &again["outcome"]["state"]), (&sent["message"], &json!("completed")));
    let other = api.post(&path, json!({"text": "Goodbye", "client_id": "c-1"})).await;
    assert_eq!(other.refused(409), "origin_key_reused");
}

#[tokio::test]
async fn who_may_not_read_or_asks_for_too_long_has_sent_nothing() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let path = format!("{thread}/messages?wait=");
    for wait in ["61", "-1", "x", "1.5"] {
        assert_eq!(api.post(&format!("{path}{wait}"), json!({"text": "x"})).await.at_fault(), "wait", "{wait}");
    }
    let writer = api.test().new_key(Scopes::of(&[Scope::Write])).await;
    let send = |wait: &str| {
        let request = api.bare(Method::POST, &format!("/threadline/v1{path}{wait}")).bearer_auth(&writer);
        reply(request.json(&json!({"text": "x", "respond": false})))
    };
    assert_eq!(send("1").await.refused(403), "forbidden");
    assert_eq!(api.list(&format!("{thread}/messages")).await, Vec::<Value>::new());
    send("0").await.is(201);
}

/// One place for a stream or a wait, one for a turn, and a model that says nothing.
async fn narrow() -> Api {
    let limits = Limits { stream_readers: 1, requests_per_s: 0, project_requests_per_s: 0, ..Limits::default() };
    let api = Api::with(Choices { limits, turns: 1, ..Choices::default() }).await;
    api.test().script(vec![Reply { hang: true, ..Reply::default() }]).await;
    api
}

#[tokio::test]
async fn a_wait_that_ends_by_its_time_or_its_client_gives_its_place_back() {
    let api = narrow().await;
    let thread = api.thread().await;
    let path = |wait: u8| format!("{thread}/messages?wait={wait}");
    for text in ["first", "second"] {
        api.post(&path(1), json!({"text": text})).await.is(202);
    }
    let waiting = tokio::spawn(api.request(Method::POST, &path(60)).json(&json!({"text": "third"})).send());
    let third = |item: &domain::event::Item| match item {
        domain::event::Item::Entry(entry) => {
            entry.message.as_ref().is_some_and(|message| message.body.only_text() == "third")
        }
        domain::event::Item::Delta(_) => false,
    };
    api.test().until(id_of(&thread), third).await;
    let full = api.post(&path(1), json!({"text": "while the place is taken"})).await;
    assert_eq!(full.refused(429), "rate_limited");
    waiting.abort();
    // The server hears of it a moment later.
    while api.post(&path(1), json!({"text": "fourth"})).await.status == 429 {}
    assert_eq!(api.list(&format!("{thread}/messages")).await.len(), 4, "what was refused is not stored");
}

#[tokio::test]
async fn a_cancel_ends_the_wait_for_a_silent_model_and_frees_its_worker() {
    let api = narrow().await;
    let thread = api.thread().await;
    let path = format!("{thread}/messages?wait=60");
    let waiting = tokio::spawn(reply(api.request(Method::POST, &path).json(&json!({"text": "Hello"}))));
    let begun = |item: &domain::event::Item| matches!(item, domain::event::Item::Entry(e) if e.turn.is_some());
    api.test().until(id_of(&thread), begun).await;
    assert_eq!(api.test().workers().used(), 1);
    api.act(&format!("{thread}/cancel")).await;
    assert_eq!(waiting.await.expect("an answer").is(201)["outcome"]["state"], "cancelled");
    while api.test().workers().used() > 0 {
        tokio::task::yield_now().await;
    }
    api.test().default_agent(Settings::default()).await;
    api.post(&path, json!({"text": "Hello"})).await.is(201);
}
