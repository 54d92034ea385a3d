//! Turns that a provider's model answers: routes, words of controls, tries and fallbacks.

use domain::{
    Error, Kind, Limits, ThreadId,
    agent::Settings,
    codes,
    controls::{Controls, Policy, Reasoning, Speed},
    event::{Ended, Event},
    message::Body,
    step::{Record, Warning},
};
use engine::{
    app::messages::Send,
    testing::{Choices, TestApp},
};
use providers::{
    Models, RouteSettings,
    testing::played::{Peer, Plays, models, route},
};

async fn app(models: Models) -> TestApp {
    TestApp::with(Choices { models, ..Choices::default() }).await
}

/// The end of the thread's last turn.
async fn ended(test: &TestApp, thread: ThreadId) -> Ended {
    test.settle(thread).await;
    test.log(thread).await.iter().rev().find_map(|entry| entry.event.ended().cloned()).expect("the turn has ended")
}

/// Says "hello" in a new thread. The thread, its last message and the turn's end.
async fn hello(test: &TestApp) -> (ThreadId, Body, Ended) {
    let thread = test.thread().await.id;
    test.say(thread, "hello", Policy::Queue).await;
    let ended = ended(test, thread).await;
    (thread, test.messages(thread).await.pop().expect("an answer").body, ended)
}

async fn records(test: &TestApp, thread: ThreadId) -> Vec<Record> {
    let record = |event: Event| if let Event::MessageCompleted { record } = event { record } else { None };
    test.log(thread).await.into_iter().filter_map(|entry| record(entry.event)).map(|record| *record).collect()
}

async fn refused(test: &TestApp, thread: ThreadId, controls: Controls) -> Error {
    let send = Send::new(thread, Body { controls, ..Body::text("hello") }, Policy::Queue);
    let before = test.log(thread).await.len();
    let error = test.app.send(&test.caller, send).await.expect_err("a refusal");
    assert_eq!(test.log(thread).await.len(), before, "nothing is stored");
    error
}

fn chosen(model: &str) -> Controls {
    Controls { model: Some(model.into()), ..Controls::default() }
}

