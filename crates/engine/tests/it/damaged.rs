//! Threads whose rows are damaged: more of them than are looked at in one round, and all longer due than the good one.

use std::sync::atomic::Ordering;

use domain::{ThreadId, event::Event, thread::ClosedBy, turn::Policy};
use engine::{
    app::{
        letters::{Letter, NewReminder},
        threads::NewThread,
    },
    testing::{Choices, TestApp},
};
use serde_json::json;
use store::testing::damage_thread;

use crate::letters::{file, letter};

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
        Letter { reminder, ..letter(json!({"to": ["ann@example.com"]})) }
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
        test.app.fire_reminders().await.unwrap();
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
        test.app.lapse_windows().await.unwrap();
    }
    let closed = |event: &Event| matches!(event, Event::ThreadClosed { closed } if closed.by == ClosedBy::Lapsed);
    assert!(test.log(good).await.iter().any(|entry| closed(&entry.event)));
}
