//! Inactivity windows: the expiry of a thread, its log, and its reopening.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::{
    ThreadId,
    agent::Settings,
    controls::Policy,
    event::{Event, Item},
    message::Body,
    script::Reply,
    thread::ClosedBy,
};
use engine::{
    app::{
        messages::{Send, WhenClosed},
        threads::NewThread,
    },
    services,
    testing::{Choices, TestApp},
};

async fn with_clock() -> (TestApp, Arc<AtomicI64>) {
    let (clock, us) = TestApp::manual_clock();
    (TestApp::with(Choices { clock, ..Choices::default() }).await, us)
}

fn pass(us: &AtomicI64, seconds: i64) {
    us.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
}

async fn windowed(test: &TestApp) -> ThreadId {
    let new = NewThread { window: true, ..NewThread::default() };
    test.app.create_thread(&test.caller, new).await.unwrap().id
}

#[tokio::test]
async fn a_thread_in_which_nobody_speaks_is_closed_once_and_the_log_says_so() {
    let (test, us) = with_clock().await;
    let thread = windowed(&test).await;
    pass(&us, 7_199);
    assert_eq!(test.app.run_now::<services::Windows>().await.unwrap(), 0);
    pass(&us, 1);
    // The service may be equally fast.
    test.app.run_now::<services::Windows>().await.unwrap();
    test.until(thread, |item| matches!(item, Item::Entry(entry) if entry.event.kind() == "thread.closed")).await;
    pass(&us, 100_000);
    assert_eq!(test.app.run_now::<services::Windows>().await.unwrap(), 0);
    let log = test.log(thread).await;
    let [_, last] = &log[..] else { panic!("{log:?}") };
    let Event::ThreadClosed { closed } = &last.event else { panic!("{last:?}") };
    assert_eq!((closed.by, closed.reason.as_deref()), (ClosedBy::Expired, Some("ENDED")));
    let found = test.app.thread(&test.caller, thread).await.unwrap();
    assert_eq!(found.closed_at(test.app.clock().now()).as_ref(), Some(closed));
}

#[tokio::test]
async fn a_message_puts_the_end_off_and_so_does_an_open_turn() {
    let (test, us) = with_clock().await;
    let thread = windowed(&test).await;
    pass(&us, 7_199);
    test.script(vec![Reply { hang: true, ..Reply::default() }]).await;
    test.say(thread, "x", Policy::Queue).await;
    pass(&us, 100_000);
    assert_eq!(test.app.run_now::<services::Windows>().await.unwrap(), 0, "a turn is open");
    test.app.keyed(None).stop_thread(&test.caller, thread).await.unwrap();
    pass(&us, 7_199);
    assert_eq!(test.app.run_now::<services::Windows>().await.unwrap(), 0, "the turn's end has set the window anew");
    assert_eq!(test.app.thread(&test.caller, thread).await.unwrap().closed_at(test.app.clock().now()), None);
    pass(&us, 1);
    test.app.run_now::<services::Windows>().await.unwrap();
    test.until(thread, |item| matches!(item, Item::Entry(entry) if entry.event.kind() == "thread.closed")).await;
}

#[tokio::test]
async fn an_expired_thread_is_reopened_in_the_log_if_the_log_says_that_it_was_closed() {
    let (test, us) = with_clock().await;
    for is_told in [true, false] {
        let thread = windowed(&test).await;
        if is_told {
            pass(&us, 7_200);
            test.app.run_now::<services::Windows>().await.unwrap();
            test.until(thread, |item| matches!(item, Item::Entry(entry) if entry.event.kind() == "thread.closed"))
                .await;
        } else {
            let new = test.app.thread(&test.caller, thread).await.unwrap();
            assert_eq!(new.closed_at(new.created_at), None);
        }
        let body = Body::text("back");
        let send = Send { when_closed: WhenClosed::Reopen, respond: false, ..Send::new(thread, body, Policy::Queue) };
        test.app.send(&test.caller, send).await.unwrap();
        let expected = match is_told {
            true => &["thread.created", "thread.closed", "thread.reopened", "message.created"][..],
            false => &["thread.created", "message.created"],
        };
        assert_eq!(test.kinds(thread).await, expected);
        pass(&us, 7_200);
        test.app.run_now::<services::Windows>().await.unwrap();
        test.until(thread, |item| item.position().seq as usize > expected.len()).await;
        assert_eq!(test.kinds(thread).await.last(), Some(&"thread.closed"), "it lapses again");
    }
}

