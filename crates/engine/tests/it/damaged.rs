//! Damaged rows must not affect others. Cases: more damaged threads than one round examines, all due longer than the
//! good one; a turn before a damaged one; a turn that reads damaged data.

use std::{sync::atomic::Ordering, time::Duration};

use domain::{
    ThreadId, agent::Settings, controls::Policy, event::Event, fault::Fault, script::Reply, thread::ClosedBy,
    turn::State,
};
use engine::{
    app::{reminders::NewReminder, threads::NewThread, tickets::file::Email},
    services,
    testing::{Choices, TestApp},
};
use serde_json::json;
use store::testing::{damage_message, damage_thread, damage_variables};

use crate::emails::{email, file};

/// More than a round.
const DAMAGED: usize = 70;

async fn damage(test: &TestApp, threads: &[ThreadId]) {
    for thread in threads {
        damage_thread(test.store(), *thread).await.unwrap();
    }
}

#[tokio::test]
async fn turns_that_cannot_be_claimed_keep_no_other_waiting() {
    let test = TestApp::with(Choices { turns: 0, ..Choices::default() }).await;
    let mut threads = Vec::new();
    for _ in 0..DAMAGED {
        threads.push(test.thread().await.id);
        test.say(threads[threads.len() - 1], "Hello", Policy::Queue).await;
    }
    damage(&test, &threads).await;
    let good = test.thread().await.id;
    test.say(good, "Hello", Policy::Queue).await;
    let folder = test.stop().await;

    let again = TestApp::with(Choices { folder: Some(folder), ..Choices::default() }).await;
    again.settle(good).await;
    assert_eq!(again.kinds(good).await.last(), Some(&"turn.completed"));
}

#[tokio::test]
async fn reminders_that_cannot_fire_keep_no_other_waiting() {
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { clock, ..Choices::default() }).await;
    let remind = || {
        let reminder = Some(Some(NewReminder { delay_s: 60, number_left: 1 }));
        Email { reminder, ..email(json!({"to": ["ann@example.com"]})) }
    };
    let mut threads = Vec::new();
    for _ in 0..DAMAGED {
        threads.push(file(&test, remind()).await.thread);
    }
    damage(&test, &threads).await;
    us.fetch_add(1_000_000, Ordering::SeqCst);
    let good = file(&test, remind()).await.thread;
    us.fetch_add(60_000_000, Ordering::SeqCst);
    for _ in 0..2 {
        test.app.run_now::<services::Reminders>().await.unwrap();
    }
    let fired = |event: &Event| matches!(event, Event::ThreadReminder { .. });
    assert!(test.log(good).await.iter().any(|entry| fired(&entry.event)));
}

#[tokio::test]
async fn windows_that_cannot_close_keep_no_other_waiting() {
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { clock, ..Choices::default() }).await;
    let windowed = async || {
        let new = NewThread { window: true, ..NewThread::default() };
        test.app.create_thread(&test.caller, new).await.unwrap().id
    };
    let mut threads = Vec::new();
    for _ in 0..DAMAGED {
        threads.push(windowed().await);
    }
    damage(&test, &threads).await;
    us.fetch_add(1_000_000, Ordering::SeqCst);
    let good = windowed().await;
    us.fetch_add(7_200_000_000, Ordering::SeqCst);
    for _ in 0..2 {
        test.app.run_now::<services::Windows>().await.unwrap();
    }
    let closed = |event: &Event| matches!(event, Event::ThreadClosed { closed } if closed.by == ClosedBy::Expired);
    assert!(test.log(good).await.iter().any(|entry| closed(&entry.event)));
}

#[tokio::test]
async fn a_turn_ends_once_although_the_next_ones_message_cannot_be_read() {
    for (error, state, last) in
        [(None, State::Completed, "turn.completed"), (Some(Fault::Refused), State::Failed, "turn.failed")]
    {
        let test = TestApp::start().await;
        test.script(vec![Reply { delay_ms: Some(300), error, echo: error.is_none(), ..Reply::default() }]).await;
        let thread = test.thread().await.id;
        let first = test.say(thread, "one", Policy::Queue).await.turn.unwrap().0;
        let next = test.say(thread, "two", Policy::Queue).await;
        damage_message(test.store(), thread, next.message.id).await.unwrap();
        let ended = async {
            loop {
                let turn = test.app.turn(&test.caller, thread, first).await.unwrap();
                if !turn.state.is_open() {
                    break turn;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(20), ended).await.expect("the turn ends");
        assert_eq!((ended.state, ended.attempt), (state, 1));
        // After the unreadable message.
        let log = test.app.list_events(&test.caller, thread, next.message.seq, 1_000).await.unwrap().rows;
        let kinds: Vec<&str> = log.iter().map(|entry| entry.event.kind()).collect();
        assert_eq!(kinds, ["message.completed", last]);
        let next = test.app.keyed(None).cancel_turn(&test.caller, thread, next.turn.unwrap().0).await.unwrap();
        assert_eq!(next.state, State::Cancelled);
    }
}

#[tokio::test]
async fn a_turn_is_cancelled_although_the_next_ones_message_cannot_be_read() {
    let test = TestApp::start().await;
    test.script(vec![Reply { hang: true, ..Reply::default() }]).await;
    let thread = test.thread().await.id;
    let first = test.say(thread, "one", Policy::Queue).await.turn.unwrap().0;
    let next = test.say(thread, "two", Policy::Queue).await;
    damage_message(test.store(), thread, next.message.id).await.unwrap();
    assert_eq!(test.app.keyed(None).cancel_turn(&test.caller, thread, first).await.unwrap().state, State::Cancelled);
}

#[tokio::test]
async fn a_turn_fails_whose_variables_cannot_be_read() {
    let test = TestApp::start().await;
    let settings = Settings { instructions: "Sell {{item}}.".into(), ..Settings::default() };
    test.default_agent(settings).await;
    let variables = [("item".to_owned(), "shoes".to_owned())].into_iter().collect();
    let new = NewThread { variables, ..NewThread::default() };
    let thread = test.app.create_thread(&test.caller, new).await.unwrap().id;
    damage_variables(test.store(), thread).await.unwrap();
    test.say(thread, "x", Policy::Queue).await;
    let settled = tokio::time::timeout(Duration::from_secs(20), test.settle(thread)).await.expect("the turn ends");
    assert!(!settled.run.is_open());
    let log = test.log(thread).await;
    let ended = log.iter().find_map(|entry| entry.event.ended()).unwrap();
    assert_eq!(ended.code.as_deref(), Some("internal"));
    assert_eq!(test.kinds(thread).await.iter().filter(|kind| **kind == "step.started").count(), 1, "asked once");
}