const BUSY: Plays = Plays::Refuses(503, "", r#"{"error":{"message":"try later"}}"#);

#[tokio::test]
async fn a_providers_model_answers_and_the_log_says_what_it_was_and_cost() {
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let test = app(models(vec![peer.provider("far")], [("default", route("far", "claude-haiku-4-5"))])).await;
    let controls = Controls { reasoning: Some(Reasoning::Max), speed: Some(Speed::Fast), ..Controls::default() };
    test.default_agent(Settings { controls, instructions: "Be brief.".into(), ..Settings::default() }).await;
    let (thread, answer, _) = hello(&test).await;
    assert_eq!((answer.plain_text().as_str(), answer.model.as_deref()), ("Hi.", Some("default")));
    let record = records(&test, thread).await.pop().expect("a record");
    assert_eq!((record.provider.as_deref(), record.model.as_str()), (Some("far"), "claude-haiku-4-5"));
    assert_eq!((record.reasoning, record.speed), (Some(Reasoning::High), Some(Speed::Standard)), "lowered");
    assert_eq!(record.cost.map(|cost| cost.to_string()).as_deref(), Some("0.0015"));
    let asked = peer.asked();
    assert_eq!((asked.len(), &asked[0]["model"]), (1, &"claude-haiku-4-5".into()));
    assert_eq!(asked[0]["messages"][0]["content"], "Be brief.");
}

#[tokio::test]
async fn a_later_turn_reads_the_thread() {
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let test = app(models(vec![peer.provider("far")], [("default", route("far", "own"))])).await;
    let (thread, _, _) = hello(&test).await;
    test.say(thread, "and now?", Policy::Queue).await;
    test.settle(thread).await;
    let said: Vec<String> = peer.asked()[1]["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| format!("{}: {}", message["role"].as_str().unwrap(), message["content"].as_str().unwrap()))
        .collect();
    assert_eq!(said, ["user: hello", "assistant: Hi.", "user: and now?"]);
}

#[tokio::test]
async fn a_passing_failure_is_tried_again_after_the_wait_that_the_provider_asks_for() {
    let wait = |ms: &'static str| Plays::Refuses(429, ms, r#"{"error":{"message":"slow down"}}"#);
    for (headers, within) in
        [("retry-after-ms: 20\r\n", true), ("Retry-After: 2\r\n", true), ("Retry-After: 90\r\n", false)]
    {
        let peer = Peer::start([wait(headers), Plays::Says("Hi.")]).await;
        let test = app(models(vec![peer.provider("far")], [("default", route("far", "own"))])).await;
        let (thread, _, ended) = hello(&test).await;
        if within {
            assert_eq!(ended.code, None, "{headers}");
            assert_eq!(records(&test, thread).await[0].failed_tries, 1);
        } else {
            assert_eq!(ended.code.as_deref(), Some("rate_limited"), "a wait beyond the budget is not waited for");
            assert_eq!((ended.reason.as_deref(), peer.asked().len()), (Some("slow down"), 1));
        }
    }
}

#[tokio::test]
async fn the_next_route_answers_by_its_own_name_and_words() {
    let (first, second) = (Peer::start([BUSY]).await, Peer::start([Plays::Says("Hi.")]).await);
    let fallback = RouteSettings { fallback: vec!["gpt-5.4".into()], ..route("first", "glm-5.2") };
    let providers = vec![first.provider("first"), second.provider("second")];
    let models = models(providers, [("default", fallback), ("gpt-5.4", route("second", "gpt-5.4"))]);
    let limits = Limits { model_tries: 2, ..Choices::default().limits };
    let test = TestApp::with(Choices { models, limits, ..Choices::default() }).await;
    let controls = Controls { reasoning: Some(Reasoning::Max), ..Controls::default() };
    test.default_agent(Settings { controls, ..Settings::default() }).await;
    let (thread, answer, ended) = hello(&test).await;
    assert_eq!((ended.code, answer.plain_text().as_str(), answer.model.as_deref()), (None, "Hi.", Some("gpt-5.4")));
    let record = records(&test, thread).await.pop().expect("a record");
    assert_eq!((record.provider.as_deref(), record.model.as_str()), (Some("second"), "gpt-5.4"));
    assert_eq!((record.reasoning, record.failed_tries), (Some(Reasoning::Xhigh), 2));
    assert_eq!((first.asked().len(), second.asked().len()), (2, 1));
}

#[tokio::test]
async fn neither_a_lasting_failure_nor_one_amid_the_answer_goes_to_the_next_route() {
    let wrong = Plays::Refuses(401, "", r#"{"error":{"message":"who are you?"}}"#);
    for (plays, code, text) in [(wrong, "unauthenticated", false), (Plays::Breaks("Half an ans"), "upstream", true)] {
        let (first, second) = (Peer::start([plays]).await, Peer::start([Plays::Says("Hi.")]).await);
        let fallback = RouteSettings { fallback: vec!["gpt-5.4".into()], ..route("first", "own") };
        let providers = vec![first.provider("first"), second.provider("second")];
        let models = models(providers, [("default", fallback), ("gpt-5.4", route("second", "gpt-5.4"))]);
        let limits = Limits { model_tries: 2, delta_ms: 0, ..Choices::default().limits };
        let test = TestApp::with(Choices { models, limits, ..Choices::default() }).await;
        let (thread, _, ended) = hello(&test).await;
        assert_eq!((ended.code.as_deref(), second.asked().len()), (Some(code), 0));
        assert_eq!(first.asked().len(), if text { 2 } else { 1 });
        let kinds = test.kinds(thread).await;
        assert_eq!(kinds.iter().filter(|kind| **kind == "turn.failed").count(), 1, "{kinds:?}");
    }
}

#[tokio::test]
async fn blocks_that_the_provider_refuses_are_left_out_once() {
    let foreign = Plays::Refuses(400, "", r#"{"error":{"code":"invalid_encrypted_content","message":"not ours"}}"#);
    let peer = Peer::start([Plays::Thinks("Hm.", "Hi."), foreign.clone(), Plays::Says("Well."), foreign]).await;
    let mut own = route("far", "own");
    own.provider = "far".into();
    let test = app(models(vec![peer.provider("far")], [("default", own)])).await;
    let (thread, _, _) = hello(&test).await;
    test.say(thread, "again", Policy::Queue).await;
    assert_eq!(ended(&test, thread).await.code, None);
    let asked = peer.asked();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[1]["messages"][1]["reasoning_content"], "Hm.", "the answer goes back as its provider made it");
    assert_eq!(asked[2]["messages"][1].get("reasoning_content"), None);
    assert_eq!(asked[2]["messages"][1]["content"], "Hi.");
    test.say(thread, "and again", Policy::Queue).await;
    assert_eq!(ended(&test, thread).await.code.as_deref(), Some("blocks_refused"), "left out once, and refused again");
    assert_eq!(peer.asked().len(), 5);
}

#[tokio::test]
async fn a_word_that_the_model_does_not_take_is_refused_before_anything_is_stored() {
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let routes = [("claude-*", route("far", "glm-5.1")), ("own", route("far", "own"))];
    let test = app(models(vec![peer.provider("far")], routes)).await;
    test.default_agent(Settings { model: Some("own".into()), ..Settings::default() }).await;
    let thread = test.thread().await.id;
    for (controls, path, message) in [
        (chosen("gpt-9"), "controls.model", "is not a known model"),
        (chosen("gpt-5.5"), "controls.model", "leads to no provider: there is no route for it, and no default one"),
        (
            Controls { reasoning: Some(Reasoning::Low), ..chosen("claude-opus-4-8") },
            "controls.reasoning",
            "must be a word that claude-opus-4-8 takes: off, none, on",
        ),
        (
            Controls { speed: Some(Speed::Fast), ..chosen("claude-opus-4-8") },
            "controls.speed",
            "must be a word that claude-opus-4-8 takes: default, standard",
        ),
    ] {
        let error = refused(&test, thread, controls).await;
        let field = &error.fields[0];
        assert_eq!((error.kind, field.path.as_str(), field.message.as_str()), (Kind::Invalid, path, message));
    }
    let taken = Controls { reasoning: Some(Reasoning::On), ..chosen("claude-opus-4-8") };
    let send = Send::new(thread, Body { controls: taken, ..Body::text("hello") }, Policy::Queue);
    test.app.send(&test.caller, send).await.expect("a word that the model takes");
    assert_eq!(ended(&test, thread).await.code, None);
    let unknown = Controls { reasoning: Some(Reasoning::Max), speed: Some(Speed::Ultrafast), ..chosen("own") };
    let send = Send::new(thread, Body { controls: unknown, ..Body::text("hello") }, Policy::Queue);
    test.app.send(&test.caller, send).await.expect("a model that nobody describes takes every word");
}

#[tokio::test]
async fn an_agent_whose_model_leads_nowhere_takes_no_message() {
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let test = app(models(vec![peer.provider("far")], [("claude-*", route("far", "own"))])).await;
    let thread = test.thread().await.id;
    for (model, message) in [
        (None, "The agent has no model, and there is no default one"),
        (
            Some("gpt-5.5"),
            "The agent's model gpt-5.5 leads to no provider: there is no route for it, and no default one",
        ),
    ] {
        test.default_agent(Settings { model: model.map(Into::into), ..Settings::default() }).await;
        let error = refused(&test, thread, Controls::default()).await;
        assert_eq!(
            (error.kind, error.code, error.message.as_str()),
            (Kind::Conflict, codes::MODEL_WITHOUT_ROUTE, message)
        );
    }
    for model in ["echo", "claude-opus-4-8"] {
        test.default_agent(Settings { model: Some(model.into()), ..Settings::default() }).await;
        test.say(thread, "hello", Policy::Queue).await;
        assert_eq!(ended(&test, thread).await.code, None, "{model}");
    }
}

#[tokio::test]
async fn a_provider_that_reads_far_less_than_it_was_sent_is_told_to_keys() {
    // The provider reports 1,000 tokens, and four letters are estimated as one token.
    for (letters, warnings) in [(20_000, vec![Warning::InputCut]), (10_000, vec![])] {
        let peer = Peer::start([Plays::Says("Hi.")]).await;
        let test = app(models(vec![peer.provider("far")], [("default", route("far", "own"))])).await;
        let thread = test.thread().await.id;
        test.say(thread, &"a".repeat(letters), Policy::Queue).await;
        test.settle(thread).await;
        assert_eq!(records(&test, thread).await[0].warnings, warnings, "{letters}");
    }
}

#[tokio::test]
async fn a_step_says_whether_the_model_thinks_by_the_word_that_it_gets() {
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let routes = [("default", route("far", "claude-haiku-4-5")), ("kimi-k2.7-code", route("far", "kimi-k2.7-code"))];
    let test = app(models(vec![peer.provider("far")], routes)).await;
    // The first model lowers `minimal` to `none`. The second always thinks, whatever it is asked.
    for (model, reasoning, thinks) in [
        (None, Reasoning::Minimal, false),
        (None, Reasoning::Low, true),
        (Some("kimi-k2.7-code"), Reasoning::Off, true),
    ] {
        let controls = Controls { reasoning: Some(reasoning), ..Controls::default() };
        test.default_agent(Settings { model: model.map(Into::into), controls, ..Settings::default() }).await;
        let (thread, _, _) = hello(&test).await;
        let said = |event: &Event| if let Event::StepStarted { thinks, .. } = event { Some(*thinks) } else { None };
        let told: Vec<bool> = test.log(thread).await.iter().filter_map(|entry| said(&entry.event)).collect();
        assert_eq!(told, [thinks], "{model:?} {reasoning:?}");
    }
}
