//! Turns from claim to end, and everything that can happen in between.

use std::time::Duration;

use domain::{
    Kind, Limits,
    agent::{Settings, Tool, ToolKind},
    codes,
    controls::Policy,
    event::{Event, Item},
    fault::Fault,
    message::{Role, ToolResult},
    script::{Reply, ScriptedCall},
    turn::State,
};
use engine::{
    services,
    testing::{Choices, TestApp},
};
use serde_json::json;

fn text(text: &str) -> Reply {
    Reply { text: Some(text.into()), ..Reply::default() }
}

fn calls(names: &[&str]) -> Reply {
    let call = |name: &&str| ScriptedCall { id: None, name: (*name).into(), arguments: json!({"of": name}).into() };
    Reply { tool_calls: names.iter().map(call).collect(), ..Reply::default() }
}

fn tool(name: &str, kind: ToolKind) -> Tool {
    Tool::new(name, kind)
}

fn scripted(script: Vec<Reply>, tools: Vec<Tool>) -> Settings {
    Settings { model: Some("scripted".into()), script, tools, ..Settings::default() }
}

/// The number of each of these kinds of entry in the log.
async fn count(test: &TestApp, thread: domain::ThreadId, kind: &str) -> usize {
    test.kinds(thread).await.iter().filter(|k| **k == kind).count()
}

#[tokio::test]
async fn a_streamed_reply_is_shown_in_deltas_that_are_gone_when_it_is_whole() {
    let test = TestApp::start().await;
    let reply =
        Reply { chunks: Some(4), delay_ms: Some(60), thinking: Some("hmm".into()), ..text("one two three four") };
    test.script(vec![reply]).await;
    let thread = test.thread().await.id;
    let mut reader = test.app.follow(&test.caller, thread, engine::app::messages::follow::Start::Head).await.unwrap();
    test.say(thread, "count", Policy::Queue).await;
    let (mut shown, mut last) = (String::new(), None);
    loop {
        let items = reader.next().await.unwrap().unwrap();
        for item in &items {
            assert!(Some(item.position()) > last, "positions only grow");
            last = Some(item.position());
            if let Item::Delta(delta) = &**item
                && delta.kind == domain::event::DeltaKind::Text
            {
                assert_eq!(delta.offset as usize, shown.chars().count());
                shown.push_str(&delta.text);
            }
        }
        if items.iter().any(|i| matches!(&**i, Item::Entry(e) if e.event.ended().is_some())) {
            break;
        }
    }
    assert!("one two three four".starts_with(&shown) && !shown.is_empty(), "{shown:?}");
    let said = test.messages(thread).await.pop().unwrap();
    assert_eq!(said.body.plain_text(), "one two three four");
    assert_eq!(said.body.thinking().as_deref(), Some("hmm"));
    let from_start = engine::app::messages::follow::Start::Beyond(domain::Position::START);
    let mut again = test.app.follow(&test.caller, thread, from_start).await.unwrap();
    let all = again.next().await.unwrap().unwrap();
    assert!(all.iter().all(|item| matches!(&**item, Item::Entry(_))), "pruned with the message");
}

#[tokio::test]
async fn tools_run_and_their_results_are_read_at_the_next_step() {
    let test = TestApp::start().await;
    let good = Tool { result: Some(json!({"temp": 22}).into()), ..tool("weather", ToolKind::Scripted) };
    let bad = Tool { error: Some("no such city".into()), ..tool("city", ToolKind::Scripted) };
    let script = vec![calls(&["weather", "city", "unknown"]), text("done")];
    test.default_agent(scripted(script, vec![good, bad])).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    test.settle(thread).await;
    let results: Vec<ToolResult> =
        test.messages(thread).await.iter().flat_map(|m| m.body.tool_results().cloned().collect::<Vec<_>>()).collect();
    assert_eq!(results.len(), 3);
    let of = |id: &str| results.iter().find(|r| r.tool_call_id == id).unwrap();
    assert_eq!(of("call_1_1").result, Some(json!({"temp": 22}).into()));
    assert_eq!(of("call_1_2").error.as_deref(), Some("no such city"));
    assert!(of("call_1_3").error.as_deref().unwrap().contains("no tool named unknown"));
    assert_eq!(test.messages(thread).await.pop().unwrap().body.plain_text(), "done");
    assert_eq!(count(&test, thread, "tool.called").await, 3);
    assert_eq!(count(&test, thread, "tool.completed").await, 3);
    assert_eq!(count(&test, thread, "step.started").await, 2);
}

