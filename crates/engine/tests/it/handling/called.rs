//! The tool `ask_person`: an agent's model or program asks for a person.

use domain::{
    Caller, Kept, ThreadId,
    agent::{Kind as AgentKind, Settings, Tool, ToolKind},
    author::Author,
    caller::Subject,
    controls::Policy,
    event::{Entry, Event, Item},
    message::{Part, ToolCall, ToolResult},
    script::{Reply as Scripted, ScriptedCall},
    turn::State,
};
use engine::{
    app::external::{Act, Reported},
    services,
    testing::TestApp,
};
use serde_json::{Value, json};

use super::{ANN, is_delta, pass, take, team, team_with_clock, texts_of};
use crate::external::program::{self, Program, calling, result, said};

/// Calls `ask_person` with each of these arguments, a step each, and then says `done`.
pub fn asks(arguments: &[Value], ask_silent: bool) -> Settings {
    let call = |arguments: &Value| Scripted {
        text: Some("One moment.".into()),
        tool_calls: vec![ScriptedCall {
            id: None,
            name: "ask_person".into(),
            arguments: Kept::from(arguments.clone()),
        }],
        ..Scripted::default()
    };
    let done = Scripted { text: Some("done".into()), ..Scripted::default() };
    Settings {
        model: Some("scripted".into()),
        script: arguments.iter().map(call).chain([done]).collect(),
        tools: vec![Tool::new("ask_person", ToolKind::BuiltIn)],
        ask_silent,
        ..Settings::default()
    }
}

/// The results of the thread's calls.
async fn results(test: &TestApp, thread: ThreadId) -> Vec<ToolResult> {
    let messages = test.messages(thread).await;
    messages.iter().flat_map(|message| message.body.tool_results().cloned().collect::<Vec<_>>()).collect()
}

fn told(result: &ToolResult) -> Value {
    result.result.as_ref().expect("a result, and no error").read().unwrap()
}

#[tokio::test]
async fn a_model_asks_for_a_person_and_goes_on() {
    let (test, _) = team_with_clock().await;
    test.default_agent(asks(&[json!({"reason": "a refund"})], false)).await;
    let thread = test.thread().await.id;
    test.say(thread, "Give me my money", Policy::Queue).await;
    let settled = test.settle(thread).await;
    let wanted = settled.people.wanted.unwrap();
    assert_eq!((wanted.reason.as_str(), wanted.until), ("a refund", None));
    assert_eq!(wanted.by, Some(Author::Agent { agent: settled.agent }));
    let kinds = test.kinds(thread).await;
    let calls = kinds.iter().position(|kind| *kind == "tool.called").unwrap();
    assert_eq!(kinds[calls..calls + 4], ["tool.called", "tool.completed", "thread.wanted", "step.started"]);
    let [result] = &results(&test, thread).await[..] else { panic!() };
    let told = told(result);
    assert_eq!(told.as_object().unwrap().len(), 1, "what happened and when, and no order: {told}");
    assert_eq!(told["asked_at"].as_str().unwrap()[..4], *"2027");
    let log = test.log(thread).await;
    assert!(log.iter().any(|entry| matches!(&entry.event, Event::TurnCompleted(ended) if ended.tool_calls == 1)));
}

#[tokio::test]
async fn a_silent_call_ends_its_turn_behind_its_result_and_the_messages_are_answered_later() {
    let (test, us) = team_with_clock().await;
    test.default_agent(asks(&[json!({"reason": "x", "silent": true})], true)).await;
    let thread = test.thread().await.id;
    let (turn, _) = test.say(thread, "a", Policy::Queue).await.turn.unwrap();
    let settled = test.settle(thread).await;
    assert!(settled.people.is_silent() && settled.people.unanswered.is_some());
    let kinds = test.kinds(thread).await;
    assert_eq!(kinds[kinds.len() - 4..], ["tool.called", "tool.completed", "turn.cancelled", "thread.wanted"]);
    let ended = test.app.turn(&test.caller, thread, turn).await.unwrap();
    assert_eq!((ended.state, ended.reason.as_deref()), (State::Cancelled, Some("person_wanted")));
    let [result] = &results(&test, thread).await[..] else { panic!() };
    assert!(told(result)["silent_until"].is_string() && result.error.is_none());
    assert_eq!(test.say(thread, "b", Policy::Queue).await.turn, None);
    test.script(vec![Scripted { echo: true, ..Scripted::default() }]).await;
    pass(&us, 900);
    test.app.run_now::<services::Silences>().await.unwrap();
    let is_expired = |item: &Item| matches!(item, Item::Entry(entry) if entry.event == Event::ThreadWantedExpired {});
    let expired = test.until(thread, is_expired).await;
    let Item::Entry(Entry { turn: Some(turn), .. }) = &*expired else { panic!("{expired:?}") };
    test.settle(thread).await;
    assert_eq!(texts_of(&test, thread, *turn).await, ["a", "b"]);
}

