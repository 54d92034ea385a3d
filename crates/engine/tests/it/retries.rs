//! Retries of turns.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    Code, Kind, Limits, ThreadId, TurnId,
    agent::{Settings, Tool, ToolKind},
    codes,
    controls::{Controls, Policy, Reasoning},
    event::{Event, Item},
    fault::Fault,
    message::{Body, Role},
    script::{Reply, ScriptedCall},
    thread::Ticket,
    turn::State,
};
use engine::{
    Origin, OriginKind,
    app::messages::{Send, amend::MessagePatch},
    testing::{Choices, TestApp},
};
use store::testing::Cluster;

fn fails() -> Vec<Reply> {
    vec![Reply { error: Some(Fault::Refused), ..Reply::default() }]
}

fn hangs() -> Vec<Reply> {
    vec![Reply { hang: true, ..Reply::default() }]
}

fn echoes() -> Vec<Reply> {
    vec![Reply { echo: true, ..Reply::default() }]
}

/// A thread whose only turn has failed.
async fn failed(test: &TestApp) -> (ThreadId, TurnId) {
    test.script(fails()).await;
    let thread = test.thread().await.id;
    let (turn, _) = test.say(thread, "Where is it?", Policy::Queue).await.turn.unwrap();
    test.settle(thread).await;
    assert_eq!(test.app.turn(&test.caller, thread, turn).await.unwrap().state, State::Failed);
    (thread, turn)
}

#[tokio::test]
async fn a_message_that_is_sent_again_is_told_the_turn_that_it_was_told_first() {
    let test = TestApp::start().await;
    test.script(fails()).await;
    let thread = test.thread().await.id;
    let send = || {
        let origin = Origin::new(OriginKind::Client, "", "one", [1; 32]);
        Send { origin: Some(origin), ..Send::new(thread, Body::text("once"), Policy::Queue) }
    };
    let (first, _) = test.app.send(&test.caller, send()).await.unwrap().turn.unwrap();
    test.settle(thread).await;
    let second = test.app.keyed(None).retry_turn(&test.caller, thread, first).await.unwrap().id;
    test.settle(thread).await;
    let again = test.app.send(&test.caller, send()).await.unwrap();
    assert!(again.replayed && second != first);
    assert_eq!(again.turn, Some((first, State::Failed)));
}

async fn code(test: &TestApp, thread: ThreadId, turn: TurnId) -> (Kind, Code) {
    let before = test.log(thread).await;
    let refused = test.app.keyed(None).retry_turn(&test.caller, thread, turn).await.unwrap_err();
    assert_eq!(test.log(thread).await, before, "a refusal has no effect");
    (refused.kind, refused.code)
}

#[tokio::test]
async fn a_new_turn_answers_what_a_failed_one_did_not() {
    let test = TestApp::start().await;
    let (thread, old) = failed(&test).await;
    let (question, last) = (test.messages(thread).await[0].clone(), test.log(thread).await.len() as i64);
    test.script(echoes()).await;
    let new = test.app.keyed(None).retry_turn(&test.caller, thread, old).await.unwrap();
    assert_eq!((new.state, new.place, new.first_seq), (State::Running, last + 1, question.seq));
    assert_eq!(test.settle(thread).await.ticket, Ticket::Waiting);
    let log = test.log(thread).await;
    let retried = Event::TurnRetried { retries: old, messages: vec![question.id] };
    assert_eq!((&log[last as usize].event, log[last as usize].turn), (&retried, Some(new.id)));
    let begun = log.iter().find_map(|entry| match entry.event {
        Event::TurnStarted { input, .. } if entry.turn == Some(new.id) => Some(input),
        _ => None,
    });
    assert_eq!(begun, Some(Some(question.id)));
    let messages = test.messages(thread).await;
    assert_eq!((messages[0].turn, messages[0].seq), (Some(new.id), question.seq));
    assert_eq!((messages[1].turn, messages[1].body.error_code.as_deref()), (Some(old), Some("refused")));
    let answer = messages.last().unwrap();
    assert_eq!((answer.turn, answer.body.plain_text().as_str()), (Some(new.id), "Where is it?"));
    let turns = test.app.list_turns(&test.caller, thread, None, 10).await.unwrap();
    let listed: Vec<_> = turns.iter().map(|(_, turn)| (turn.id, turn.state)).collect();
    assert_eq!(listed, [(new.id, State::Completed), (old, State::Failed)]);
    let older = test.app.list_turns(&test.caller, thread, Some(turns[0].0), 10).await.unwrap();
    assert_eq!(older, turns[1..]);
}

