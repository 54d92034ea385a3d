//! What the calls of a program make of a turn, once each.

use domain::{
    Limits, codes,
    controls::Policy,
    event::{Event, Item},
    message::{Part, Role},
    turn::State,
    usage::{Usage, Usd},
};
use engine::{
    app::external::{Act, Reported, Tokens},
    testing::{Choices, TestApp},
};

use super::program::{Program, calling, code, ended, field, held, kinds, said, steps};

#[tokio::test]
async fn a_program_answers_a_turn_and_holds_no_workers_place() {
    let program = Program::with(Choices { turns: 1, ..Choices::default() }).await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    assert_eq!((turn.attempt, turn.claimed.is_answered, turn.transcript()), (1, false, vec!["hello".to_owned()]));
    assert_eq!(program.test.workers().used(), 0);
    assert_eq!(turn.next(Act::Messages(said("one"))).await.unwrap().answer, held());
    let done = turn.next(Act::Complete(said("two"))).await.unwrap();
    assert_eq!((done.state, done.answer.held), (State::Completed, false));
    let expected =
        ["turn.started", "step.started", "message.completed", "step.started", "message.completed", "turn.completed"];
    assert_eq!(kinds(&program.test, thread).await, expected);
    let told: Vec<(Role, String)> =
        program.test.messages(thread).await.iter().map(|said| (said.role, said.body.plain_text())).collect();
    let expected = [(Role::User, "hello"), (Role::Agent, "one"), (Role::Agent, "two")];
    assert_eq!(told, expected.map(|(role, text)| (role, text.to_owned())));
    assert!(program.claim_now().await.is_empty());
}

#[tokio::test]
async fn the_same_number_is_the_same_call() {
    let program = Program::start().await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    let first = turn.next(Act::Messages(said("one"))).await.unwrap();
    assert_eq!(turn.again(1, Act::Messages(said("one")), None).await.unwrap(), first);
    assert_eq!(code(turn.again(1, Act::Messages(said("two")), None).await), codes::ORIGIN_KEY_REUSED);
    assert_eq!(code(turn.again(1, Act::Heartbeat, None).await), codes::ORIGIN_KEY_REUSED);
    let done = turn.next(Act::Complete(Vec::new())).await.unwrap();
    assert_eq!(turn.again(2, Act::Complete(Vec::new()), None).await.unwrap(), done, "after the end too");
    assert_eq!(program.test.messages(thread).await.len(), 2);
}

#[tokio::test]
async fn numbers_that_jump_or_go_back_are_refused_and_a_refused_call_does_not_count() {
    let program = Program::start().await;
    program.asked().await;
    let mut turn = program.claim_one().await;
    assert_eq!(code(turn.again(2, Act::Messages(said("one")), None).await), codes::CALL_OUT_OF_ORDER);
    turn.next(Act::Messages(said("one"))).await.unwrap();
    turn.next(Act::Heartbeat).await.unwrap();
    assert_eq!(code(turn.again(1, Act::Messages(said("one")), None).await), codes::CALL_OUT_OF_ORDER);
    assert_eq!(code(turn.again(i64::MAX, Act::Release, None).await), codes::CALL_OUT_OF_ORDER);
    for n in [0, -1, i64::MIN] {
        assert_eq!(field(turn.again(n, Act::Release, None).await), "n");
    }
    assert_eq!(field(turn.next(Act::Messages(Vec::new())).await), "messages");
    assert_eq!(field(turn.next_at(Act::Heartbeat, Some(1_000)).await), "reads");
    assert_eq!(turn.n, 2);
    turn.next(Act::Complete(Vec::new())).await.unwrap();
}

#[tokio::test]
async fn what_lies_is_bounded_and_what_is_too_long_is_refused() {
    let limits = Limits {
        reported_tokens: 100,
        reported_usd: 2,
        reply_bytes: 8,
        reported_messages: 2,
        tool_calls: 1,
        ..Limits::default()
    };
    let program = Program::with(Choices { limits, ..Choices::default() }).await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    let one = said("12345678").remove(0);
    let cost = Some(Usd(Usd::ONE.0 * 2 + 1));
    let lie = Tokens { input: i64::MAX, cache_read: -1, cache_write: 100, output: 101, reasoning: i64::MAX, cost };
    let reported = Reported { model: Some("own".into()), usage: Some(lie), ..one.clone() };
    turn.next(Act::Messages(vec![reported])).await.unwrap();
    let record = program.test.log(thread).await.into_iter().find_map(|entry| match entry.event {
        Event::MessageCompleted { record } => record,
        _ => None,
    });
    let record = record.expect("usage");
    let bounded = Usage { input: 100, cache_write: 100, output: 100, reasoning: 100, ..Usage::default() };
    let cost = Some(Usd(Usd::ONE.0 * 2));
    assert_eq!((record.usage, record.model.as_str(), record.reported, record.cost), (bounded, "own", true, cost));
    assert_eq!(field(turn.next(Act::Messages(said("123456789"))).await), "messages.0.content");
    assert_eq!(field(turn.next(Act::Messages(vec![one.clone(), one.clone(), one])).await), "messages");
    assert_eq!(field(turn.next(Act::Messages(vec![Reported::default()])).await), "messages.0.content");
    assert_eq!(field(turn.next(calling(&[("a", "own"), ("a", "own")])).await), "messages.0.content.1.id");
    assert_eq!(field(turn.next(calling(&[("a", "own"), ("b", "own")])).await), "messages.0.content");
    assert_eq!(field(turn.next(calling(&[("", "own")])).await), "messages.0.content.0.id");
    let link = vec![Part::Link { url: "https://a.example".into() }];
    let link = Act::Messages(vec![Reported { content: link, ..Reported::default() }]);
    assert_eq!(field(turn.next(link).await), "messages.0.content.0");
    assert_eq!(field(turn.next(Act::Fail(" ".into())).await), "reason");
    assert_eq!(program.test.messages(thread).await.len(), 2, "what is refused has no effect");
}

