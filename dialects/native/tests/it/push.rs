//! Turns that are pushed to the endpoint of an external agent.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use dialect_kit::testing::{Receiver, status};
use domain::{Limits, shares::Holder};
use engine::{Targets, testing::Choices};
use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    server::{Api, BASE, Reply, reply, text},
    webhooks::signature,
};

async fn start(set: impl FnOnce(&mut Limits)) -> Api {
    let mut choices = Choices { webhook_targets: Targets::Any, ..Choices::default() };
    set(&mut choices.limits);
    Api::with(choices).await
}

/// Pushes the turns of the agent `default` to the receiver.
async fn pushed_to(api: &Api, receiver: &Receiver) {
    let settings = json!({"kind": "external", "push": {"url": receiver.url}});
    let agent = api.patch("/agents/default", settings).await.is(200);
    assert_eq!(agent["push"], json!({"url": receiver.url}), "without a secret");
}

/// A call with the token of the pushed turn.
async fn call(api: &Api, pushed: &Value, method: Method, path: &str, body: Value) -> Reply {
    let request = api.bare(method, &format!("{BASE}{path}")).bearer_auth(text(&pushed["token"]));
    reply(request.json(&body)).await
}

async fn complete(api: &Api, pushed: &Value, said: &str) -> Reply {
    let turn = &pushed["turns"][0];
    let body = json!({"attempt": turn["attempt"], "n": 1, "messages": [{"text": said}]});
    call(api, pushed, Method::POST, &format!("/turns/{}/complete", text(&turn["turn"])), body).await
}

/// An answer by events: the name of each and its data.
fn events(events: &[(&str, Value)]) -> String {
    events.iter().map(|(name, data)| format!("event: {name}\ndata: {data}\n\n")).collect()
}

fn streamed(body: Body) -> Response {
    ([(CONTENT_TYPE, "text/event-stream; charset=utf-8")], body).into_response()
}

async fn log(api: &Api, thread: &str) -> Vec<Value> {
    api.get(&format!("{thread}/events")).await.is(200)["data"].as_array().expect("a list").clone()
}

async fn kinds(api: &Api, thread: &str) -> Vec<String> {
    let log = log(api, thread).await;
    let kinds = log.iter().map(|entry| text(&entry["type"]));
    kinds.skip_while(|kind| !kind.starts_with("turn.")).collect()
}

#[tokio::test]
async fn a_turn_is_pushed_signed_with_a_token_for_its_attempt_alone() {
    let (api, receiver) = (start(|_| {}).await, Receiver::start().await);
    receiver.answer(|_| status(202));
    pushed_to(&api, &receiver).await;
    let first = api.act("/agents/default/push-secret").await.is(200);
    let made = api.post("/agents/default/push-secret", json!({"overlap_s": 60})).await.is(200);
    assert_eq!(made["push"], json!({"url": receiver.url}));
    assert!(first["secret"] != made["secret"] && made["overlap_ends_at"].is_string());

    let thread = api.thread().await;
    api.say(&thread, "Where is it?").await;
    let received = receiver.next().await;
    let by = |made: &Value| signature(&text(&made["secret"]), &received);
    assert_eq!(received.header("webhook-signature"), format!("{} {}", by(&made), by(&first)));
    let pushed = received.json();
    let turn = &pushed["turns"][0];
    assert_eq!((&turn["attempt"], &turn["messages"][0]["content"][0]["text"]), (&json!(1), &json!("Where is it?")));

    let other = api.thread().await;
    api.say(&other, "And this?").await;
    let others = receiver.next().await.json();
    let path = |of: &Value, call: &str| format!("/turns/{}/{call}", text(&of["turns"][0]["turn"]));
    let beat = json!({"attempt": 1});
    assert_eq!(
        call(&api, &pushed, Method::POST, &path(&pushed, "heartbeat"), beat.clone()).await.is(200)["held"],
        true
    );
    let beaten = call(&api, &pushed, Method::POST, &path(&others, "heartbeat"), beat).await;
    assert_eq!(beaten.refused(404), "turn_not_found", "another turn of the agent");
    let later = call(&api, &pushed, Method::POST, &path(&pushed, "heartbeat"), json!({"attempt": 2})).await;
    assert_eq!(later.refused(409), "attempt_over");
    call(&api, &pushed, Method::POST, "/turns/claim", json!({})).await.refused(403);
    for (method, elsewhere) in
        [(Method::GET, &*thread), (Method::GET, "/agents"), (Method::POST, "/agents/default/push-secret")]
    {
        call(&api, &pushed, method, elsewhere, json!({})).await.refused(401);
    }

    complete(&api, &pushed, "Here.").await.is(200);
    complete(&api, &pushed, "Here.").await.is(200);
    assert_eq!(kinds(&api, &thread).await, ["turn.started", "step.started", "message.completed", "turn.completed"]);
    assert_eq!(complete(&api, &pushed, "There.").await.refused(409), "origin_key_reused");
}

