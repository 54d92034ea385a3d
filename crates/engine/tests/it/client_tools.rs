//! Turns that wait for a client and go on with its results, and what their entries tell.

use std::sync::atomic::Ordering;

use domain::{
    Limits, ThreadId,
    agent::{Settings, Tool, ToolKind},
    controls::{Controls, Policy},
    event::{Event, Item},
    message::{Role, ToolResult},
    script::{Reply, ScriptedCall},
};
use engine::testing::{Choices, TestApp};

fn call(name: &str, id: Option<&str>) -> ScriptedCall {
    ScriptedCall { id: id.map(Into::into), name: name.into(), arguments: domain::Kept::null() }
}

fn calls(name: &str, id: Option<&str>) -> Reply {
    Reply { tool_calls: vec![call(name, id)], ..Reply::default() }
}

fn echo() -> Reply {
    Reply { echo: true, ..Reply::default() }
}

fn with_tool(script: Vec<Reply>, name: &str, kind: ToolKind) -> Settings {
    let tool = Tool { repeat_safe: true, ..Tool::new(name, kind) };
    Settings { model: Some("scripted".into()), script, tools: vec![tool], ..Settings::default() }
}

fn result(id: &str) -> Vec<ToolResult> {
    vec![ToolResult { tool_call_id: id.into(), result: Some(1.into()), error: None }]
}

/// Waits until the thread's `n`-th call of a tool.
async fn called(test: &TestApp, thread: ThreadId, n: usize) {
    logged(test, thread, "tool.called", n).await;
}

/// Waits until the thread's `n`-th entry of this kind.
async fn logged(test: &TestApp, thread: ThreadId, kind: &str, n: usize) {
    let mut reader =
        test.app.follow(&test.caller, thread, engine::app::messages::follow::Start::Head).await.expect("a thread");
    while test.kinds(thread).await.iter().filter(|k| **k == kind).count() < n {
        reader.next().await.expect("items").expect("a thread");
    }
}

/// The results in the thread, by the ids of their calls.
async fn results(test: &TestApp, thread: ThreadId) -> Vec<ToolResult> {
    let messages = test.messages(thread).await;
    let mut results: Vec<_> = messages.iter().flat_map(|m| m.body.tool_results()).cloned().collect();
    results.sort_by_key(|result| result.tool_call_id.clone());
    results
}

#[tokio::test]
async fn a_turn_that_goes_on_with_a_clients_results_has_only_so_many_steps() {
    let test = TestApp::start().await;
    let settings = with_tool(vec![calls("there", None)], "there", ToolKind::Client);
    test.default_agent(Settings { max_steps: Some(2), ..settings }).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    for n in 1..=2 {
        called(&test, thread, n).await;
        test.app.keyed(None).tool_results(&test.caller, thread, result(&format!("call_{n}_1"))).await.unwrap();
    }
    let ended = test.until(thread, |i| matches!(i, Item::Entry(e) if e.event.ended().is_some() || matches!(e.event, Event::StepStarted { step: 3, .. }))).await;
    assert!(matches!(&*ended, Item::Entry(e) if matches!(e.event, Event::TurnFailed(_))), "{ended:?}");
    assert_eq!(test.messages(thread).await.pop().unwrap().body.error_code.as_deref(), Some("step_limit"));
}

#[tokio::test]
async fn a_turn_that_waits_for_a_client_goes_on_after_its_agent_was_changed() {
    let test = TestApp::start().await;
    test.default_agent(with_tool(vec![calls("there", None), echo()], "there", ToolKind::Client)).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    called(&test, thread, 1).await;
    test.script(vec![echo()]).await;
    test.app.keyed(None).tool_results(&test.caller, thread, result("call_1_1")).await.expect("the call still waits");
    test.settle(thread).await;
    assert_eq!(test.kinds(thread).await.last(), Some(&"turn.completed"));
}

#[tokio::test]
async fn a_call_whose_id_was_used_before_is_a_call_of_its_own() {
    let test = TestApp::start().await;
    let script = vec![calls("there", Some("same")), calls("there", Some("same")), echo()];
    test.default_agent(with_tool(script.clone(), "there", ToolKind::Client)).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    for (n, id) in [(1, "same"), (2, "same-2")] {
        called(&test, thread, n).await;
        test.app.keyed(None).tool_results(&test.caller, thread, result(id)).await.expect("a call that waits");
    }
    test.settle(thread).await;
    test.default_agent(with_tool(script, "there", ToolKind::Scripted)).await;
    test.say(thread, "again", Policy::Queue).await;
    test.settle(thread).await;
    let kinds = test.kinds(thread).await;
    let count = |kind: &str| kinds.iter().filter(|k| **k == kind).count();
    assert_eq!((count("tool.called"), count("tool.completed")), (4, 4), "every call has one result: {kinds:?}");
}

