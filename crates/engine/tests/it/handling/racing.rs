//! Silence under races: whatever happens at once, no word of the agent follows a take.

use domain::{
    ThreadId,
    author::Author,
    codes,
    controls::Policy,
    event::{Entry, Event},
    message::Role,
    script::Reply as Scripted,
};
use engine::{
    app::handling::hand_back::{Answer, HandBack},
    testing::{Choices, TestApp},
};
use store::testing::Cluster;

use super::{ANN, BEN, reply, take, team, team_with};

/// Checks a log: between a take and the end of the hold there is no word and no turn of the agent. Each turn has one
/// end.
pub fn check(log: &[Entry], seed: u64) {
    let mut held = false;
    for (i, entry) in log.iter().enumerate() {
        let is_agents = entry.message.as_ref().is_some_and(|message| matches!(message.author, Author::Agent { .. }));
        let begins = matches!(entry.event, Event::TurnStarted { .. } | Event::StepStarted { .. });
        assert!(!(held && (is_agents || begins)), "seed {seed}, entry {i}: {entry:?}");
        match entry.event {
            Event::ThreadTaken { .. } => held = true,
            Event::ThreadHandedBack { .. } | Event::ThreadClosed { .. } => held = false,
            _ => {}
        }
    }
    let turn_of = |entry: &Entry| entry.turn.filter(|_| entry.event.ended().is_some());
    let mut ends: Vec<_> = log.iter().filter_map(turn_of).collect();
    let all = ends.len();
    ends.sort();
    ends.dedup();
    assert_eq!(ends.len(), all, "seed {seed}: a turn with two ends");
}

/// The next number of a fixed sequence.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

/// One act of somebody, chosen by `roll`. A refusal is an outcome too.
async fn act(test: &TestApp, thread: ThreadId, roll: u64) {
    let member = if roll.is_multiple_of(2) { ANN } else { BEN };
    match roll / 2 % 6 {
        0 | 1 => drop(test.say(thread, "What now?", Policy::Queue).await),
        2 => drop(take(test, thread, member).await),
        3 => drop(reply(test, thread, member, "I am here.").await),
        _ => {
            let back = HandBack { member: Some(member.into()), answer: Answer::Auto, ..HandBack::default() };
            drop(test.app.keyed(None).hand_back(&test.caller, thread, back).await);
        }
    }
}

async fn interleave(test: &TestApp, rounds: u64) {
    let pieces =
        Scripted { text: Some("one two three".into()), chunks: Some(3), delay_ms: Some(1), ..Scripted::default() };
    test.script(vec![pieces]).await;
    for seed in 0..rounds {
        let thread = test.thread().await.id;
        let mut state = seed + 1;
        for _ in 0..4 {
            let [a, b, c] = [(); 3].map(|()| next(&mut state));
            tokio::join!(act(test, thread, a), act(test, thread, b), act(test, thread, c));
        }
        test.settle(thread).await;
        check(&test.log(thread).await, seed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_word_of_the_agent_follows_a_take_in_a_thousand_interleavings() {
    interleave(&team().await, 1_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_word_of_the_agent_follows_a_take_on_postgres() {
    let database = Cluster::of_this_process().fresh_database().await;
    interleave(&team_with(Choices { database: Some(database), ..Choices::default() }).await, 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_races_with_a_take_is_answered_before_or_unanswered_after() {
    let test = team().await;
    for _ in 0..100 {
        let thread = test.thread().await.id;
        let (sent, taken) = tokio::join!(test.say(thread, "a", Policy::Queue), take(&test, thread, ANN));
        taken.unwrap();
        let found = test.settle(thread).await;
        let answers = |message: &domain::message::Message| message.role == Role::Agent && !message.body.interrupted;
        let answered = test.messages(thread).await.iter().any(answers);
        assert_ne!(answered, found.people.unanswered.is_some(), "{:?}", sent.turn);
        check(&test.log(thread).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_takes_at_once_one_holds_the_thread() {
    let test = team().await;
    for _ in 0..50 {
        let thread = test.thread().await.id;
        let (ann, ben) = tokio::join!(take(&test, thread, ANN), take(&test, thread, BEN));
        let refused = [ann.map(drop), ben.map(drop)];
        assert!(refused.contains(&Ok(())) && refused.contains(&Err(codes::HELD_BY_OTHER)), "{refused:?}");
    }
}