#[tokio::test]
async fn a_turn_waits_for_a_clients_result_and_goes_on_with_it() {
    let test = TestApp::start().await;
    let script = vec![calls(&["here", "there"]), text("thanks")];
    test.default_agent(scripted(script, vec![tool("here", ToolKind::Scripted), tool("there", ToolKind::Client)])).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    test.until(thread, |i| matches!(i, Item::Entry(e) if matches!(e.event, Event::ToolCompleted { .. }))).await;
    let waiting = test.app.thread(&test.caller, thread).await.unwrap().run;
    assert!(waiting.waiting && !waiting.running);
    let result = |id: &str| ToolResult { tool_call_id: id.into(), result: Some(json!(1).into()), error: None };
    let wrong = test.app.keyed(None).tool_results(&test.caller, thread, vec![result("call_1_1")]).await.unwrap_err();
    assert_eq!(wrong.kind, Kind::Invalid, "that call is the server's");
    let twice = vec![result("call_1_2"), result("call_1_2")];
    assert_eq!(test.app.keyed(None).tool_results(&test.caller, thread, twice).await.unwrap_err().kind, Kind::Invalid);
    test.app.keyed(None).tool_results(&test.caller, thread, vec![result("call_1_2")]).await.unwrap();
    test.settle(thread).await;
    assert_eq!(test.messages(thread).await.pop().unwrap().body.plain_text(), "thanks");
    assert_eq!(count(&test, thread, "turn.attempt").await, 0, "nobody died");
    let late = test.app.keyed(None).tool_results(&test.caller, thread, vec![result("call_1_2")]).await.unwrap_err();
    assert_eq!((late.kind, late.code), (Kind::Conflict, codes::NOT_WAITING));
    assert!(late.message.contains("not waiting for tool results"));
}

#[tokio::test]
async fn a_cancel_ends_every_open_turn_and_answers_open_calls() {
    let test = TestApp::start().await;
    test.default_agent(scripted(vec![calls(&["there"])], vec![tool("there", ToolKind::Client)])).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    test.say(thread, "more", Policy::Queue).await;
    test.until(thread, |i| matches!(i, Item::Entry(e) if matches!(e.event, Event::ToolCalled { .. }))).await;
    assert!(test.app.keyed(None).stop_turns(&test.caller, thread).await.unwrap());
    assert!(!test.app.keyed(None).stop_turns(&test.caller, thread).await.unwrap());
    assert_eq!(count(&test, thread, "turn.cancelled").await, 2);
    assert_eq!(count(&test, thread, "tool.completed").await, 1, "every call has one result");
    assert!(test.messages(thread).await.iter().all(|m| !m.body.interrupted), "nothing was shown, nothing is kept");
    let ended: Vec<State> =
        test.app.list_turns(&test.caller, thread, None, 10).await.unwrap().iter().map(|(_, t)| t.state).collect();
    assert_eq!(ended, [State::Cancelled, State::Cancelled]);
}

#[tokio::test]
async fn a_cancelled_turn_makes_room_for_the_next() {
    let test = TestApp::start().await;
    let stuck = Reply { hang: true, ..Reply::default() };
    test.script(vec![stuck]).await;
    let thread = test.thread().await.id;
    let first = test.say(thread, "hang", Policy::Queue).await.turn.unwrap().0;
    let second = test.say(thread, "then", Policy::Queue).await.turn.unwrap().0;
    test.app.keyed(None).cancel_turn(&test.caller, thread, first).await.unwrap();
    assert_eq!(test.app.turn(&test.caller, thread, first).await.unwrap().state, State::Cancelled);
    let begins = |item: &Item| matches!(item, Item::Entry(entry) if entry.turn == Some(second) && entry.event.kind() == "turn.started");
    test.until(thread, begins).await;
    assert_eq!(test.app.turn(&test.caller, thread, second).await.unwrap().state, State::Running);
    let again = test.app.keyed(None).cancel_turn(&test.caller, thread, first).await.unwrap();
    assert_eq!(again.state, State::Cancelled, "cancelling what has ended changes nothing");
    assert_eq!(count(&test, thread, "turn.cancelled").await, 1);
}

