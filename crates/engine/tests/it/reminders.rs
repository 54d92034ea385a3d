//! Reminders: their times, their number, and their cancellation.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::{ThreadId, controls::Policy, event::Event, thread::Ticket};
use engine::{
    app::{reminders::NewReminder, tickets::file::Email},
    services,
    testing::{Choices, TestApp},
};
use serde_json::json;

use crate::emails::{email, file};

fn remind(delay_s: i64, number_left: i64) -> Email {
    let reminder = Some(Some(NewReminder { delay_s, number_left }));
    Email { reminder, ..email(json!({"to": ["ann@example.com"]})) }
}

fn leap(us: &Arc<AtomicI64>, s: i64) {
    us.fetch_add(s * 1_000_000, Ordering::SeqCst);
}

/// The remaining count of each reminder in the log. Either the service or the test may have fired it.
async fn fired(test: &TestApp, thread: ThreadId) -> Vec<i64> {
    test.app.run_now::<services::Reminders>().await.expect("the store answers");
    let left = |event: &Event| match event {
        Event::ThreadReminder { number_left, .. } => Some(*number_left),
        _ => None,
    };
    test.log(thread).await.iter().filter_map(|entry| left(&entry.event)).collect()
}

async fn start() -> (TestApp, Arc<AtomicI64>) {
    let (clock, us) = TestApp::manual_clock();
    (TestApp::with(Choices { clock, ..Choices::default() }).await, us)
}

#[tokio::test]
async fn a_reminder_counts_down_and_ends() {
    let (test, us) = start().await;
    let thread = file(&test, remind(60, 2)).await.thread;
    leap(&us, 59);
    assert_eq!(fired(&test, thread).await, [0; 0]);
    leap(&us, 1);
    assert_eq!(fired(&test, thread).await, [1]);
    assert_eq!(fired(&test, thread).await, [1], "once for each time it comes due");
    assert_eq!(test.app.thread(&test.caller, thread).await.unwrap().ticket, Ticket::Reminder);
    let left = test.app.reminder(&test.caller, thread).await.unwrap().expect("one is left");
    assert_eq!((left.number_left, left.due_at), (1, test.app.clock().now().plus_s(60)));
    leap(&us, 60);
    assert_eq!(fired(&test, thread).await, [1, 0]);
    assert_eq!(test.app.reminder(&test.caller, thread).await.unwrap(), None);
    leap(&us, 600);
    assert_eq!(fired(&test, thread).await, [1, 0]);
    let kinds = test.kinds(thread).await;
    assert_eq!(
        kinds,
        ["thread.created", "message.completed", "thread.reminder", "thread.reminder"],
        "it starts no turn"
    );
}

#[tokio::test]
async fn several_that_were_missed_are_one() {
    let (test, us) = start().await;
    let thread = file(&test, remind(60, 5)).await.thread;
    leap(&us, 250);
    assert_eq!(fired(&test, thread).await, [4]);
    leap(&us, 59);
    assert_eq!(fired(&test, thread).await, [4]);
    leap(&us, 1);
    assert_eq!(fired(&test, thread).await, [4, 3]);
}

#[tokio::test]
async fn a_reminder_fires_once_over_a_restart() {
    let (test, us) = start().await;
    let thread = file(&test, remind(60, 1)).await.thread;
    let again =
        |folder| Choices { clock: engine::Clock::Manual(us.clone()), folder: Some(folder), ..Choices::default() };
    let test = TestApp::with(again(test.stop().await)).await;
    assert_eq!(fired(&test, thread).await, [0; 0]);
    let folder = test.stop().await;
    leap(&us, 3_600);
    let test = TestApp::with(again(folder)).await;
    assert_eq!(fired(&test, thread).await, [0]);
    let test = TestApp::with(again(test.stop().await)).await;
    assert_eq!(fired(&test, thread).await, [0]);
}

#[tokio::test]
async fn the_service_fires_a_reminder_by_itself() {
    let test = TestApp::start().await;
    let thread = file(&test, remind(0, 2)).await.thread;
    let is_last = |event: &Event| matches!(event, Event::ThreadReminder { number_left: 0, .. });
    test.until(thread, |item| matches!(item, domain::event::Item::Entry(entry) if is_last(&entry.event))).await;
}

#[tokio::test]
async fn a_message_from_the_customers_side_calls_it_off_through_any_door() {
    let (test, us) = start().await;
    let thread = file(&test, remind(60, 3)).await.thread;
    file(&test, Email { thread: Some(thread), ..email(json!({})) }).await;
    assert!(test.app.reminder(&test.caller, thread).await.unwrap().is_some(), "an e-mail without one leaves it");
    file(&test, Email { thread: Some(thread), ..email(json!({"from": "ann@example.com"})) }).await;
    assert_eq!(test.app.reminder(&test.caller, thread).await.unwrap(), None);
    file(&test, Email { thread: Some(thread), ..remind(60, 3) }).await;
    test.say(thread, "I am here", Policy::Queue).await;
    assert_eq!(test.app.reminder(&test.caller, thread).await.unwrap(), None);
    leap(&us, 3_600);
    assert_eq!(fired(&test, thread).await, [0; 0]);
}

#[tokio::test]
async fn an_email_sets_replaces_and_clears_it() {
    let (test, us) = start().await;
    let thread = file(&test, remind(60, 3)).await.thread;
    let found = async || test.app.reminder(&test.caller, thread).await.unwrap().map(|r| (r.delay_s, r.number_left));
    assert_eq!(found().await, Some((60, 3)));
    file(&test, Email { thread: Some(thread), ..remind(10, 1) }).await;
    assert_eq!(found().await, Some((10, 1)));
    file(&test, Email { thread: Some(thread), reminder: Some(None), ..email(json!({})) }).await;
    assert_eq!(found().await, None);
    leap(&us, 3_600);
    assert_eq!(fired(&test, thread).await, [0; 0]);
}

#[tokio::test]
async fn a_closed_thread_stays_closed_when_its_reminder_fires() {
    let (test, us) = start().await;
    let thread = file(&test, remind(60, 1)).await.thread;
    test.app.close_thread(&test.caller, thread, None).await.unwrap();
    leap(&us, 60);
    assert_eq!(fired(&test, thread).await, [0]);
    assert_eq!(test.app.thread(&test.caller, thread).await.unwrap().ticket, Ticket::Closed);
}