#[tokio::test]
async fn two_calls_of_one_message_with_the_same_id_are_told_apart_and_each_has_its_result() {
    let test = TestApp::start().await;
    // The second is given the id that the first has by its script.
    let twice = Reply { tool_calls: vec![call("ask", Some("call_1_2")), call("ask", None)], ..Reply::default() };
    test.default_agent(with_tool(vec![twice, echo()], "ask", ToolKind::Client)).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    called(&test, thread, 2).await;
    let log = test.log(thread).await;
    let announced: Vec<String> = log
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::ToolCalled { call, .. } => Some(call.id.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(announced, ["call_1_2", "call_1_2-2"]);
    let said = log.iter().filter_map(|entry| entry.message.as_ref()).find(|m| m.role == Role::Agent).unwrap();
    assert_eq!(said.body.tool_calls().map(|call| call.id.clone()).collect::<Vec<_>>(), announced);
    for id in &announced {
        test.app.keyed(None).tool_results(&test.caller, thread, result(id)).await.expect("a call that waits");
    }
    test.settle(thread).await;
    assert_eq!(test.kinds(thread).await.last(), Some(&"turn.completed"));
    assert_eq!(results(&test, thread).await.len(), 2);
}

#[tokio::test]
async fn a_cancelled_turn_tells_the_steps_that_it_made() {
    let test = TestApp::start().await;
    test.default_agent(with_tool(vec![calls("there", None)], "there", ToolKind::Client)).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    called(&test, thread, 1).await;
    test.app.keyed(None).stop_thread(&test.caller, thread).await.unwrap();
    let log = test.log(thread).await;
    let ended = log.iter().find_map(|e| e.event.ended()).expect("a terminal entry");
    let said = log.iter().filter_map(|e| e.message.as_ref()).find(|m| m.role == Role::Agent).map(|m| m.id);
    assert_eq!((ended.steps, ended.tool_calls, ended.message), (1, 1, said));
}

#[tokio::test]
async fn turns_begin_and_end_at_the_times_of_their_entries_even_when_the_clock_goes_back() {
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { clock, ..Choices::default() }).await;
    let thread = test.thread().await.id;
    for _ in 0..3 {
        test.say(thread, "x", Policy::Queue).await;
        test.settle(thread).await;
        us.fetch_sub(1_000_000, Ordering::SeqCst);
    }
    let log = test.log(thread).await;
    for (_, turn) in test.app.list_turns(&test.caller, thread, None, 10).await.unwrap() {
        let at = |is: fn(&Event) -> bool| log.iter().find(|e| e.turn == Some(turn.id) && is(&e.event)).map(|e| e.at);
        assert_eq!(turn.started_at, at(|e| matches!(e, Event::TurnStarted { .. })));
        assert_eq!(turn.ended_at, at(|e| e.ended().is_some()));
    }
}

#[tokio::test]
async fn a_message_names_the_model_that_was_asked() {
    let test = TestApp::start().await;
    let own = domain::model::CATALOGUE[0].name.to_string();
    let controls = Controls { model: Some("echo".into()), ..Controls::default() };
    test.default_agent(Settings { model: Some(own), controls, ..Settings::default() }).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    test.settle(thread).await;
    let log = test.log(thread).await;
    let asked = log.iter().find_map(|e| match &e.event {
        Event::StepStarted { model, .. } => model.clone(),
        _ => None,
    });
    let said = log.iter().filter_map(|e| e.message.as_ref()).find_map(|m| m.body.model.clone());
    assert_eq!((asked.as_deref(), said.as_deref()), (Some("echo"), Some("echo")));
}

#[tokio::test]
async fn a_takeover_ends_calls_that_were_the_servers_and_waits_for_the_clients_whatever_the_agent_says_by_now() {
    let limits = Limits { drain_s: 0, requests_per_s: 0, ..Limits::default() };
    let choices = Choices { limits, ..Choices::default() };
    let test = TestApp::with(choices.clone()).await;
    let three = Reply { tool_calls: ["a", "b", "there"].map(|name| call(name, None)).into(), ..Reply::default() };
    let agent = |servers: ToolKind, clients: ToolKind| {
        let delay_ms = (servers == ToolKind::Scripted).then_some(600_000);
        let slow = |name| Tool { delay_ms, repeat_safe: true, ..Tool::new(name, servers) };
        let tools = vec![slow("a"), slow("b"), Tool { repeat_safe: true, ..Tool::new("there", clients) }];
        Settings { model: Some("scripted".into()), script: vec![three.clone(), echo()], tools, ..Settings::default() }
    };
    test.default_agent(agent(ToolKind::Scripted, ToolKind::Client)).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    called(&test, thread, 3).await;
    test.default_agent(agent(ToolKind::Client, ToolKind::Scripted)).await;
    let folder = test.stop().await;
    let test = TestApp::with(Choices { folder: Some(folder), ..choices }).await;
    logged(&test, thread, "tool.completed", 2).await;
    assert!(
        test.app.thread(&test.caller, thread).await.unwrap().run.waiting,
        "for the call that the client was told of"
    );
    test.app.keyed(None).tool_results(&test.caller, thread, result("call_1_3")).await.expect("a call that waits");
    test.settle(thread).await;
    let results = results(&test, thread).await;
    let unknown = |r: &ToolResult| r.error.as_deref().is_some_and(|error| error.starts_with("Outcome unknown"));
    assert_eq!(results.iter().map(unknown).collect::<Vec<_>>(), [true, true, false], "{results:?}");
    let kinds = test.kinds(thread).await;
    assert_eq!(kinds.iter().filter(|k| **k == "turn.attempt").count(), 1, "taken over once: {kinds:?}");
}