#[tokio::test]
async fn a_model_that_fails_for_good_says_so_in_the_thread() {
    let test = TestApp::start().await;
    let refused = Reply { error: Some(Fault::Refused), ..text("I will") };
    test.script(vec![Reply { chunks: Some(1), ..refused }]).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    let settled = test.settle(thread).await;
    assert!(!settled.run.is_open());
    let said = test.messages(thread).await.pop().unwrap();
    assert_eq!((said.role, said.body.error_code.as_deref()), (Role::Agent, Some("refused")));
    assert_eq!(said.body.plain_text(), domain::agent::FAILURE_TEXT, "the reason stands in the terminal entry alone");
    assert_eq!(test.kinds(thread).await.last(), Some(&"turn.failed"));
    assert_eq!(count(&test, thread, "turn.failed").await, 1);
}

#[tokio::test]
async fn a_failure_is_told_in_the_threads_language_with_its_reason_for_the_project_alone() {
    let test = TestApp::start().await;
    let mut settings = scripted(vec![Reply { error: Some(Fault::Refused), ..Reply::default() }], vec![]);
    settings.controls.error_disclosure = Some(domain::controls::Disclosure::Generic);
    settings.controls.locale = Some("uk-UA".into());
    settings.failure_texts = [("uk".into(), "Не вдалося відповісти.".into())].into();
    test.default_agent(settings).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    test.settle(thread).await;
    let log = test.log(thread).await;
    let ended = log.iter().find_map(|e| e.event.ended()).unwrap();
    assert_eq!(ended.reason.as_deref(), Some("the model refused to answer"));
    assert_eq!(ended.disclosure, Some(domain::controls::Disclosure::Generic), "dialects hide it by this");
    let said = log.iter().rev().find_map(|e| e.message.as_ref()).unwrap();
    assert_eq!(said.body.plain_text(), "Не вдалося відповісти.");
}

#[tokio::test]
async fn a_model_that_fails_for_a_moment_is_asked_again() {
    let test = TestApp::start().await;
    let broken = Reply { chunks: Some(3), delay_ms: Some(60), cut_after: Some(2), ..text("lost words here") };
    test.script(vec![broken, text("whole")]).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    test.settle(thread).await;
    let messages = test.messages(thread).await;
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[1].body.plain_text(), "whole");
    assert_eq!(count(&test, thread, "turn.attempt").await, 1, "readers were told to drop what they had seen");
    assert_eq!(count(&test, thread, "turn.completed").await, 1);
}

#[tokio::test]
async fn a_turn_has_only_so_many_steps() {
    let test = TestApp::start().await;
    let settings =
        Settings { max_steps: Some(3), ..scripted(vec![calls(&["t"])], vec![tool("t", ToolKind::Scripted)]) };
    test.default_agent(settings).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    test.settle(thread).await;
    assert_eq!(count(&test, thread, "step.started").await, 3);
    let last = test.messages(thread).await.pop().unwrap();
    assert_eq!(last.body.error_code.as_deref(), Some("step_limit"));
}

#[tokio::test]
async fn after_a_death_another_process_goes_on_where_the_log_ends() {
    let limits = Limits { drain_s: 0, requests_per_s: 0, ..Limits::default() };
    let choices = Choices { limits, ..Choices::default() };
    let test = TestApp::with(choices.clone()).await;
    let safe = Tool { delay_ms: Some(600_000), repeat_safe: true, ..tool("safe", ToolKind::Scripted) };
    let unsafe_one = Tool { delay_ms: Some(600_000), ..tool("unsafe", ToolKind::Scripted) };
    test.default_agent(scripted(
        vec![calls(&["safe", "unsafe"]), text("done")],
        vec![safe.clone(), unsafe_one.clone()],
    ))
    .await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    test.until(thread, |i| matches!(i, Item::Entry(e) if matches!(e.event, Event::ToolCalled { .. }))).await;
    let quick = |t: Tool| Tool { delay_ms: None, ..t };
    test.default_agent(scripted(vec![calls(&["safe", "unsafe"]), text("done")], vec![quick(safe), quick(unsafe_one)]))
        .await;
    let folder = test.stop().await;
    let test = TestApp::with(Choices { folder: Some(folder), ..choices }).await;
    test.settle(thread).await;
    let results: Vec<ToolResult> =
        test.messages(thread).await.iter().flat_map(|m| m.body.tool_results().cloned().collect::<Vec<_>>()).collect();
    let of = |id: &str| results.iter().find(|r| r.tool_call_id == id).unwrap();
    assert!(of("call_1_1").error.is_none(), "safe to repeat: run again");
    assert!(of("call_1_2").error.as_deref().unwrap().starts_with("Outcome unknown"));
    assert_eq!(results.len(), 2);
    assert_eq!(count(&test, thread, "turn.attempt").await, 1);
    assert_eq!(test.kinds(thread).await.last(), Some(&"turn.completed"));
}