/// A replayed webhook and a late reader get the same content as before.
#[tokio::test]
async fn what_the_log_has_said_stays_whatever_becomes_of_its_messages() {
    let test = TestApp::start().await;
    let (thread, old) = failed(&test).await;
    let said = test.log(thread).await;
    assert_eq!(said[1].message.as_ref().and_then(|question| question.turn), Some(old));
    test.script(echoes()).await;
    let new = test.app.keyed(None).retry_turn(&test.caller, thread, old).await.unwrap();
    let question = said[1].message.as_ref().unwrap().id;
    let read = MessagePatch { read: Some(true), ..MessagePatch::default() };
    test.app.update_message(&test.caller, Some(thread), question, read).await.unwrap();
    test.settle(thread).await;
    assert_eq!(test.log(thread).await[..said.len()], said);
    let question = &test.messages(thread).await[0];
    assert_eq!(question.turn, Some(new.id), "the message is the new turn's");
    assert_eq!(question.body.envelope.as_ref().and_then(|envelope| envelope.read), Some(true));
}

#[tokio::test]
async fn only_what_failed_or_was_cancelled_is_tried_again_and_only_once() {
    let test = TestApp::start().await;
    let (thread, old) = failed(&test).await;
    test.script(hangs()).await;
    let new = test.app.keyed(None).retry_turn(&test.caller, thread, old).await.unwrap();
    assert_eq!(code(&test, thread, old).await, (Kind::Conflict, codes::TURN_RETRIED));
    assert_eq!(code(&test, thread, new.id).await, (Kind::Conflict, codes::TURN_OPEN));
    let (queued, _) = test.say(thread, "more", Policy::Queue).await.turn.unwrap();
    assert_eq!(code(&test, thread, queued).await, (Kind::Conflict, codes::TURN_OPEN));
    test.app.keyed(None).stop_thread(&test.caller, thread).await.unwrap();
    test.script(echoes()).await;
    let third = test
        .app
        .keyed(None)
        .retry_turn(&test.caller, thread, new.id)
        .await
        .expect("what was tried again and cancelled");
    test.settle(thread).await;
    assert_eq!(code(&test, thread, third.id).await, (Kind::Conflict, codes::TURN_COMPLETED));
    assert_eq!(code(&test, thread, old).await, (Kind::Conflict, codes::TURN_RETRIED));
    assert_eq!(code(&test, thread, TurnId(uuid::Uuid::nil())).await, (Kind::NotFound, codes::TURN_NOT_FOUND));
    let elsewhere = test.thread().await.id;
    assert_eq!(code(&test, elsewhere, queued).await, (Kind::NotFound, codes::TURN_NOT_FOUND));
    let (stranger, _) = test.other_project().await;
    let refused = test.app.keyed(None).retry_turn(&stranger, thread, queued).await.unwrap_err();
    assert_eq!((refused.kind, refused.code), (Kind::NotFound, codes::THREAD_NOT_FOUND));
}

#[tokio::test]
async fn nothing_is_tried_again_where_nobody_would_answer() {
    let test = TestApp::with(Choices { limits: Limits { queued_turns: 1, ..Limits::default() }, ..Choices::default() });
    let test = test.await;
    let (thread, old) = failed(&test).await;
    test.default_agent(Settings { paused: true, ..Settings::default() }).await;
    assert_eq!(code(&test, thread, old).await, (Kind::Conflict, codes::AGENT_PAUSED));
    test.app.close_thread(&test.caller, thread, None).await.unwrap();
    assert_eq!(code(&test, thread, old).await, (Kind::Conflict, codes::THREAD_CLOSED));
    test.app.keyed(None).reopen_thread(&test.caller, thread).await.unwrap();
    test.script(hangs()).await;
    for text in ["runs", "waits"] {
        test.say(thread, text, Policy::Queue).await;
    }
    assert_eq!(code(&test, thread, old).await.0, Kind::RateLimited);
    test.app.keyed(None).stop_thread(&test.caller, thread).await.unwrap();
    test.app.keyed(None).retry_turn(&test.caller, thread, old).await.expect("a turn that is free to run");
}

#[tokio::test]
async fn a_retried_turn_has_its_place_behind_those_that_wait_and_its_controls() {
    let test = TestApp::start().await;
    test.script(fails()).await;
    let thread = test.thread().await.id;
    let controls = Controls { reasoning: Some(Reasoning::High), ..Controls::default() };
    let body = Body { controls: controls.clone(), ..Body::text("first") };
    let sent = test.app.send(&test.caller, Send::new(thread, body, Policy::Queue)).await.unwrap();
    let (old, _) = sent.turn.unwrap();
    test.settle(thread).await;
    test.script(vec![Reply { delay_ms: Some(100), echo: true, ..Reply::default() }]).await;
    for text in ["second", "third"] {
        test.say(thread, text, Policy::Queue).await;
    }
    let new = test.app.keyed(None).retry_turn(&test.caller, thread, old).await.unwrap();
    assert_eq!((new.state, &new.controls, new.policy), (State::Queued, &controls, Policy::Queue));
    let batched = test.say(thread, "fourth", Policy::Batch).await;
    assert_ne!(batched.turn.unwrap().0, new.id, "what is said later is another turn's");
    test.settle(thread).await;
    let said: Vec<String> = test
        .messages(thread)
        .await
        .iter()
        .filter(|m| m.role == Role::Agent)
        .skip(1)
        .map(|m| m.body.plain_text())
        .collect();
    assert_eq!(said, ["second", "third", "first", "fourth"]);
}

