//! What a program is told at once while it holds a turn.

use std::sync::atomic::Ordering;

use domain::{codes, controls::Policy, turn::State};
use engine::{
    app::external::{Act, Signal},
    services::External,
    testing::{Choices, TestApp},
};

use super::program::{Program, calling, code, key, said, settings};

/// The text of the message that joined the turn.
fn steered(signal: Option<Signal>) -> String {
    match signal {
        Some(Signal::Steer(message)) => message.body.plain_text(),
        other => panic!("{other:?} is no message"),
    }
}

#[tokio::test]
async fn a_program_is_told_of_messages_once_and_of_the_cancellation() {
    let program = Program::start().await;
    let test = &program.test;
    let thread = program.asked().await;
    let turn = program.claim_one().await;
    test.say(thread, "before", Policy::Steer).await;
    let mut control = test.app.control(&program.caller, turn.turn, 1).await.unwrap();
    assert_eq!(steered(control.next().await.unwrap()), "before");
    let (next, _) = tokio::join!(control.next(), test.say(thread, "after", Policy::Steer));
    assert_eq!(steered(next.unwrap()), "after");
    let cancel = async { test.app.keyed(None).stop_thread(&test.caller, thread).await.unwrap() };
    let (next, _) = tokio::join!(control.next(), cancel);
    assert_eq!(next.unwrap(), Some(Signal::Cancel));
    assert_eq!(control.next().await.unwrap(), None);
}

#[tokio::test]
async fn a_program_is_told_that_another_attempt_has_its_turn() {
    let (clock, us) = TestApp::manual_clock();
    let program = Program::with(Choices { clock, ..Choices::default() }).await;
    program.asked().await;
    let lost = program.claim_one().await;
    let mut control = program.test.app.control(&program.caller, lost.turn, 1).await.unwrap();
    us.fetch_add(31_000_000, Ordering::SeqCst);
    program.test.app.run_now::<External>().await.unwrap();
    let (next, turn) = tokio::join!(control.next(), program.claim_one());
    assert_eq!(next.unwrap(), Some(Signal::Taken { attempt: 2 }));
    assert_eq!(control.next().await.unwrap(), None);
    let mut late = program.test.app.control(&program.caller, turn.turn, 1).await.unwrap();
    assert_eq!(late.next().await.unwrap(), Some(Signal::Taken { attempt: 2 }));
}

#[tokio::test]
async fn the_stream_ends_with_the_programs_part() {
    let program = Program::start().await;
    program.asked().await;
    for (act, state) in [
        (calling(&[("a", "ask")]), State::Waiting),
        (Act::Release, State::Running),
        (Act::Complete(said("one")), State::Completed),
        (Act::Fail("no".into()), State::Failed),
    ] {
        program.asked().await;
        let mut turn = program.claim(1, 60_000).await.map(|mut all| all.remove(0)).unwrap();
        let mut control = program.test.app.control(&program.caller, turn.turn.id, turn.turn.attempt).await.unwrap();
        let report = engine::app::external::Report {
            turn: turn.turn.id,
            attempt: std::mem::take(&mut turn.turn.attempt),
            n: Some(1),
            reads: None,
            fingerprint: [0; 32],
        };
        let (next, done) = tokio::join!(control.next(), program.call(report, act));
        done.unwrap();
        assert_eq!(next.unwrap(), Some(Signal::Ended(state)));
        assert_eq!(control.next().await.unwrap(), None);
    }
}

#[tokio::test]
async fn only_the_turns_program_may_listen_and_only_to_attempts_that_were_given_out() {
    let program = Program::start().await;
    let test = &program.test;
    program.asked().await;
    let turn = program.claim_one().await;
    for attempt in [0, -1, 2] {
        assert_eq!(code(test.app.control(&program.caller, turn.turn, attempt).await.map(drop)), codes::ATTEMPT_OVER);
    }
    let new = engine::app::agents::NewAgent { id: None, name: "other".into(), settings: settings() };
    let other = test.app.create_agent(&test.caller, new, None).await.unwrap();
    let stranger = key(test, &other).await;
    assert_eq!(code(test.app.control(&stranger, turn.turn, 1).await.map(drop)), codes::TURN_NOT_FOUND);
    assert_eq!(code(test.app.control(&test.caller, turn.turn, 1).await.map(drop)), codes::FORBIDDEN);
}
