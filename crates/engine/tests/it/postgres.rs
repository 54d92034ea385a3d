//! The engine on PostgreSQL: the same rules and statements, with transactions that run in parallel.

use std::sync::Arc;

use domain::{
    Limits, ThreadId,
    controls::Policy,
    event::{Event, Item},
    message::Body,
    script::{Reply, ScriptedCall},
};
use engine::{
    Origin, OriginKind,
    app::{
        messages::Send,
        people::{customers::Filter, end_users::EndUser},
    },
    testing::{Choices, TestApp},
};
use futures_util::future::join_all;
use store::testing::Cluster;

async fn start() -> TestApp {
    let database = Some(Cluster::of_this_process().fresh_database().await);
    TestApp::with(Choices { database, ..Choices::default() }).await
}

/// The invariants of every log, after any race.
async fn check_log(test: &TestApp, thread: ThreadId) {
    let log = test.log(thread).await;
    let seqs: Vec<i64> = log.iter().map(|e| e.seq).collect();
    assert_eq!(seqs, (1..=log.len() as i64).collect::<Vec<_>>(), "gapless");
    assert!(log.windows(2).all(|w| w[0].at < w[1].at), "times grow");
    for (_, turn) in test.app.list_turns(&test.caller, thread, None, 1_000).await.unwrap() {
        let ends = log.iter().filter(|e| e.turn == Some(turn.id) && e.event.ended().is_some()).count();
        assert_eq!(ends, 1, "turn {} in state {:?}", turn.id, turn.state);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_message_is_answered_and_a_key_counts_once() {
    let test = Arc::new(start().await);
    let thread = test.thread().await.id;
    let sends: Vec<_> = (0..20)
        .map(|_| {
            let test = test.clone();
            tokio::spawn(async move {
                let origin = Origin::new(OriginKind::External, "", "<a@b>", [1; 32]);
                let send = Send { origin: Some(origin), ..Send::new(thread, Body::text("once"), Policy::Queue) };
                test.app.send(&test.caller, send).await.unwrap().message.id
            })
        })
        .collect();
    let mut ids = Vec::new();
    for send in sends {
        ids.push(send.await.unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    test.settle(thread).await;
    assert_eq!(test.messages(thread).await.len(), 2);
    check_log(&test, thread).await;
}

/// A page in several tabs asks for a token in each of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tokens_that_are_asked_for_at_once_are_one_customers() {
    let test = Arc::new(start().await);
    let user = |external_id: Option<&str>, emails: &[&str]| EndUser {
        external_id: external_id.map(str::to_owned),
        emails: emails.iter().map(|&email| email.to_owned()).collect(),
        ..EndUser::default()
    };
    let named = |round, i: usize| match i % 3 {
        0 => user(Some(&format!("c{round}")), &[&format!("a{round}@example.com"), &format!("b{round}@example.com")]),
        1 => user(Some(&format!("c{round}")), &[&format!("a{round}-{i}@example.com")]),
        _ => user(Some(&format!("c{round}")), &[]),
    };
    let unnamed = |round, _: usize| user(None, &[&format!("b{round}@example.org"), &format!("a{round}@example.org")]);
    for round in 0..5 {
        for asked in [&named as &dyn Fn(i32, usize) -> EndUser, &unnamed] {
            let asking = (0..20).map(|i| {
                let (test, user) = (test.clone(), asked(round, i));
                tokio::spawn(async move { test.app.keyed(None).let_in_end_user(&test.caller, user).await })
            });
            for token in join_all(asking).await {
                token.unwrap().expect("a token");
            }
        }
        let customers = test.app.list_customers(&test.caller, Filter::default(), None, 100).await.unwrap();
        assert_eq!(customers.len() as i32, 2 * (round + 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn steering_interrupting_and_cancelling_race_with_deltas_and_nothing_deadlocks() {
    let test = Arc::new(start().await);
    let call = ScriptedCall { id: None, name: "missing".into(), arguments: domain::Kept::null() };
    let stream =
        Reply { text: Some("one two three four five".into()), chunks: Some(5), delay_ms: Some(8), ..Reply::default() };
    test.script(vec![Reply { tool_calls: vec![call], ..stream.clone() }, stream]).await;
    let mut threads = Vec::new();
    for _ in 0..4 {
        threads.push(test.thread().await.id);
    }
    let policies = [Policy::Steer, Policy::Queue, Policy::Interrupt, Policy::Batch, Policy::Steer];
    let racing: Vec<_> = (0..40)
        .map(|i| {
            let (test, thread, policy) = (test.clone(), threads[i % threads.len()], policies[i % policies.len()]);
            tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis((i as u64 * 7) % 120)).await;
                test.say(thread, &format!("message {i}"), policy).await;
                if i % 9 == 0 {
                    test.app
                        .keyed(None)
                        .stop_thread(&test.caller, thread)
                        .await
                        .expect("a stop that takes no deadlock");
                }
            })
        })
        .collect();
    for task in racing {
        task.await.unwrap();
    }
    for thread in threads {
        test.settle(thread).await;
        check_log(&test, thread).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_takeover_lets_no_delta_of_the_dead_attempt_commit_behind_it() {
    let (clock, us) = TestApp::manual_clock();
    let database = Some(Cluster::of_this_process().fresh_database().await);
    let limits = Limits { lease_s: 60, delta_ms: 1, requests_per_s: 0, ..Limits::default() };
    let test = TestApp::with(Choices { clock, limits, database, ..Choices::default() }).await;
    let talk = Reply { text: Some("x ".repeat(200)), chunks: Some(200), delay_ms: Some(12), ..Reply::default() };
    test.script(vec![talk]).await;
    let thread = test.thread().await.id;
    let turn = test.say(thread, "talk", Policy::Queue).await.turn.unwrap().0;
    for attempt in 2..5 {
        test.until(thread, |i| matches!(i, Item::Delta(_))).await;
        test.forget(turn);
        us.fetch_add(100_000_000, std::sync::atomic::Ordering::SeqCst);
        let taken = |i: &Item| matches!(i, Item::Entry(e) if matches!(e.event, Event::TurnAttempt { attempt: a, .. } if a == attempt));
        test.until(thread, taken).await;
        let shown = test.app.unfinished(&test.caller, thread).await.unwrap();
        assert!(shown.iter().all(|delta| delta.attempt >= attempt), "a dead attempt's delta is still shown");
    }
    test.settle(thread).await;
    check_log(&test, thread).await;
}
