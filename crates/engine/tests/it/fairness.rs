//! Workers are shared: no project delays another.

use std::sync::atomic::Ordering;

use domain::{
    Caller, Limits, ThreadId,
    agent::{Guests, Settings},
    controls::Policy,
    event::Event,
    fault::Fault,
    message::Body,
    script::Reply,
    shares::Party,
    turn::State,
};
use engine::{
    app::{
        agents::NewAgent,
        messages::{Send, Sent},
        threads::NewThread,
    },
    services,
    testing::{Choices, TestApp},
};

fn hang() -> Vec<Reply> {
    vec![Reply { hang: true, ..Reply::default() }]
}

async fn with(turns: usize) -> TestApp {
    TestApp::with(Choices { turns, ..Choices::default() }).await
}

fn party(caller: &Caller) -> Party {
    Party::Project(caller.project)
}

/// A message in a thread of its own.
async fn say(test: &TestApp, caller: &Caller) -> Sent {
    let thread = test.app.create_thread(caller, NewThread::default()).await.unwrap().id;
    say_in(test, caller, thread).await
}

async fn say_in(test: &TestApp, caller: &Caller, thread: ThreadId) -> Sent {
    test.app.send(caller, Send::new(thread, Body::text("hello"), Policy::Queue)).await.unwrap()
}

fn state(sent: &Sent) -> State {
    sent.turn.unwrap().1
}

async fn until(is: impl Fn() -> bool) {
    while !is() {
        tokio::task::yield_now().await;
    }
}

/// Waits until the message's turn has ended.
async fn answered(test: &TestApp, caller: &Caller, sent: &Sent) {
    let (thread, turn) = (sent.message.thread, sent.turn.unwrap().0);
    let longest = std::time::Duration::from_secs(60);
    let outcome = test.app.outcome(caller, thread, turn, sent.message.seq, longest).await.unwrap();
    assert!(outcome.is_some_and(|outcome| matches!(outcome.end.event, Event::TurnCompleted(_))));
}

async fn hanging_agent(test: &TestApp, caller: &Caller) {
    let agent = test.app.agent_by_name(caller, "default").await.unwrap();
    let settings = Settings { model: Some("scripted".into()), script: hang(), ..Settings::default() };
    test.app.update_agent(caller, agent.id, move |draft| draft.settings = settings).await.unwrap();
}

#[tokio::test]
async fn a_project_whose_agent_hangs_leaves_the_last_quarter_to_others() {
    let test = with(64).await;
    test.script(hang()).await;
    for _ in 0..200 {
        say(&test, &test.caller).await;
    }
    assert_eq!(test.workers().held_by(party(&test.caller)), 48);
    let (other, _) = test.other_project().await;
    for _ in 0..16 {
        let sent = say(&test, &other).await;
        assert_eq!(state(&sent), State::Running, "it waits for no place");
        answered(&test, &other, &sent).await;
    }
}

#[tokio::test]
async fn a_newcomer_to_a_full_pool_waits_for_one_place() {
    let test = with(4).await;
    test.script(hang()).await;
    let mut greedy = Vec::new();
    for _ in 0..50 {
        greedy.push(say(&test, &test.caller).await);
    }
    let (second, _) = test.other_project().await;
    hanging_agent(&test, &second).await;
    say(&test, &second).await;
    assert_eq!((test.workers().used(), test.workers().held_by(party(&test.caller))), (4, 3));
    let (newcomer, _) = test.other_project().await;
    let sent = say(&test, &newcomer).await;
    assert_eq!(state(&sent), State::Queued);
    until(|| test.workers().waiting_of(party(&newcomer)) == 1).await;
    until(|| test.workers().waiting_of(party(&test.caller)) > 0).await;
    test.app.keyed(None).stop_thread(&test.caller, greedy[0].message.thread).await.unwrap();
    answered(&test, &newcomer, &sent).await;
}

#[tokio::test]
async fn a_backlog_hides_no_other_projects_turns() {
    let test = with(0).await;
    test.script(hang()).await;
    for _ in 0..300 {
        say(&test, &test.caller).await;
    }
    let (other, _) = test.other_project().await;
    let sent = say(&test, &other).await;
    let folder = test.stop().await;
    let test = TestApp::with(Choices { turns: 4, folder: Some(folder), ..Choices::default() }).await;
    answered(&test, &other, &sent).await;
    until(|| test.workers().held_by(party(&test.caller)) == 3).await;
}

#[tokio::test]
async fn a_backlog_is_worked_off_whole() {
    let test = with(0).await;
    let mut sent = Vec::new();
    for _ in 0..100 {
        sent.push(say(&test, &test.caller).await);
    }
    let folder = test.stop().await;
    let test = TestApp::with(Choices { turns: 4, folder: Some(folder), ..Choices::default() }).await;
    for sent in &sent {
        answered(&test, &test.caller, sent).await;
    }
}

#[tokio::test]
async fn an_agent_with_guests_leaves_room_for_its_own_project() {
    let test = with(64).await;
    let silent = |guests| Settings { model: Some("scripted".into()), script: hang(), guests, ..Settings::default() };
    test.default_agent(silent(Some(Guests::default()))).await;
    for _ in 0..100 {
        say(&test, &test.caller).await;
    }
    let mine = party(&test.caller);
    assert_eq!(test.workers().held_by(mine), 36, "three quarters of what the project may have");
    let new = NewAgent { id: None, name: "own".into(), settings: silent(None) };
    let agent = Some(test.app.create_agent(&test.caller, new, None).await.unwrap().id);
    for count in 37..=48 {
        let new = NewThread { agent, ..NewThread::default() };
        let thread = test.app.create_thread(&test.caller, new).await.unwrap().id;
        assert_eq!(state(&say_in(&test, &test.caller, thread).await), State::Running);
        assert_eq!(test.workers().held_by(mine), count);
    }
}

