//! The inactivity window: what is left of it, what sets it anew, what its end does.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use dialect_feather::Feather;
use domain::{agent::Settings, controls::Policy, script::Reply as Said, thread::ClosedBy};
use engine::testing::{Choices, TestApp};
use serde_json::json;

use crate::client::Door;

const CLOSED: &str = r#"{"status":400,"message":"Thread is closed","code":"BAD_REQUEST","success":false}"#;

/// A door whose clock stands still until it is moved.
async fn with_clock() -> (Door, Arc<AtomicI64>) {
    let (clock, us) = TestApp::manual_clock();
    let door = Door::of(Choices { clock, ..Choices::default() }, vec![Arc::new(Feather)]).await;
    (door, us)
}

fn pass(us: &AtomicI64, seconds: i64) {
    us.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
}

async fn send(door: &Door) -> f64 {
    let reply = door.send(&json!({"message": "x"})).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let seconds = reply.json()["windowExpiresIn"].as_f64().expect("a number");
    door.server.test.settle(door.thread).await;
    seconds
}

#[tokio::test]
async fn each_message_sets_the_window_anew() {
    let (door, us) = with_clock().await;
    assert_eq!(send(&door).await, 7_200.0);
    pass(&us, 7_199);
    assert_eq!(send(&door).await, 7_200.0);
    pass(&us, 7_199);
    door.server.test.say(door.thread, "through another door", Policy::Queue).await;
    door.server.test.settle(door.thread).await;
    pass(&us, 7_199);
    assert_eq!(send(&door).await, 7_200.0);
}

#[tokio::test]
async fn an_agent_may_have_a_window_of_its_own() {
    let (door, us) = with_clock().await;
    door.server.test.default_agent(Settings { window_s: Some(60), ..Settings::default() }).await;
    assert_eq!(send(&door).await, 60.0);
    pass(&us, 61);
    assert_eq!(door.send(&json!({"message": "x"})).await.body, CLOSED);
}

#[tokio::test]
async fn past_the_window_a_send_is_refused_and_changes_nothing() {
    let (door, us) = with_clock().await;
    send(&door).await;
    let before = door.found().await;
    pass(&us, 7_200);
    for _ in 0..2 {
        let reply = door.send(&json!({"message": "x"})).await;
        assert_eq!((reply.status, reply.body.as_str()), (400, CLOSED));
    }
    let found = door.found().await;
    assert_eq!(found, before);
    let closed = found.closed_at(door.server.test.app.clock().now()).expect("a closed thread");
    assert_eq!((closed.by, closed.reason.as_deref()), (ClosedBy::Expired, Some("ENDED")));
    assert_eq!(door.list("").await.status, 200, "what was said can still be read");
}

#[tokio::test]
async fn the_window_does_not_end_while_a_turn_is_open() {
    let (door, us) = with_clock().await;
    door.server.test.script(vec![Said { hang: true, ..Said::default() }]).await;
    assert_eq!(door.send(&json!({"message": "1"})).await.status, 200);
    pass(&us, 10_000);
    assert_eq!(door.send(&json!({"message": "2"})).await.status, 200);
    let test = &door.server.test;
    test.app.keyed(None).stop_thread(&test.caller, door.thread).await.expect("a thread to stop");
}

#[tokio::test]
async fn a_thread_that_a_person_closed_refuses_in_the_same_words() {
    let door = Door::open().await;
    let test = &door.server.test;
    test.app.close_thread(&test.caller, door.thread, Some("OPTED_OUT".into())).await.expect("a thread to close");
    let before = door.found().await;
    assert_eq!(door.send(&json!({"message": "x"})).await.body, CLOSED);
    assert_eq!(door.found().await, before);
}

#[tokio::test]
async fn a_thread_that_was_never_sent_to_through_this_door_has_no_window() {
    let (door, us) = with_clock().await;
    door.server.test.say(door.thread, "x", Policy::Queue).await;
    door.server.test.settle(door.thread).await;
    pass(&us, 1_000_000);
    assert_eq!(send(&door).await, 7_200.0);
}

#[tokio::test]
async fn a_window_is_whole_while_a_person_speaks() {
    let (door, us) = with_clock().await;
    assert_eq!(send(&door).await, 7_200.0);
    let member = door.server.test.take(door.thread).await;
    pass(&us, 100_000);
    assert_eq!(send(&door).await, 7_200.0);
    door.server.test.reply(door.thread, &member, "I am here.").await;
}
