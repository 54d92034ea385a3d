//! The hold of a program: it ends by itself, another program continues, and nothing of the lost one counts.

use std::sync::atomic::Ordering;

use domain::{
    Limits, Result,
    agent::Settings,
    codes,
    controls::Policy,
    event::{DeltaKind, Event},
    turn::State,
};
use engine::{
    app::external::{Act, Piece, Replied},
    services::External,
    testing::{Choices, TestApp},
};

use super::program::{Held, Program, calling, code, ended, held, key, kinds, said, settings};

pub async fn deltas(turn: &mut Held<'_>, pieces: &[(&str, &str)]) -> Result<Replied> {
    let piece = |(kind, text): &(&str, &str)| Piece { kind: DeltaKind::parse(kind).unwrap(), text: (*text).into() };
    turn.next(Act::Deltas(pieces.iter().map(piece).collect())).await
}

/// A clock that the test moves, by seconds.
fn manual() -> (Choices, impl Fn(i64)) {
    let (clock, us) = TestApp::manual_clock();
    let pass = move |s: i64| {
        us.fetch_add(s * 1_000_000, Ordering::SeqCst);
    };
    (Choices { clock, ..Choices::default() }, pass)
}

#[tokio::test]
async fn a_lost_programs_turn_is_claimed_again_and_its_late_calls_are_refused() {
    let (choices, pass) = manual();
    let program = Program::with(choices).await;
    let thread = program.asked().await;
    let mut lost = program.claim_one().await;
    deltas(&mut lost, &[("text", "I wi")]).await.unwrap();
    pass(29);
    lost.beat().await.unwrap();
    pass(29);
    program.test.app.run_now::<External>().await.unwrap();
    assert!(program.claim_now().await.is_empty(), "a call renews the hold");
    pass(2);
    program.test.app.run_now::<External>().await.unwrap();
    let mut turn = program.claim_one().await;
    assert_eq!((turn.turn, turn.attempt, turn.transcript()), (lost.turn, 2, vec!["hello".to_owned()]));
    for act in [Act::Heartbeat, Act::Messages(said("late")), Act::Complete(said("late")), Act::Release] {
        assert_eq!(code(lost.next(act).await), codes::ATTEMPT_OVER);
    }
    assert_eq!(code(lost.again(1, Act::Heartbeat, None).await), codes::ATTEMPT_OVER);
    turn.next(Act::Complete(said("one"))).await.unwrap();
    let log = program.test.log(thread).await;
    let attempt = log.iter().find_map(|entry| match entry.event {
        Event::TurnAttempt { attempt, dropped_chars, .. } => Some((attempt, dropped_chars)),
        _ => None,
    });
    assert_eq!(attempt, Some((2, 4)), "readers are told that what they saw is void");
    assert_eq!(program.test.messages(thread).await.len(), 2);
}

#[tokio::test]
async fn a_program_that_was_only_slow_goes_on_if_nobody_has_claimed_its_turn() {
    let (choices, pass) = manual();
    let program = Program::with(choices).await;
    program.asked().await;
    let mut turn = program.claim_one().await;
    pass(31);
    program.test.app.run_now::<External>().await.unwrap();
    assert_eq!(turn.next(Act::Messages(said("one"))).await.unwrap().answer, held());
    assert!(program.claim_now().await.is_empty(), "it holds the turn again");
    turn.next(Act::Complete(Vec::new())).await.unwrap();
}

#[tokio::test]
async fn a_program_that_dies_before_the_end_leaves_a_turn_that_is_answered() {
    let (choices, pass) = manual();
    let program = Program::with(choices).await;
    let thread = program.asked().await;
    program.claim_one().await.next(Act::Messages(said("one"))).await.unwrap();
    pass(31);
    program.test.app.run_now::<External>().await.unwrap();
    let mut turn = program.claim_one().await;
    assert!(turn.claimed.is_answered, "nobody answers twice");
    turn.next(Act::Complete(Vec::new())).await.unwrap();
    assert_eq!(program.test.messages(thread).await.len(), 2);
}

#[tokio::test]
async fn a_call_of_a_lost_program_ends_as_unknown() {
    let (choices, pass) = manual();
    let program = Program::with(choices).await;
    let thread = program.asked().await;
    program.claim_one().await.next(calling(&[("a", "own")])).await.unwrap();
    pass(31);
    program.test.app.run_now::<External>().await.unwrap();
    let turn = program.claim_one().await;
    assert!(!turn.claimed.is_answered);
    let results: Vec<_> = turn.claimed.transcript.iter().flat_map(|said| said.body.tool_results()).collect();
    assert!(results[0].error.as_deref().is_some_and(|error| error.starts_with("Outcome unknown")), "{results:?}");
    assert_eq!(program.test.messages(thread).await.len(), 3);
}

