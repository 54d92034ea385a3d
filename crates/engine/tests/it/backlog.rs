//! Turns that wait behind one another.

use std::{sync::atomic::Ordering, time::Duration};

use domain::{
    Limits,
    agent::{Settings, Tool, ToolKind},
    controls::Policy,
    script::{Reply, ScriptedCall},
    turn::State,
};
use engine::testing::{Choices, TestApp};
use tokio::time::timeout;

#[tokio::test]
async fn a_turn_reads_its_own_message_however_much_was_said_since() {
    let limits = Limits { transcript: 4, requests_per_s: 0, ..Limits::default() };
    let test = TestApp::with(Choices { turns: 1, limits, ..Choices::default() }).await;
    test.script(vec![Reply { hang: true, ..Reply::default() }]).await;
    let (busy, thread) = (test.thread().await.id, test.thread().await.id);
    test.say(busy, "keep the only worker", Policy::Queue).await;
    let call = ScriptedCall { id: None, name: "t".into(), arguments: domain::Kept::null() };
    let calls = Reply { tool_calls: vec![call], ..Reply::default() };
    let echo = Reply { echo: true, ..Reply::default() };
    let (name, kind) = ("t", ToolKind::Scripted);
    let tools = vec![Tool { repeat_safe: true, ..Tool::new(name, kind) }];
    let model = Some("scripted".into());
    test.default_agent(Settings { model, script: vec![calls, echo], tools, ..Settings::default() }).await;
    for text in ["first", "second", "third"] {
        test.say(thread, text, Policy::Queue).await;
    }
    test.app.keyed(None).stop_thread(&test.caller, busy).await.unwrap();
    test.settle(thread).await;
    let said: Vec<String> = test.messages(thread).await.iter().map(|m| m.body.plain_text()).collect();
    assert!(said.last().is_some_and(|answer| answer.contains("third")), "{said:?}");
}

#[tokio::test]
async fn pages_of_turns_hold_each_turn_once_after_an_interruption() {
    let test = TestApp::with(Choices { turns: 0, ..Choices::default() }).await;
    let thread = test.thread().await.id;
    let mut made = Vec::new();
    for policy in [Policy::Queue, Policy::Queue, Policy::Interrupt, Policy::Interrupt, Policy::Queue] {
        made.push(test.say(thread, "x", policy).await.turn.unwrap().0);
    }
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = test.app.list_turns(&test.caller, thread, before, 1).await.unwrap();
        let Some((began, turn)) = page.into_iter().next() else { break };
        before = Some(began);
        seen.push(turn);
    }
    seen.reverse();
    assert_eq!(seen.iter().map(|t| t.id).collect::<Vec<_>>(), made, "as they were made");
    seen.sort_by_key(|t| t.place);
    let running: Vec<_> = seen.iter().map(|t| t.id).collect();
    assert_eq!(running, [3, 2, 0, 1, 4].map(|i: usize| made[i]), "as they will run");
}

#[tokio::test]
async fn pages_of_turns_hold_a_turn_that_was_interrupted() {
    let test = TestApp::start().await;
    test.script(vec![Reply { hang: true, ..Reply::default() }]).await;
    let thread = test.thread().await.id;
    for policy in [Policy::Queue, Policy::Queue, Policy::Interrupt] {
        test.say(thread, "x", policy).await;
    }
    let turns = test.app.list_turns(&test.caller, thread, None, 10).await.unwrap();
    let mut places: Vec<(i64, State)> = turns.iter().map(|(_, t)| (t.place, t.state)).collect();
    places.sort_by_key(|(place, _)| *place);
    assert!(places.windows(2).all(|w| w[0].0 < w[1].0), "each turn has a place of its own: {places:?}");
    let states: Vec<State> = places.iter().map(|(_, state)| *state).collect();
    assert_eq!(states, [State::Cancelled, State::Running, State::Queued]);
}

const HOUR_US: i64 = 3_600_000_000;

#[tokio::test]
async fn a_turn_waits_for_no_clock_that_was_set_back_while_the_server_was_down() {
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { turns: 0, clock: clock.clone(), ..Choices::default() }).await;
    let thread = test.thread().await.id;
    test.say(thread, "hello", Policy::Queue).await;
    let folder = test.stop().await;
    us.fetch_sub(HOUR_US, Ordering::SeqCst);
    let again = TestApp::with(Choices { clock, folder: Some(folder), ..Choices::default() }).await;
    timeout(Duration::from_secs(30), again.settle(thread)).await.expect("it is answered");
}

#[tokio::test]
async fn a_turn_waits_for_no_clock_that_is_set_back() {
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { turns: 1, clock, ..Choices::default() }).await;
    test.script(vec![Reply { hang: true, ..Reply::default() }]).await;
    let (busy, thread) = (test.thread().await.id, test.thread().await.id);
    test.say(busy, "keep the only worker", Policy::Queue).await;
    test.default_agent(Settings::default()).await;
    test.say(thread, "hello", Policy::Queue).await;
    us.fetch_sub(HOUR_US, Ordering::SeqCst);
    test.app.keyed(None).stop_thread(&test.caller, busy).await.unwrap();
    timeout(Duration::from_secs(30), test.settle(thread)).await.expect("it is answered");
}