#[tokio::test]
async fn a_message_that_the_program_has_not_read_is_answered_by_the_next_claim() {
    let program = Program::start().await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    program.test.say(thread, "and this", Policy::Steer).await;
    let told = turn.next(Act::Messages(said("one"))).await.unwrap();
    assert_eq!(told.steered.iter().map(|said| said.body.plain_text()).collect::<Vec<_>>(), ["and this"]);
    let done = turn.next(Act::Complete(Vec::new())).await.unwrap();
    assert_eq!((done.state, done.answer.held, done.answer.again), (State::Running, false, true));
    assert_eq!(code(turn.next(Act::Messages(said("late"))).await), codes::ATTEMPT_OVER);
    assert_eq!(turn.beat().await.unwrap().answer, Default::default());
    let mut turn = program.claim_one().await;
    assert_eq!(turn.transcript(), ["hello", "one", "and this"], "what was not read stands behind the answer");
    assert_eq!((turn.attempt, turn.claimed.is_answered), (2, false));
    let done = turn.next(Act::Complete(said("two"))).await.unwrap();
    assert_eq!(done.state, State::Completed);
    assert!(!kinds(&program.test, thread).await.contains(&"turn.attempt"), "nothing was lost");
}

#[tokio::test]
async fn a_program_that_reads_along_answers_in_one_claim() {
    let program = Program::start().await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    program.test.say(thread, "and this", Policy::Steer).await;
    let told = turn.beat().await.unwrap();
    let seq = told.steered[0].seq;
    assert_eq!(turn.beat().await.unwrap().steered.len(), 1, "until the program has read it");
    let read = turn.next_at(Act::Messages(said("both")), Some(seq)).await.unwrap();
    assert!(read.steered.is_empty());
    assert_eq!(turn.next(Act::Complete(Vec::new())).await.unwrap().state, State::Completed);
    assert!(steps(&program.test, thread).await[0].1 >= seq, "the step says what it read");
}

#[tokio::test]
async fn a_program_that_fails_leaves_the_neutral_message_and_its_reason() {
    let program = Program::start().await;
    let thread = program.asked().await;
    program.test.say(thread, "next", Policy::Queue).await;
    let mut turn = program.claim_one().await;
    let done = turn.next(Act::Fail("out of memory".into())).await.unwrap();
    assert_eq!((done.state, done.answer.held), (State::Failed, false));
    assert_eq!(ended(&program.test, thread).await, ("turn.failed", Some("agent_failed".into())));
    assert_eq!(code(turn.next(Act::Messages(said("late"))).await), codes::TURN_ENDED);
    assert_eq!(turn.beat().await.unwrap().state, State::Failed);
    let turn = program.claim_one().await;
    assert_eq!(turn.transcript(), ["hello", "next"], "the failure is in no transcript");
}

#[tokio::test]
async fn cancel_and_interrupt_reach_the_program() {
    let program = Program::start().await;
    let thread = program.asked().await;
    let mut first = program.claim_one().await;
    program.test.say(thread, "stop", Policy::Interrupt).await;
    assert_eq!(first.beat().await.unwrap().state, State::Cancelled);
    for act in [Act::Messages(said("late")), Act::Complete(Vec::new()), Act::Release, Act::Fail("late".into())] {
        assert_eq!(code(first.next(act).await), codes::TURN_ENDED);
    }
    let mut second = program.claim_one().await;
    assert_eq!(second.transcript().last().map(String::as_str), Some("stop"));
    program.test.app.keyed(None).stop_thread(&program.test.caller, thread).await.unwrap();
    assert_eq!(code(second.next(Act::Messages(said("late"))).await), codes::TURN_ENDED);
    assert_eq!(program.test.messages(thread).await.len(), 2);
}