#[tokio::test]
async fn every_message_of_the_turn_is_answered_and_what_it_did_stays() {
    let test = TestApp::start().await;
    let call = ScriptedCall { id: None, name: "there".into(), arguments: domain::Kept::null() };
    let asks = vec![Reply { tool_calls: vec![call], ..Reply::default() }];
    let tools = vec![Tool::new("there", ToolKind::Client)];
    test.default_agent(Settings { model: Some("scripted".into()), script: asks, tools, ..Settings::default() }).await;
    let thread = test.thread().await.id;
    let (old, _) = test.say(thread, "one", Policy::Queue).await.turn.unwrap();
    test.until(thread, |item| matches!(item, Item::Entry(entry) if entry.event.kind() == "tool.called")).await;
    test.say(thread, "two", Policy::Steer).await;
    test.app.keyed(None).cancel_turn(&test.caller, thread, old).await.unwrap();
    test.script(echoes()).await;
    let new = test.app.keyed(None).retry_turn(&test.caller, thread, old).await.unwrap();
    test.settle(thread).await;
    let of = |turn: TurnId, messages: &[domain::message::Message]| {
        messages.iter().filter(|m| m.turn == Some(turn)).map(|m| m.role).collect::<Vec<_>>()
    };
    let messages = test.messages(thread).await;
    assert_eq!(of(new.id, &messages), [Role::User, Role::User, Role::Agent]);
    assert_eq!(of(old, &messages), [Role::Agent, Role::Tool], "the call and its result");
    assert_eq!(messages.last().unwrap().body.plain_text(), "one\n\ntwo");
}

#[tokio::test]
async fn a_retry_whose_worker_has_died_is_taken_over() {
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { clock, ..Choices::default() }).await;
    let (thread, old) = failed(&test).await;
    test.script(hangs()).await;
    let new = test.app.keyed(None).retry_turn(&test.caller, thread, old).await.unwrap();
    test.script(echoes()).await;
    test.forget(new.id);
    us.fetch_add(100_000_000, std::sync::atomic::Ordering::SeqCst);
    test.settle(thread).await;
    let turn = test.app.turn(&test.caller, thread, new.id).await.unwrap();
    assert_eq!((turn.state, turn.attempt), (State::Completed, 2));
    assert_eq!(test.messages(thread).await.last().unwrap().body.plain_text(), "Where is it?");
}

#[tokio::test]
async fn a_deleted_thread_takes_its_retried_turns_along() {
    let test = TestApp::start().await;
    let (thread, old) = failed(&test).await;
    let new = test.app.keyed(None).retry_turn(&test.caller, thread, old).await.unwrap();
    test.settle(thread).await;
    test.app.delete_thread(&test.caller, thread).await.unwrap();
    for turn in [old, new.id] {
        assert_eq!(test.app.turn(&test.caller, thread, turn).await.unwrap_err().kind, Kind::NotFound);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_retries_at_once_one_opens_a_turn() {
    race(TestApp::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_retries_at_once_one_opens_a_turn_on_postgres() {
    let database = Some(Cluster::of_this_process().fresh_database().await);
    race(TestApp::with(Choices { database, ..Choices::default() }).await).await;
}

async fn race(test: TestApp) {
    let test = Arc::new(test);
    let (thread, old) = failed(&test).await;
    test.script(echoes()).await;
    let tasks: Vec<_> = (0..20)
        .map(|i| {
            let test = test.clone();
            // Half of them under one key, which makes them one request.
            let key = (i % 2 == 0).then(|| Origin::new(OriginKind::Request, "retry", "k", [1; 32]));
            tokio::spawn(async move { test.app.keyed(key).retry_turn(&test.caller, thread, old).await })
        })
        .collect();
    let mut opened = BTreeSet::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(turn) => _ = opened.insert(turn.id),
            Err(refused) => assert_eq!((refused.kind, refused.code), (Kind::Conflict, codes::TURN_RETRIED)),
        }
    }
    assert_eq!(opened.len(), 1);
    test.settle(thread).await;
    let said = test.messages(thread).await.iter().filter(|m| m.role == Role::Agent).count();
    assert_eq!(said, 2, "the explanation of the failure, and one answer");
}