#[tokio::test]
async fn a_takeover_drops_what_the_dead_attempt_had_shown() {
    let limits = Limits { drain_s: 0, requests_per_s: 0, ..Limits::default() };
    let choices = Choices { limits, ..Choices::default() };
    let test = TestApp::with(choices.clone()).await;
    let stuck = Reply { chunks: Some(2), hang: true, delay_ms: Some(60), ..text("never whole") };
    test.script(vec![stuck]).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    test.until(thread, |i| matches!(i, Item::Delta(_))).await;
    test.script(vec![text("whole")]).await;
    let folder = test.stop().await;
    let test = TestApp::with(Choices { folder: Some(folder), ..choices }).await;
    test.settle(thread).await;
    let log = test.log(thread).await;
    let dropped = log.iter().find_map(|e| match e.event {
        Event::TurnAttempt { attempt, dropped_chars, .. } => Some((attempt, dropped_chars)),
        _ => None,
    });
    assert!(matches!(dropped, Some((2, 1..))), "{dropped:?}");
    let texts: Vec<String> = test.messages(thread).await.iter().map(|m| m.body.plain_text()).collect();
    assert_eq!(texts, ["go", "whole"]);
}

#[tokio::test]
async fn a_lease_that_runs_out_is_taken_over_and_the_first_worker_writes_nothing_more() {
    let limits = Limits { lease_s: 60, requests_per_s: 0, ..Limits::default() };
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { limits, clock, ..Choices::default() }).await;
    test.script(vec![Reply { chunks: Some(2), hang: true, ..text("said by the first attempt") }]).await;
    let thread = test.thread().await.id;
    let turn = test.say(thread, "go", Policy::Queue).await.turn.unwrap().0;
    test.until(thread, |i| matches!(i, Item::Delta(_))).await;
    test.script(vec![text("said by the second")]).await;
    test.forget(turn);
    // The lease expires long before its next renewal.
    us.fetch_add(100_000_000, std::sync::atomic::Ordering::SeqCst);
    test.app.run_now::<services::Turns>().await.unwrap();
    test.settle(thread).await;
    assert_eq!(count(&test, thread, "turn.attempt").await, 1);
    assert_eq!(count(&test, thread, "turn.completed").await, 1);
    let texts: Vec<String> = test.messages(thread).await.iter().map(|m| m.body.plain_text()).collect();
    assert_eq!(texts, ["go", "said by the second"]);
}

#[tokio::test]
async fn a_process_that_was_late_to_renew_a_lease_keeps_what_its_tool_has_done() {
    let limits = Limits { lease_s: 60, requests_per_s: 0, ..Limits::default() };
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { limits, clock, ..Choices::default() }).await;
    let slow = Tool { delay_ms: Some(500), result: Some(json!("sent").into()), ..tool("slow", ToolKind::Scripted) };
    test.default_agent(scripted(vec![calls(&["slow"]), text("done")], vec![slow])).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    test.until(thread, |i| matches!(i, Item::Entry(e) if matches!(e.event, Event::ToolCalled { .. }))).await;
    us.fetch_add(100_000_000, std::sync::atomic::Ordering::SeqCst);
    test.app.run_now::<services::Turns>().await.unwrap();
    test.settle(thread).await;
    let results: Vec<ToolResult> =
        test.messages(thread).await.iter().flat_map(|m| m.body.tool_results().cloned().collect::<Vec<_>>()).collect();
    assert_eq!(results.iter().map(|r| r.result.clone()).collect::<Vec<_>>(), [Some("sent".into())]);
    assert_eq!(count(&test, thread, "turn.attempt").await, 0, "nobody died");
    assert_eq!(count(&test, thread, "turn.completed").await, 1);
}

#[tokio::test]
async fn cancels_race_a_turns_end_and_each_turn_ends_once() {
    let test = TestApp::start().await;
    for round in 0..40 {
        let thread = test.thread().await.id;
        let turn = test.say(thread, "go", Policy::Queue).await.turn.unwrap().0;
        tokio::time::sleep(Duration::from_micros(50 * round)).await;
        test.app.keyed(None).cancel_turn(&test.caller, thread, turn).await.unwrap();
        let ends = test.log(thread).await.iter().filter(|e| e.event.ended().is_some()).count();
        assert_eq!(ends, 1, "round {round}");
    }
}
