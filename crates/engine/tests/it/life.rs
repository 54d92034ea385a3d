//! The life of a thread: closed, expired, reopened.

use domain::{Kind, codes, controls::Policy, message::Body, script::Reply, thread::ClosedBy};
use engine::{
    app::{
        messages::{Send, WhenClosed},
        threads::{NewThread, ThreadPatch},
    },
    testing::{Choices, TestApp},
};

#[tokio::test]
async fn closing_cancels_open_turns_in_the_same_transaction() {
    let test = TestApp::start().await;
    test.script(vec![Reply { hang: true, ..Reply::default() }]).await;
    let thread = test.thread().await.id;
    test.say(thread, "a", Policy::Queue).await;
    test.say(thread, "b", Policy::Queue).await;
    let closed = test.app.close_thread(&test.caller, thread, Some("DNC".into())).await.unwrap();
    assert_eq!(closed.closed.as_ref().map(|c| (c.by, c.reason.as_deref())), Some((ClosedBy::Person, Some("DNC"))));
    assert!(!closed.run.is_open());
    let kinds = test.kinds(thread).await;
    assert_eq!(kinds[kinds.len() - 3..], ["turn.cancelled", "turn.cancelled", "thread.closed"]);
    test.app.close_thread(&test.caller, thread, None).await.unwrap();
    assert_eq!(test.kinds(thread).await, kinds, "closing a closed thread changes nothing");
    let knock = Send { when_closed: WhenClosed::Reopen, ..Send::new(thread, Body::text("c"), Policy::Queue) };
    test.app.send(&test.caller, knock).await.unwrap();
    assert_eq!(test.app.thread(&test.caller, thread).await.unwrap().closed, None);
}

#[tokio::test]
async fn a_window_expires_but_never_while_a_turn_is_open() {
    let (clock, us) = TestApp::manual_clock();
    let leap = |s: i64| us.fetch_add(s * 1_000_000, std::sync::atomic::Ordering::SeqCst);
    let test = TestApp::with(Choices { clock, turns: 0, ..Choices::default() }).await;
    let new = NewThread { window: true, ..NewThread::default() };
    let thread = test.app.create_thread(&test.caller, new).await.unwrap().id;
    let send = || Send { window: true, ..Send::new(thread, Body::text("x"), Policy::Batch) };
    leap(7_199);
    let sent = test.app.send(&test.caller, send()).await.unwrap();
    assert_eq!(sent.window_ends_at, Some(test.app.clock().now().plus_s(7_200)), "each message sets it anew");
    leap(10_000);
    test.app.send(&test.caller, send()).await.expect("a turn is open, so it has not lapsed");
    test.app.keyed(None).stop_thread(&test.caller, thread).await.unwrap();
    leap(7_200);
    let expired = test.app.send(&test.caller, send()).await.unwrap_err();
    assert_eq!((expired.kind, expired.code), (Kind::Conflict, codes::THREAD_CLOSED));
    let knock = Send { when_closed: WhenClosed::Reopen, ..send() };
    test.app.send(&test.caller, knock).await.expect("other doors reopen it");
}

#[tokio::test]
async fn an_update_says_what_changed_and_only_that() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    let patch = ThreadPatch { title: Some(Some("Parcel".into())), ..ThreadPatch::default() };
    let changed = test.app.update_thread(&test.caller, thread, patch.clone()).await.unwrap();
    assert_eq!(changed.title.as_deref(), Some("Parcel"));
    test.app.update_thread(&test.caller, thread, patch).await.unwrap();
    assert_eq!(test.kinds(thread).await, ["thread.created", "thread.updated"]);
    let long = ThreadPatch { title: Some(Some("x".repeat(501))), ..ThreadPatch::default() };
    assert_eq!(test.app.update_thread(&test.caller, thread, long).await.unwrap_err().kind, Kind::Invalid);
}
