//! Routes that fail again and again, and bounds of providers.

use std::sync::atomic::Ordering;

use domain::{
    Caller, Limits, ThreadId, TurnId,
    controls::Policy,
    event::{Ended, Event},
    message::Body,
};
use engine::{
    app::{messages::Send, threads::NewThread},
    services,
    testing::{Choices, TestApp},
};
use providers::{
    Bounds, Models, RouteSettings,
    testing::played::{Peer, Plays, models, route},
};

const BUSY: Plays = Plays::Refuses(503, "", r#"{"error":{"message":"try later"}}"#);

/// An engine that opens a breaker after so many failures, for so many seconds, and tries each call so often.
async fn app(models: Models, (failures, pause_s, tries): (u64, u64, u64)) -> TestApp {
    let (breaker_failures, breaker_pause_s, model_tries) = (failures, pause_s, tries);
    let limits = Limits { breaker_failures, breaker_pause_s, model_tries, ..Choices::default().limits };
    TestApp::with(Choices { models, limits, ..Choices::default() }).await
}

/// A default route to the first peer, with the second one as its fallback.
fn two(first: &Peer, second: &Peer) -> Models {
    let fallback = RouteSettings { fallback: vec!["gpt-5.4".into()], ..route("first", "own") };
    let providers = vec![first.provider("first"), second.provider("second")];
    models(providers, [("default", fallback), ("gpt-5.4", route("second", "gpt-5.4"))])
}

/// A new thread in which the caller has said something, and its turn.
async fn begin(test: &TestApp, caller: &Caller) -> (ThreadId, TurnId) {
    let thread = test.app.create_thread(caller, NewThread::default()).await.unwrap().id;
    let sent = test.app.send(caller, Send::new(thread, Body::text("hello"), Policy::Queue)).await.unwrap();
    (thread, sent.turn.unwrap().0)
}

/// The end of a new turn, and the public name of the model that answered.
async fn ask(test: &TestApp, caller: &Caller) -> (Ended, Option<String>) {
    let (thread, _) = begin(test, caller).await;
    loop {
        let log = test.app.list_events(caller, thread, 0, 1000).await.unwrap().rows;
        if let Some(ended) = log.iter().find_map(|entry| entry.event.ended().cloned()) {
            let answer = log.iter().rev().find_map(|entry| entry.message.as_ref()?.body.model.clone());
            return (ended, answer);
        }
        tokio::task::yield_now().await;
    }
}

async fn asked(peer: &Peer, count: usize) {
    while peer.asked().len() < count {
        tokio::task::yield_now().await;
    }
    assert_eq!(peer.asked().len(), count);
}

#[tokio::test]
async fn a_route_that_fails_again_and_again_is_skipped_until_one_call_has_tried_it() {
    let first = Peer::start([BUSY, BUSY, Plays::Hangs(""), Plays::Says("Back.")]).await;
    let second = Peer::start([Plays::Says("Hi.")]).await;
    let test = app(two(&first, &second), (2, 1, 1)).await;
    let by_fallback = Some("gpt-5.4".to_owned());
    for failures in [1, 2, 2] {
        assert_eq!(ask(&test, &test.caller).await.1, by_fallback);
        assert_eq!(first.asked().len(), failures, "the third turn does not ask it");
    }
    let (other, _) = test.other_project().await;
    // Another project's turns ask it: they have had no failure.
    let (hanging, _) = begin(&test, &other).await;
    asked(&first, 3).await;
    test.app.keyed(None).stop_thread(&other, hanging).await.unwrap();
    // The turns go to the fallback until the pause is over.
    while ask(&test, &test.caller).await.1 == by_fallback {}
    assert_eq!(first.asked().len(), 4);
    assert_eq!(ask(&test, &test.caller).await.1.as_deref(), Some("default"), "it works again");
}

#[tokio::test]
async fn one_call_at_a_time_tries_a_route_again() {
    let first = Peer::start([BUSY, Plays::Hangs("")]).await;
    let second = Peer::start([Plays::Says("Hi.")]).await;
    let test = app(two(&first, &second), (1, 1, 1)).await;
    ask(&test, &test.caller).await;
    let mut last = begin(&test, &test.caller).await;
    while first.asked().len() < 2 {
        if !test.app.thread(&test.caller, last.0).await.unwrap().run.is_open() {
            last = begin(&test, &test.caller).await;
        }
        tokio::task::yield_now().await;
    }
    for _ in 0..3 {
        assert_eq!(ask(&test, &test.caller).await.1.as_deref(), Some("gpt-5.4"));
    }
    assert_eq!(first.asked().len(), 2);
    // A probe that ends without a result leaves the route to the next one.
    test.app.keyed(None).stop_thread(&test.caller, last.0).await.unwrap();
    let (next, _) = begin(&test, &test.caller).await;
    asked(&first, 3).await;
    test.app.keyed(None).stop_thread(&test.caller, next).await.unwrap();
}

#[tokio::test]
async fn without_a_fallback_a_turn_waits_for_the_next_try_or_fails_at_once() {
    let peer = Peer::start([BUSY, Plays::Says("Hi.")]).await;
    let test = app(models(vec![peer.provider("far")], [("default", route("far", "own"))]), (1, 1, 3)).await;
    let thread = test.thread().await.id;
    test.say(thread, "hello", Policy::Queue).await;
    test.settle(thread).await;
    let log = test.log(thread).await;
    let record = log.iter().find_map(|entry| match &entry.event {
        Event::MessageCompleted { record } => record.clone(),
        _ => None,
    });
    assert_eq!((record.expect("an answer").failed_tries, peer.asked().len()), (1, 2));

    let peer = Peer::start([BUSY]).await;
    let test = app(models(vec![peer.provider("far")], [("default", route("far", "own"))]), (1, 3_600, 1)).await;
    for _ in 0..2 {
        assert_eq!(ask(&test, &test.caller).await.0.code.as_deref(), Some("unavailable"));
    }
    assert_eq!(peer.asked().len(), 1);
}

fn bounded(peer: &Peer, bounds: Bounds) -> Models {
    models(vec![peer.provider("far").bounded(bounds)], [("default", route("far", "own"))])
}

/// Waits until no worker has a turn.
async fn released(test: &TestApp, workers: u64) {
    while test.workers().used() > workers {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_turn_waits_for_a_place_at_its_provider_without_a_worker() {
    let peer = Peer::start([Plays::Hangs(""), Plays::Says("Hi.")]).await;
    let (clock, now) = TestApp::manual_clock();
    let models = bounded(&peer, Bounds { at_once: Some(1), ..Bounds::default() });
    let test = TestApp::with(Choices { models, clock, ..Choices::default() }).await;
    let (first, _) = begin(&test, &test.caller).await;
    asked(&peer, 1).await;
    let (second, turn) = begin(&test, &test.caller).await;
    let due_at = async || {
        released(&test, 1).await;
        test.app.turn(&test.caller, second, turn).await.unwrap().due_at.unwrap()
    };
    // The turn looks by itself too, without an entry each time.
    for _ in 0..2 {
        let due = due_at().await;
        now.store(due.0, Ordering::SeqCst);
        while due_at().await == due {
            test.app.run_now::<services::Turns>().await.unwrap();
        }
    }
    assert_eq!(peer.asked().len(), 1);
    // From here on the clock stands still, so only the place wakes the turn.
    test.app.keyed(None).stop_thread(&test.caller, first).await.unwrap();
    test.settle(second).await;
    assert_eq!((peer.asked().len(), test.messages(second).await.len()), (2, 2));
    let kinds = test.kinds(second).await;
    let expected =
        ["thread.created", "message.created", "turn.started", "step.started", "message.completed", "turn.completed"];
    assert_eq!(kinds, expected);
    assert_eq!(test.app.turn(&test.caller, second, turn).await.unwrap().attempt, 1);
}

#[tokio::test]
async fn a_turn_that_ends_while_it_waits_for_a_place_takes_none() {
    let peer = Peer::start([Plays::Hangs(""), Plays::Says("Hi.")]).await;
    let (clock, _) = TestApp::manual_clock();
    let models = bounded(&peer, Bounds { at_once: Some(1), ..Bounds::default() });
    let test = TestApp::with(Choices { models, clock, ..Choices::default() }).await;
    let (first, _) = begin(&test, &test.caller).await;
    asked(&peer, 1).await;
    let (second, _) = begin(&test, &test.caller).await;
    released(&test, 1).await;
    let (third, _) = begin(&test, &test.caller).await;
    released(&test, 1).await;
    for thread in [second, first] {
        test.app.keyed(None).stop_thread(&test.caller, thread).await.unwrap();
    }
    test.settle(third).await;
    assert_eq!((peer.asked().len(), test.messages(second).await.len()), (2, 1));
}

#[tokio::test]
async fn a_project_leaves_a_place_at_the_provider_to_others() {
    let peer = Peer::start([Plays::Hangs("")]).await;
    let test = app(bounded(&peer, Bounds { at_once: Some(4), ..Bounds::default() }), (5, 20, 3)).await;
    for _ in 0..5 {
        begin(&test, &test.caller).await;
    }
    asked(&peer, 3).await;
    released(&test, 3).await;
    let (other, _) = test.other_project().await;
    begin(&test, &other).await;
    asked(&peer, 4).await;
}

#[tokio::test]
async fn a_provider_takes_so_many_calls_in_a_minute() {
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let test = app(bounded(&peer, Bounds { in_a_minute: Some(1), ..Bounds::default() }), (5, 20, 3)).await;
    ask(&test, &test.caller).await;
    let (waiting, _) = begin(&test, &test.caller).await;
    released(&test, 0).await;
    assert!(test.app.thread(&test.caller, waiting).await.unwrap().run.is_open());
    assert_eq!(peer.asked().len(), 1);
    test.app.keyed(None).stop_thread(&test.caller, waiting).await.unwrap();
}

#[tokio::test]
async fn a_turn_that_waits_for_the_minute_holds_no_place_of_those_at_once() {
    let says = || Plays::Says("Hi.");
    let peer = Peer::start([says(), says(), says(), says(), says(), says(), Plays::Hangs("")]).await;
    // A project may have three of four places at once, and six of eight in a minute.
    let bounds = Bounds { at_once: Some(4), in_a_minute: Some(8) };
    let (clock, _) = TestApp::manual_clock();
    let test = TestApp::with(Choices { models: bounded(&peer, bounds), clock, ..Choices::default() }).await;
    for _ in 0..6 {
        ask(&test, &test.caller).await;
    }
    for _ in 0..3 {
        begin(&test, &test.caller).await;
    }
    released(&test, 0).await;
    let (other, _) = test.other_project().await;
    for _ in 0..2 {
        begin(&test, &other).await;
    }
    asked(&peer, 8).await;
}