#[tokio::test]
async fn a_silent_model_makes_its_place_slow_until_it_speaks() {
    let limits = Limits { slow_after_s: 0, ..Choices::default().limits };
    let test = TestApp::with(Choices { limits, ..Choices::default() }).await;
    test.script(hang()).await;
    let mine = party(&test.caller);
    // Of 64 places, one project's share is 32, and it may borrow 16. Its slow places fill the share and half of that.
    for count in 1..=40 {
        say(&test, &test.caller).await;
        until(|| test.workers().slow_of(mine) == count).await;
    }
    assert_eq!(state(&say(&test, &test.caller).await), State::Queued);
    assert_eq!(test.workers().held_by(mine), 40);
}

#[tokio::test]
async fn a_model_that_speaks_again_is_not_slow() {
    let limits = Limits { slow_after_s: 0, ..Choices::default().limits };
    let test = TestApp::with(Choices { limits, ..Choices::default() }).await;
    let silent = Reply { hang: true, text: Some("a word".into()), chunks: Some(6), ..Reply::default() };
    let talks = Reply { delay_ms: Some(100), chunks: Some(5), text: Some("words".into()), ..Reply::default() };
    test.script(vec![talks]).await;
    let sent = say(&test, &test.caller).await;
    until(|| test.workers().slow_of(party(&test.caller)) == 1).await;
    until(|| test.workers().slow_of(party(&test.caller)) == 0).await;
    answered(&test, &test.caller, &sent).await;
    test.script(vec![silent]).await;
    say(&test, &test.caller).await;
    until(|| test.workers().slow_of(party(&test.caller)) == 1).await;
}

#[tokio::test]
async fn a_worker_goes_to_another_project_before_the_threads_next_turn() {
    let test = with(1).await;
    test.script(vec![Reply { delay_ms: Some(1_000), text: Some("x".into()), ..Reply::default() }]).await;
    let first = say(&test, &test.caller).await;
    let second = say_in(&test, &test.caller, first.message.thread).await;
    let (other, _) = test.other_project().await;
    let theirs = say(&test, &other).await;
    until(|| test.workers().waiting_of(party(&other)) == 1).await;
    answered(&test, &test.caller, &second).await;
    let started = async |caller: &Caller, sent: &Sent| {
        let turn = test.app.turn(caller, sent.message.thread, sent.turn.unwrap().0).await.unwrap();
        turn.started_at.unwrap()
    };
    assert!(started(&other, &theirs).await < started(&test.caller, &second).await);
}

#[tokio::test]
async fn a_cancel_frees_the_worker_of_a_silent_model() {
    let test = with(1).await;
    test.script(hang()).await;
    let silent = say(&test, &test.caller).await;
    let (other, _) = test.other_project().await;
    let sent = say(&test, &other).await;
    assert_eq!(state(&sent), State::Queued);
    assert_eq!((test.workers().used(), test.workers().held_by(party(&test.caller))), (1, 1));
    test.app.keyed(None).cancel_turn(&test.caller, silent.message.thread, silent.turn.unwrap().0).await.unwrap();
    answered(&test, &other, &sent).await;
    until(|| test.workers().used() == 0).await;
}

#[tokio::test]
async fn a_pause_that_a_model_asks_for_is_spent_without_a_worker() {
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { turns: 1, clock, ..Choices::default() }).await;
    let busy = Reply { error: Some(Fault::RateLimited), retry_after_s: Some(20), ..Reply::default() };
    let said = Reply { text: Some("at last".into()), ..Reply::default() };
    test.script(vec![busy.clone(), said]).await;
    let sent = say(&test, &test.caller).await;
    until(|| test.workers().used() == 0).await;
    let thread = sent.message.thread;
    let turn = async || test.app.turn(&test.caller, thread, sent.turn.unwrap().0).await.unwrap();
    let paused = turn().await;
    assert_eq!((paused.state, paused.worker), (State::Running, None));
    let (other, _) = test.other_project().await;
    let theirs = say(&test, &other).await;
    answered(&test, &other, &theirs).await;
    us.fetch_add(19_000_000, Ordering::SeqCst);
    test.app.run_now::<services::Turns>().await.unwrap();
    assert_eq!(turn().await.attempt, 1, "not before its time");
    us.fetch_add(2_000_000, Ordering::SeqCst);
    answered(&test, &test.caller, &sent).await;
    assert_eq!(test.messages(thread).await.last().unwrap().body.plain_text(), "at last");

    // Its tries are counted all the same.
    test.script(vec![busy]).await;
    let sent = say(&test, &test.caller).await;
    let thread = sent.message.thread;
    for tries in 1..=2 {
        let let_go = async || {
            let turn = test.app.turn(&test.caller, thread, sent.turn.unwrap().0).await.unwrap();
            (turn.worker, turn.attempt) == (None, tries)
        };
        while !let_go().await {
            tokio::task::yield_now().await;
        }
        us.fetch_add(21_000_000, Ordering::SeqCst);
    }
    test.settle(thread).await;
    let failed = test.log(thread).await.into_iter().find_map(|entry| match entry.event {
        Event::TurnFailed(ended) => ended.code,
        _ => None,
    });
    assert_eq!(failed.as_deref(), Some("rate_limited"));
}