#[tokio::test]
async fn the_events_of_an_answer_are_the_programs_reports() {
    let (api, receiver) = (start(|_| {}).await, Receiver::start().await);
    let said = events(&[
        (
            "messages",
            json!({"messages": [{"content": [{"type": "tool_call", "id": "a", "name": "own", "arguments": {"n": 1.50}}]}]}),
        ),
        ("tool-results", json!({"results": [{"tool_call_id": "a", "result": 2}]})),
        ("deltas", json!({"deltas": [{"text": "Al"}]})),
        ("complete", json!({"messages": [{"text": "Also."}]})),
    ]);
    receiver.answer(move |_| streamed(Body::from(format!(": hello\n\n{said}"))));
    pushed_to(&api, &receiver).await;
    let thread = api.thread().await;
    api.ask(&thread, "Hello").await;
    let expected = [
        "turn.started",
        "step.started",
        "message.completed",
        "tool.called",
        "tool.completed",
        "step.started",
        "message.completed",
        "turn.completed",
    ];
    assert_eq!(kinds(&api, &thread).await, expected);
    let log = log(&api, &thread).await;
    let last = log.iter().rfind(|entry| entry["type"] == "message.completed").expect("an answer");
    assert_eq!(last["data"]["message"]["content"][0]["text"], "Also.");
    assert_eq!(receiver.next().await.header("webhook-signature"), "", "nobody has asked for the secret");
}

#[tokio::test]
async fn an_event_that_is_no_report_fails_the_turn() {
    for (event, data, why) in [
        ("delta", json!({}), "must be one of deltas"),
        ("complete", json!({"message": "Hello"}), "message"),
        ("complete", json!({"attempt": 7}), "attempt"),
        ("tool-results", json!({"results": []}), "must hold at least one result"),
    ] {
        let (api, receiver) = (start(|_| {}).await, Receiver::start().await);
        let said = events(&[(event, data.clone())]);
        receiver.answer(move |_| streamed(Body::from(said.clone())));
        pushed_to(&api, &receiver).await;
        let thread = api.thread().await;
        api.ask(&thread, "Hello").await;
        let log = log(&api, &thread).await;
        let failed = log.iter().find(|entry| entry["type"] == "turn.failed").expect("a failure");
        let reason = text(&failed["data"]["reason"]);
        assert_eq!(failed["data"]["code"], "agent_failed");
        assert!(reason.starts_with("event 1 of the endpoint was refused") && reason.contains(why), "{data}: {reason}");
    }
}