#[tokio::test]
async fn a_silence_of_the_agents_own_has_bounds_and_the_request_stays_without_it() {
    let (test, us) = team_with_clock().await;
    let silent = json!({"reason": "x", "silent": true});
    let ask = async |settings: Settings| {
        test.default_agent(settings).await;
        let thread = test.thread().await.id;
        test.say(thread, "a", Policy::Queue).await;
        test.settle(thread).await;
        thread
    };
    let not_allowed = ask(asks(std::slice::from_ref(&silent), false)).await;
    let found = test.app.thread(&test.caller, not_allowed).await.unwrap();
    assert!(found.people.wanted.is_some() && !found.people.is_silent(), "a person is wanted all the same");
    assert_eq!(
        told(&results(&test, not_allowed).await[0])["not_silent"],
        "this agent's settings do not allow a silence"
    );
    // Longer than allowed.
    let now = test.app.clock().now();
    let until = serde_json::to_value(now.plus_s(5_000)).unwrap();
    let thread = ask(asks(&[json!({"reason": "x", "silent": true, "until": until})], true)).await;
    let found = test.app.thread(&test.caller, thread).await.unwrap();
    let silent_until = found.people.silent_until().unwrap();
    assert!(silent_until.since_us(now) <= 900_000_000 + 1_000, "at most 15 minutes");
    // Again within the hour, and after it.
    for (seconds, is_silent) in [(900, false), (2_699, false), (1, true)] {
        pass(&us, seconds);
        test.app.run_now::<services::Silences>().await.unwrap();
        test.settle(thread).await;
        test.app.keyed(None).withdraw(&test.caller, thread, ANN.into()).await.unwrap();
        test.settle(thread).await;
        test.say(thread, "again", Policy::Queue).await;
        let settled = test.settle(thread).await;
        assert_eq!(settled.people.is_silent(), is_silent, "after {seconds} more seconds");
    }
}

#[tokio::test]
async fn a_wrong_call_has_no_effect_and_its_error_says_why() {
    let (test, _) = team_with_clock().await;
    let past = serde_json::to_value(test.app.clock().now().plus_s(-1)).unwrap();
    for (arguments, why) in [
        (json!({}), "missing field `reason`"),
        (json!({"reason": " "}), "reason:"),
        (json!({"reason": "x".repeat(501)}), "reason:"),
        (json!({"reason": "x", "urgent": true}), "unknown field `urgent`"),
        (json!({"reason": 7}), "invalid type"),
        (json!({"reason": "x", "until": past}), "until: must not be given without `silent`"),
        (json!({"reason": "x", "silent": true, "until": past}), "until: must be a time to come"),
        (json!({"reason": "x", "silent": true, "until": "soon"}), "until: must be a time to come"),
    ] {
        test.default_agent(asks(std::slice::from_ref(&arguments), true)).await;
        let thread = test.thread().await.id;
        test.say(thread, "a", Policy::Queue).await;
        let settled = test.settle(thread).await;
        assert!(settled.people.wanted.is_none(), "{arguments}");
        let error = results(&test, thread).await.remove(0).error.unwrap();
        assert!(error.contains(why), "{arguments}: {error}");
        assert_eq!(test.messages(thread).await.last().unwrap().body.only_text(), "done", "the turn goes on");
    }
}

#[tokio::test]
async fn nobody_outside_the_project_reads_the_reason() {
    let test = team().await;
    test.default_agent(asks(&[json!({"reason": "he is furious"})], false)).await;
    let thread = test.thread().await.id;
    test.say(thread, "a", Policy::Queue).await;
    test.settle(thread).await;
    let guest = Caller { subject: Subject::Thread(thread), ..test.caller.clone() };
    let log = test.log(thread).await;
    assert!(format!("{log:?}").contains("furious"));
    let mut shown = 0;
    for entry in log {
        let entry = entry.shown_to(guest.subject);
        assert!(!format!("{entry:?}").contains("furious"), "{entry:?}");
        shown += usize::from(entry.event.kind() == "tool.called");
    }
    assert_eq!(shown, 1, "that the tool was called is told");
}

#[tokio::test]
async fn a_take_between_the_call_and_the_answer_leaves_the_request_answered() {
    let test = team().await;
    let mut settings = asks(&[json!({"reason": "x"})], false);
    settings.script.pop();
    settings.script.push(Scripted { text: Some("It is".into()), chunks: Some(1), hang: true, ..Scripted::default() });
    test.default_agent(settings).await;
    let thread = test.thread().await.id;
    test.say(thread, "a", Policy::Queue).await;
    test.until(thread, |item| matches!(item, Item::Entry(entry) if entry.event.kind() == "thread.wanted")).await;
    test.until(thread, is_delta).await;
    let taken = take(&test, thread, ANN).await.unwrap();
    assert!(taken.people.wanted.is_none() && !taken.run.is_open());
}