#[tokio::test]
async fn a_turn_has_only_so_many_messages() {
    let program = Program::start().await;
    let settings = domain::agent::Settings { max_steps: Some(1), ..super::program::settings() };
    program.test.default_agent(settings).await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    turn.next(Act::Messages(said("one"))).await.unwrap();
    let done = turn.next(Act::Messages(said("two"))).await.unwrap();
    assert_eq!((done.state, done.answer.held), (State::Failed, false));
    assert_eq!(ended(&program.test, thread).await, ("turn.failed", Some("step_limit".into())));
}

#[tokio::test]
async fn a_waiting_program_is_handed_a_turn_at_once_and_only_one_program_is() {
    let program = Program::start().await;
    let wait = async || program.claim(1, 60_000).await.unwrap().len();
    let ask = async {
        tokio::task::yield_now().await;
        program.asked().await
    };
    let (both, thread) = tokio::join!(async { tokio::join!(program.claim(1, 2_500), wait_short(&program)) }, ask);
    let (one, other) = both;
    assert_eq!(one.unwrap().len() + other, 1, "one program has the turn");
    program.test.app.keyed(None).stop_thread(&program.test.caller, thread).await.unwrap();
    let (found, _) = tokio::join!(wait(), program.asked());
    assert_eq!(found, 1);
}

async fn wait_short(program: &Program) -> usize {
    program.claim(1, 2_500).await.unwrap().len()
}

#[tokio::test]
async fn the_next_turn_of_a_thread_follows_the_end_of_the_one_before() {
    let program = Program::with(Choices { turns: 0, ..Choices::default() }).await;
    let thread = program.asked().await;
    program.test.say(thread, "second", Policy::Queue).await;
    let mut turn = program.claim_one().await;
    assert!(program.claim_now().await.is_empty(), "a thread runs one turn");
    turn.next(Act::Complete(said("one"))).await.unwrap();
    let mut turn = program.claim_one().await;
    assert_eq!(turn.transcript(), ["hello", "one", "second"]);
    turn.next(Act::Complete(said("two"))).await.unwrap();
    assert_eq!(ended(&program.test, thread).await, ("turn.completed", None));
}

#[tokio::test]
async fn readers_see_the_pieces_of_a_program_as_a_models() {
    let program = Program::start().await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    super::holds::deltas(&mut turn, &[("text", "One "), ("text", "two")]).await.unwrap();
    super::holds::deltas(&mut turn, &[("thinking", "hm"), ("text", "three")]).await.unwrap();
    let is_third = |item: &Item| matches!(item, Item::Delta(delta) if delta.text.ends_with("three"));
    let delta = program.test.until(thread, is_third).await;
    let Item::Delta(delta) = &*delta else { unreachable!("it was asked for") };
    assert_eq!((delta.text.as_str(), delta.offset), ("\n\nthree", 7), "a later part of a kind follows a blank line");
    turn.next(Act::Complete(said("One two, three"))).await.unwrap();
    let messages = program.test.messages(thread).await;
    assert_eq!((messages[1].id, messages[1].body.plain_text().as_str()), (delta.message, "One two, three"));
    assert!(program.test.app.unfinished(&program.test.caller, thread).await.unwrap().is_empty());
    assert_eq!(kinds(&program.test, thread).await.iter().filter(|kind| **kind == "step.started").count(), 1);
}

#[tokio::test]
async fn pieces_beyond_their_bounds_are_refused() {
    let limits = Limits { delta_bytes: 4, reply_bytes: 6, ..Limits::default() };
    let program = Program::with(Choices { limits, ..Choices::default() }).await;
    program.asked().await;
    let mut turn = program.claim_one().await;
    for pieces in [&[("text", "12345")][..], &[("text", "123"), ("thinking", "45")], &[("text", "")], &[]] {
        assert_eq!(field(super::holds::deltas(&mut turn, pieces).await), "deltas", "{pieces:?}");
    }
    super::holds::deltas(&mut turn, &[("text", "1234")]).await.unwrap();
    assert_eq!(field(super::holds::deltas(&mut turn, &[("text", "567")]).await), "deltas");
    super::holds::deltas(&mut turn, &[("text", "56")]).await.unwrap();
}

#[tokio::test]
async fn an_engine_on_postgres_hands_turns_out_too() {
    let database = Some(store::testing::Cluster::of_this_process().fresh_database().await);
    let test = TestApp::with(Choices { database, ..Choices::default() }).await;
    let agent = test.default_agent(super::program::settings()).await;
    let caller = super::program::key(&test, &agent).await;
    let program = Program { test, caller, agent };
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    super::holds::deltas(&mut turn, &[("text", "o")]).await.unwrap();
    turn.next(calling(&[("a", "own")])).await.unwrap();
    turn.next(Act::Results(vec![super::program::result("a")])).await.unwrap();
    turn.next(Act::Complete(said("one"))).await.unwrap();
    assert_eq!(ended(&program.test, thread).await, ("turn.completed", None));
}