#[tokio::test]
async fn an_endpoint_that_accepts_nothing_is_asked_again_until_the_turn_fails() {
    let (api, receiver) = (start(|_| {}).await, Receiver::start().await);
    receiver.answer(|_| status(200));
    pushed_to(&api, &receiver).await;
    api.patch("/agents/default", json!({"unclaimed_s": 3})).await.is(200);
    let thread = api.thread().await;
    api.say(&thread, "Hello").await;
    let attempts = [receiver.next().await, receiver.next().await].map(|got| got.json()["turns"][0]["attempt"].clone());
    assert_eq!(attempts, [1, 2]);
    api.settle(&thread).await;
    let kinds = kinds(&api, &thread).await;
    assert_eq!(
        (kinds.first().map(String::as_str), kinds.last().map(String::as_str)),
        (Some("turn.started"), Some("turn.failed"))
    );
    assert!(!kinds.contains(&"turn.attempt".into()), "nobody has said anything: {kinds:?}");
    let log = log(&api, &thread).await;
    assert_eq!(log.last().expect("an end")["data"]["code"], "agent_absent");
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_a_lost_program() {
    let (api, receiver) = (start(|limits| limits.external_lease_s = 1).await, Receiver::start().await);
    let said = events(&[("deltas", json!({"deltas": [{"text": "Al"}]}))]);
    let first = Arc::new(Mutex::new(true));
    receiver.answer(move |_| match std::mem::take(&mut *first.lock().unwrap()) {
        true => streamed(Body::from(said.clone())),
        false => status(202),
    });
    pushed_to(&api, &receiver).await;
    let thread = api.thread().await;
    api.say(&thread, "Hello").await;
    let (lost, next) = (receiver.next().await.json(), receiver.next().await.json());
    assert_eq!(next["turns"][0]["attempt"], 2);
    let late = complete(&api, &lost, "Late.").await;
    assert_eq!(late.refused(401), "unauthorized", "the token dies with its attempt");
    complete(&api, &next, "Here.").await.is(200);
    let expected =
        ["turn.started", "step.started", "turn.attempt", "step.started", "message.completed", "turn.completed"];
    assert_eq!(kinds(&api, &thread).await, expected);
}

#[tokio::test]
async fn a_cancel_ends_the_stream() {
    /// Tells when it is dropped, which the end of the connection does.
    struct Open(mpsc::UnboundedSender<()>);

    impl Drop for Open {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }

    let (api, receiver) = (start(|_| {}).await, Receiver::start().await);
    let (tell, mut told) = mpsc::unbounded_channel();
    receiver.answer(move |_| {
        let (open, said) = (Open(tell.clone()), events(&[("deltas", json!({"deltas": [{"text": "Al"}]}))]));
        let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from(said))]);
        // The rest never comes.
        let rest = stream::once(async move {
            let _open = open;
            std::future::pending::<Result<Bytes, std::io::Error>>().await
        });
        streamed(Body::from_stream(first.chain(rest)))
    });
    pushed_to(&api, &receiver).await;
    let thread = api.thread().await;
    let sent = api.say(&thread, "Hello").await;
    api.get(&format!("{thread}/events?types=step.started&wait=30")).await.is(200);
    assert!(told.try_recv().is_err());
    api.act(&format!("{thread}/turns/{}/cancel", text(&sent["turn"]["id"]))).await.is(200);
    let ended = tokio::time::timeout(Duration::from_secs(30), told.recv()).await;
    assert_eq!(ended.expect("the connection ends"), Some(()));
    api.settle(&thread).await;
    assert_eq!(kinds(&api, &thread).await.last().map(String::as_str), Some("turn.cancelled"));
}

#[tokio::test]
async fn an_endpoint_that_is_silent_holds_up_nobody_else() {
    let (api, silent, prompt) =
        (start(|limits| limits.pushes = 2).await, Receiver::start().await, Receiver::start().await);
    silent.hold();
    pushed_to(&api, &silent).await;
    for _ in 0..3 {
        let thread = api.thread().await;
        api.say(&thread, "Hello").await;
    }
    silent.next().await;
    prompt.answer(|_| streamed(Body::from(events(&[("complete", json!({"messages": [{"text": "Here."}]}))]))));
    let push = json!({"name": "other", "kind": "external", "push": {"url": prompt.url}});
    api.post("/agents", push).await.is(201);
    let made = api.post("/threads", json!({"agent": "other"})).await.is(201);
    let thread = format!("/threads/{}", text(&made["id"]));
    api.ask(&thread, "Hello").await;
    assert_eq!(kinds(&api, &thread).await.last().map(String::as_str), Some("turn.completed"));
}