/// A program whose agent has the tool.
async fn program(ask_silent: bool) -> Program {
    let program = Program::start().await;
    let mut settings = program::settings();
    settings.tools.push(Tool::new("ask_person", ToolKind::BuiltIn));
    assert_eq!(settings.kind, AgentKind::External);
    program.test.default_agent(Settings { ask_silent, ..settings }).await;
    program
}

fn asking(arguments: Value, others: &[(&str, &str)]) -> Act {
    let Act::Messages(mut messages) = calling(others) else { panic!() };
    let call = ToolCall { id: "p".into(), name: "ask_person".into(), arguments: arguments.into() };
    messages[0].content.push(Part::ToolCall(call));
    Act::Messages(messages)
}

#[tokio::test]
async fn a_programs_call_is_run_by_the_server_and_its_result_comes_with_the_next_claim() {
    let program = program(false).await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    let tool = turn.claimed.tools().into_iter().find(|tool| tool.name == "ask_person").unwrap();
    assert!(tool.description.is_some() && tool.parameters.is_some(), "the program is told how to call it");
    let act = asking(json!({"reason": "a refund"}), &[]);
    let told = turn.next(act.clone()).await.unwrap();
    assert_eq!((&told.answer.calls[..], &told.answer.waiting[..]), (&["p".to_owned()][..], &["p".to_owned()][..]));
    assert_eq!((told.state, told.answer.held, told.answer.again), (State::Running, false, true));
    assert_eq!(turn.again(1, act, None).await.unwrap(), told, "the same call has no second effect");
    let wanted = program.test.app.thread(&program.test.caller, thread).await.unwrap().people.wanted.unwrap();
    assert_eq!(wanted.reason, "a refund");
    let mut turn = program.claim_one().await;
    assert_eq!(turn.claimed.transcript.last().unwrap().body.tool_results().count(), 1);
    assert_eq!(turn.next(Act::Complete(said("done"))).await.unwrap().state, State::Completed);
    let kinds = program.test.kinds(thread).await;
    assert_eq!(kinds.iter().filter(|kind| **kind == "thread.wanted").count(), 1);
    assert!(!kinds.contains(&"turn.attempt"), "nothing was lost: {kinds:?}");
}

#[tokio::test]
async fn calls_of_three_runners_end_before_the_next_claim() {
    let program = program(false).await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    let told = turn.next(asking(json!({"reason": "x"}), &[("c", "ask"), ("o", "own")])).await.unwrap();
    assert_eq!((told.answer.held, &told.answer.waiting[..]), (true, &["c".to_owned(), "p".to_owned()][..]));
    let told = turn.next(Act::Results(vec![result("o")])).await.unwrap();
    assert_eq!((told.state, told.answer.held), (State::Waiting, false));
    program.test.app.keyed(None).tool_results(&program.test.caller, thread, vec![result("c")]).await.unwrap();
    let turn = program.claim_one().await;
    let results = turn.claimed.transcript.iter().flat_map(|said| said.body.tool_results()).count();
    assert_eq!(results, 3);
    // Without a client's call, the program's last result hands the turn over.
    let other = self::program(false).await;
    other.asked().await;
    let mut turn = other.claim_one().await;
    assert!(turn.next(asking(json!({"reason": "x"}), &[("o", "own")])).await.unwrap().answer.held);
    let told = turn.next(Act::Results(vec![result("o")])).await.unwrap();
    assert_eq!((told.answer.held, told.answer.again), (false, true));
    assert_eq!(other.claim_one().await.claimed.transcript.len(), 4);
}

#[tokio::test]
async fn a_programs_silent_call_ends_its_turn_with_what_it_spent() {
    let program = program(true).await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    let Act::Messages(mut messages) = asking(json!({"reason": "x", "silent": true}), &[("o", "own")]) else { panic!() };
    let usage = engine::app::external::Tokens { output: 9, ..Default::default() };
    messages[0] = Reported { usage: Some(usage), ..messages[0].clone() };
    let told = turn.next(Act::Messages(messages)).await.unwrap();
    assert_eq!((told.state, told.answer.held, told.answer.again), (State::Cancelled, false, false));
    let found = program.test.app.turn(&program.test.caller, thread, turn.turn).await.unwrap();
    assert_eq!((found.state, found.spent.usage.output), (State::Cancelled, 9));
    let log = program.test.log(thread).await;
    let ended = log.iter().find_map(|entry| entry.event.ended()).unwrap();
    assert_eq!((ended.steps, ended.tool_calls), (1, 2));
    let [own, asked] = &results(&program.test, thread).await[..] else { panic!() };
    assert!(asked.error.is_some() != own.error.is_some(), "the program's own call got an error: {own:?} {asked:?}");
    assert!(program.claim_now().await.is_empty());
}