#[tokio::test]
async fn a_turn_that_is_given_back_is_claimed_again_at_once() {
    let program = Program::start().await;
    let thread = program.asked().await;
    let mut first = program.claim_one().await;
    deltas(&mut first, &[("text", "I wi")]).await.unwrap();
    let done = first.next(Act::Release).await.unwrap();
    assert_eq!((done.state, done.answer.held), (State::Running, false));
    assert_eq!(code(first.next(Act::Messages(said("late"))).await), codes::ATTEMPT_OVER);
    let mut second = program.claim_one().await;
    assert_eq!(code(first.next(Act::Messages(said("late"))).await), codes::ATTEMPT_OVER);
    second.next(Act::Complete(said("one"))).await.unwrap();
    assert!(kinds(&program.test, thread).await.contains(&"turn.attempt"));
}

#[tokio::test]
async fn a_turn_that_nobody_claims_fails_and_the_next_one_waits_its_own_time() {
    let (choices, pass) = manual();
    let program = Program::with(choices).await;
    program.test.default_agent(Settings { unclaimed_s: Some(60), ..settings() }).await;
    let thread = program.asked().await;
    program.test.say(thread, "second", Policy::Queue).await;
    pass(59);
    program.test.app.run_now::<External>().await.unwrap();
    assert_eq!(program.test.messages(thread).await.len(), 2);
    pass(2);
    program.test.app.run_now::<External>().await.unwrap();
    assert_eq!(ended(&program.test, thread).await, ("turn.failed", Some("agent_absent".into())));
    let turn = program.claim_one().await;
    assert_eq!(turn.transcript(), ["hello", "second"]);
    assert!(program.test.app.thread(&program.test.caller, thread).await.unwrap().run.is_open());
}

#[tokio::test]
async fn a_cancelled_turn_leaves_nothing_to_claim() {
    let (choices, pass) = manual();
    let program = Program::with(choices).await;
    let thread = program.asked().await;
    program.test.app.keyed(None).stop_thread(&program.test.caller, thread).await.unwrap();
    assert!(program.claim_now().await.is_empty());
    pass(601);
    program.test.app.run_now::<External>().await.unwrap();
    assert_eq!(ended(&program.test, thread).await, ("turn.cancelled", None));
}

#[tokio::test]
async fn a_hold_outlives_the_server_and_an_offer_waits_for_programs_that_come_back() {
    let (choices, pass) = manual();
    let program = Program::with(choices.clone()).await;
    let (thread, absent) = (program.asked().await, program.test.thread().await.id);
    let first = program.claim_one().await;
    let (turn, attempt) = (first.turn, first.attempt);
    program.test.say(absent, "hello", Policy::Queue).await;
    let agent = program.agent.clone();
    let folder = program.test.stop().await;
    pass(20);
    let test = TestApp::with(Choices { folder: Some(folder.clone()), ..choices.clone() }).await;
    let caller = key(&test, &agent).await;
    let program = Program { test, caller, agent: agent.clone() };
    program.test.app.run_now::<External>().await.unwrap();
    let other = program.claim_one().await;
    assert_eq!(other.claimed.turn.thread, absent, "the first is still held");
    let mut held = Held { program: &program, turn, attempt, n: 0, claimed: other.claimed.clone() };
    held.next(Act::Complete(said("one"))).await.unwrap();
    assert_eq!(ended(&program.test, thread).await, ("turn.completed", None));
    pass(31);
    program.test.app.run_now::<External>().await.unwrap();
    let folder = program.test.stop().await;
    pass(5_000);
    let test = TestApp::with(Choices { folder: Some(folder), ..choices }).await;
    let caller = key(&test, &agent).await;
    let program = Program { test, caller, agent };
    program.test.app.run_now::<External>().await.unwrap();
    assert_eq!(program.claim_one().await.claimed.turn.thread, absent, "it was not failed while the server was down");
}

#[tokio::test]
async fn an_agent_that_becomes_a_model_takes_its_turns_along() {
    let program = Program::start().await;
    let (claimed, offered) = (program.asked().await, program.test.thread().await.id);
    let mut turn = program.claim_one().await;
    program.test.say(offered, "hello", Policy::Queue).await;
    program.test.default_agent(Settings::default()).await;
    for thread in [claimed, offered] {
        program.test.settle(thread).await;
        assert_eq!(program.test.messages(thread).await[1].body.plain_text(), "hello", "the model echoes");
    }
    assert_eq!(code(turn.next(Act::Messages(said("late"))).await), codes::TURN_ENDED);
    assert!(program.claim_now().await.is_empty());
}

#[tokio::test]
async fn pieces_come_no_faster_than_a_models() {
    let limits = Limits { delta_ms: 300, ..Limits::default() };
    let program = Program::with(Choices { limits, ..Choices::default() }).await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    for _ in 0..2 {
        deltas(&mut turn, &[("text", "x")]).await.unwrap();
    }
    let shown = program.test.app.unfinished(&program.test.caller, thread).await.unwrap();
    assert!(shown[1].at.since_us(shown[0].at) >= 300_000, "{shown:?}");
}