#[tokio::test]
async fn a_message_that_joins_stands_behind_the_answer_in_the_next_push() {
    let (api, receiver) = (start(|_| {}).await, Receiver::start().await);
    let (go, gate) = mpsc::unbounded_channel::<()>();
    let gate = Arc::new(Mutex::new(Some(gate)));
    receiver.answer(move |_| {
        let Some(mut gate) = gate.lock().unwrap().take() else { return status(202) };
        let first = events(&[("deltas", json!({"deltas": [{"text": "Al"}]}))]);
        let last = stream::once(async move {
            gate.recv().await;
            Ok(Bytes::from(events(&[("complete", json!({"messages": [{"text": "Also."}]}))])))
        });
        streamed(Body::from_stream(stream::iter([Ok::<_, std::io::Error>(Bytes::from(first))]).chain(last)))
    });
    pushed_to(&api, &receiver).await;
    let thread = api.thread().await;
    api.say(&thread, "Hello").await;
    receiver.next().await;
    api.get(&format!("{thread}/events?types=step.started&wait=30")).await.is(200);
    api.post(&format!("{thread}/messages"), json!({"text": "And this?", "when_busy": "steer"})).await.is(201);
    go.send(()).unwrap();
    let next = receiver.next().await.json();
    let messages = next["turns"][0]["messages"].as_array().expect("a transcript").clone();
    let texts: Vec<&str> = messages.iter().filter_map(|said| said["content"][0]["text"].as_str()).collect();
    assert_eq!(texts, ["Hello", "Also.", "And this?"]);
}

/// A stream's event of the call `complete`, whose data has this many bytes.
fn completing(bytes: usize) -> String {
    let frame = json!({"messages": [{"text": ""}]}).to_string().len();
    let data = json!({"messages": [{"text": "x".repeat(bytes - frame)}]});
    events(&[("complete", data)])
}

#[tokio::test]
async fn an_event_has_the_bound_of_a_calls_body() {
    let endless = || stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 65_536])));
    type Answers = fn(usize) -> Body;
    let answers: [(Answers, bool); 3] = [
        (|most| Body::from(completing(most)), true),
        (|most| Body::from(completing(most + 1)), false),
        (|_| Body::empty(), false),
    ];
    for (at, (answer, fits)) in answers.into_iter().enumerate() {
        let (api, receiver) = (start(|limits| limits.body_bytes = 500).await, Receiver::start().await);
        let is_endless = at == 2;
        receiver.answer(move |_| match is_endless {
            true => streamed(Body::from_stream(endless())),
            false => streamed(answer(500)),
        });
        pushed_to(&api, &receiver).await;
        let thread = api.thread().await;
        api.ask(&thread, "Hello").await;
        let log = log(&api, &thread).await;
        let end = log.last().expect("an end");
        assert_eq!(end["type"] == "turn.completed", fits, "{at}: {end}");
        if !fits {
            let why = "event 1 of the endpoint was refused: The event has more than 500 bytes of data";
            assert_eq!(end["data"]["reason"], why, "{at}");
        }
    }
}

#[tokio::test]
async fn without_memory_for_an_event_the_turn_is_pushed_again() {
    let mut choices = Choices { webhook_targets: Targets::Any, memory_bytes: 1 << 40, ..Choices::default() };
    choices.limits.external_lease_s = 1;
    let (api, receiver) = (Api::with(choices).await, Receiver::start().await);
    let memory = api.test().app.memory().clone();
    // All that one project may have.
    let taken = memory.take(Holder::project(api.test().caller.project), 3 << 37).expect("room");
    receiver.answer(|_| streamed(Body::from(completing(100_000))));
    pushed_to(&api, &receiver).await;
    let thread = api.thread().await;
    api.say(&thread, "Hello").await;
    for attempt in 1..=2 {
        assert_eq!(receiver.next().await.json()["turns"][0]["attempt"], attempt);
    }
    drop(taken);
    api.settle(&thread).await;
    let kinds = kinds(&api, &thread).await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "message.completed").count(), 1);
    assert!(kinds.contains(&"turn.attempt".into()) && kinds.last().is_some_and(|kind| kind == "turn.completed"));
    assert_eq!(memory.lent(), 0);
}

#[tokio::test]
async fn a_push_leads_only_where_a_webhook_may() {
    let api = Api::start().await;
    for url in ["http://127.0.0.1:80/", "ftp://example.com/", "no url"] {
        let settings = json!({"kind": "external", "push": {"url": url}});
        assert_eq!(api.patch("/agents/default", settings).await.at_fault(), "push.url", "{url}");
    }
    let settings = json!({"kind": "external", "push": {"url": "https://example.com/turns"}});
    api.patch("/agents/default", settings).await.is(200);
    assert_eq!(api.patch("/agents/default", json!({"kind": null})).await.at_fault(), "push");
    api.patch("/agents/default", json!({"push": null})).await.is(200);
    assert_eq!(api.act("/agents/default/push-secret").await.refused(409), "agent_is_not_pushed");
}
