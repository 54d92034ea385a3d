//! Tool calls of a program: a client's, which make the turn wait, and the program's own.

use domain::{codes, event::Event, message::Role, turn::State};
use engine::app::external::Act;

use super::program::{Held, Program, calling, code, ended, field, held, result, said};

fn texts(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

async fn client_answers(turn: &Held<'_>, id: &str) {
    let (test, thread) = (&turn.program.test, turn.claimed.turn.thread);
    test.app.keyed(None).tool_results(&test.caller, thread, vec![result(id)]).await.unwrap();
}

#[tokio::test]
async fn a_call_of_a_clients_tool_waits_and_its_result_comes_with_the_next_claim() {
    let program = Program::start().await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    let told = turn.next(calling(&[("a", "ask")])).await.unwrap();
    assert_eq!((told.state, told.answer.held, told.answer.waiting), (State::Waiting, false, texts(&["a"])));
    for act in [Act::Complete(Vec::new()), Act::Results(vec![result("a")]), Act::Release] {
        assert_eq!(code(turn.next(act).await), codes::ATTEMPT_OVER);
    }
    assert!(program.claim_now().await.is_empty());
    client_answers(&turn, "a").await;
    let mut turn = program.claim_one().await;
    let roles: Vec<Role> = turn.claimed.transcript.iter().map(|said| said.role).collect();
    assert_eq!((roles, turn.claimed.is_answered), (vec![Role::User, Role::Agent, Role::Tool], false));
    assert_eq!(turn.next(Act::Complete(said("done"))).await.unwrap().state, State::Completed);
    let kinds = program.test.kinds(thread).await;
    assert!(!kinds.contains(&"turn.attempt") && kinds.contains(&"tool.completed"), "{kinds:?}");
}

#[tokio::test]
async fn the_programs_own_calls_are_reported_by_itself_and_end_before_the_turn_does() {
    let program = Program::start().await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    let told = turn.next(calling(&[("a", "own"), ("b", "own")])).await.unwrap();
    assert_eq!((told.state, told.answer.held, &told.answer.calls), (State::Running, true, &texts(&["a", "b"])));
    for act in [Act::Complete(Vec::new()), Act::Messages(said("early")), Act::Complete(said("early"))] {
        assert_eq!(code(turn.next(act).await), codes::OPEN_CALLS);
    }
    assert_eq!(field(turn.next(Act::Results(vec![result("c")])).await), "results.0.tool_call_id");
    assert_eq!(field(turn.next(Act::Results(vec![result("a"), result("a")])).await), "results.1.tool_call_id");
    let told = turn.next(Act::Results(vec![result("b")])).await.unwrap();
    assert_eq!(told.answer.calls, texts(&["a"]), "these are left");
    assert_eq!(turn.next(Act::Results(vec![result("a")])).await.unwrap().answer, held());
    assert_eq!(field(turn.next(Act::Results(vec![result("a")])).await), "results.0.tool_call_id");
    turn.next(Act::Complete(said("done"))).await.unwrap();
    assert_eq!(ended(&program.test, thread).await, ("turn.completed", None));
    let called: Vec<&str> = program
        .test
        .log(thread)
        .await
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::ToolCalled { kind, .. } => Some(kind.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(called, ["external", "external"]);
}

#[tokio::test]
async fn calls_of_both_sides_wait_for_both_whoever_is_first() {
    for client_first in [false, true] {
        let program = Program::start().await;
        program.asked().await;
        let mut turn = program.claim_one().await;
        let told = turn.next(calling(&[("a", "ask"), ("b", "own")])).await.unwrap();
        assert_eq!((told.answer.held, &told.answer.waiting), (true, &texts(&["a"])));
        assert_eq!(field(turn.next(Act::Results(vec![result("a")])).await), "results.0.tool_call_id");
        if client_first {
            client_answers(&turn, "a").await;
        }
        let told = turn.next(Act::Results(vec![result("b")])).await.unwrap();
        assert_eq!((told.answer.held, told.answer.again), (false, client_first));
        if !client_first {
            assert_eq!(told.state, State::Waiting);
            client_answers(&turn, "a").await;
        }
        let mut turn = program.claim_one().await;
        assert_eq!(turn.claimed.transcript.iter().flat_map(|said| said.body.tool_results()).count(), 2);
        assert_eq!(turn.next(Act::Complete(said("done"))).await.unwrap().state, State::Completed);
    }
}

#[tokio::test]
async fn an_id_that_the_thread_has_had_gets_another_and_both_name_the_call() {
    let program = Program::start().await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    for (stored, by) in [("a", "a"), ("a-2", "a"), ("a-3", "a-3")] {
        assert_eq!(turn.next(calling(&[("a", "own")])).await.unwrap().answer.calls, texts(&[stored]));
        turn.next(Act::Results(vec![result(by)])).await.unwrap();
    }
    turn.next(Act::Complete(said("done"))).await.unwrap();
    let messages = program.test.messages(thread).await;
    let results = messages.iter().flat_map(|said| said.body.tool_results());
    let answered: Vec<String> = results.map(|result| result.tool_call_id.clone()).collect();
    assert_eq!(answered, texts(&["a", "a-2", "a-3"]));
}