#[tokio::test]
async fn a_thread_that_a_person_closed_does_not_lapse_and_one_that_they_reopen_does() {
    let (test, us) = with_clock().await;
    let thread = windowed(&test).await;
    test.app.close_thread(&test.caller, thread, Some("FRAUD".into())).await.unwrap();
    pass(&us, 7_200);
    assert_eq!(test.app.run_now::<services::Windows>().await.unwrap(), 0);
    test.app.keyed(None).reopen_thread(&test.caller, thread).await.unwrap();
    pass(&us, 7_200);
    test.app.run_now::<services::Windows>().await.unwrap();
    test.until(thread, |item| item.position().seq == 4).await;
    assert_eq!(test.kinds(thread).await, ["thread.created", "thread.closed", "thread.reopened", "thread.closed"]);
}

#[tokio::test]
async fn a_message_that_reopens_what_a_person_closed_puts_the_look_back() {
    let (test, us) = with_clock().await;
    let thread = windowed(&test).await;
    test.app.close_thread(&test.caller, thread, None).await.unwrap();
    pass(&us, 7_200);
    // Removes the scheduled check, because a person has closed the thread.
    test.app.run_now::<services::Windows>().await.unwrap();
    for _ in 0..2 {
        let send = Send::new(thread, Body::text("back"), Policy::Queue);
        let send = Send { when_closed: WhenClosed::Reopen, respond: false, ..send };
        test.app.send(&test.caller, send).await.unwrap();
        pass(&us, 7_200);
        test.app.run_now::<services::Windows>().await.unwrap();
    }
    let again = ["thread.reopened", "message.created", "thread.closed"];
    let expected = [&["thread.created", "thread.closed"][..], &again, &again].concat();
    assert_eq!(test.kinds(thread).await, expected);
}

#[tokio::test]
async fn a_message_that_makes_the_window_shorter_brings_the_look_forward() {
    let (test, us) = with_clock().await;
    let thread = windowed(&test).await;
    for (window_s, due_s) in [(600, 600), (60, 60), (3_600, 3_600)] {
        test.default_agent(Settings { window_s: Some(window_s), ..Settings::default() }).await;
        let send = Send { window: true, respond: false, ..Send::new(thread, Body::text("x"), Policy::Queue) };
        let send = Send { when_closed: WhenClosed::Reopen, ..send };
        test.app.send(&test.caller, send).await.unwrap();
        pass(&us, due_s - 1);
        test.app.run_now::<services::Windows>().await.unwrap();
        assert_eq!(test.kinds(thread).await.last(), Some(&"message.created"), "{window_s} s are not over");
        pass(&us, 1);
        test.app.run_now::<services::Windows>().await.unwrap();
        assert_eq!(test.kinds(thread).await.last(), Some(&"thread.closed"), "{window_s} s are over");
    }
}

#[tokio::test]
async fn windows_that_ended_while_nobody_ran_are_found_by_the_next_start() {
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { clock: clock.clone(), ..Choices::default() }).await;
    let thread = windowed(&test).await;
    let folder = test.stop().await;
    pass(&us, 7_200);
    let test = TestApp::with(Choices { clock, folder: Some(folder), ..Choices::default() }).await;
    test.until(thread, |item| matches!(item, Item::Entry(entry) if entry.event.kind() == "thread.closed")).await;
}
