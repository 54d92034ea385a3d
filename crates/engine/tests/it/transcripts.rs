//! The transcript that a model gets, told by a script that recites it.

use domain::{
    Limits, ThreadId,
    agent::{Settings, Tool, ToolKind},
    controls::Policy,
    event::{Event, Item},
    message::ToolResult,
    script::{Reply, ScriptedCall},
    step::Stop,
};
use engine::{
    app::{
        handling::hand_back::HandBack,
        messages::{amend::MessagePatch, follow::Start},
        people::members::NewMember,
        threads::fork::NewFork,
    },
    testing::{Choices, TestApp},
};
use serde_json::{Value, json};

fn recital() -> Reply {
    Reply { recite_transcript: true, ..Reply::default() }
}

fn call(name: &str, id: &str) -> Reply {
    let arguments = json!({"a": 1}).into();
    let call = ScriptedCall { id: Some(id.into()), name: name.into(), arguments };
    Reply { tool_calls: vec![call], ..Reply::default() }
}

/// The transcript that the agent's last message recites.
async fn recited(test: &TestApp, thread: ThreadId) -> Vec<Value> {
    let said = test.messages(thread).await.pop().expect("an answer");
    serde_json::from_str(&said.body.only_text()).unwrap_or_else(|why| panic!("{why}: {said:?}"))
}

/// Each message in a word: its role's first letter and its text, call or result.
fn words(transcript: &[Value]) -> String {
    let word = |message: &Value| {
        let parts = message["content"].as_array().expect("parts").iter().map(|part| match part["type"].as_str() {
            Some("text") => part["text"].as_str().unwrap_or_default().to_owned(),
            Some("thinking") => format!("({})", part["text"].as_str().unwrap_or_default()),
            Some("tool_call") => format!("call:{}", part["id"].as_str().unwrap_or_default()),
            _ => format!("result:{}", part["tool_call_id"].as_str().unwrap_or_default()),
        });
        format!("{}[{}]", &message["role"].as_str().expect("a role")[..1], parts.collect::<Vec<_>>().join("+"))
    };
    transcript.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_message_that_joins_a_turn_between_call_and_result_stands_behind_the_result() {
    let test = TestApp::start().await;
    let tools = vec![Tool::new("ask", ToolKind::Client)];
    let script = vec![call("ask", "c1"), recital()];
    let model = Some("scripted".into());
    test.default_agent(Settings { model, script, tools, ..Settings::default() }).await;
    let thread = test.thread().await.id;
    test.say(thread, "first", Policy::Queue).await;
    test.until(thread, |item| matches!(item, Item::Entry(entry) if matches!(entry.event, Event::ToolCalled { .. })))
        .await;
    test.say(thread, "steered", Policy::Steer).await;
    let result = ToolResult { tool_call_id: "c1".into(), result: Some("done".into()), error: None };
    test.app.keyed(None).tool_results(&test.caller, thread, vec![result]).await.expect("they are taken");
    test.settle(thread).await;
    assert_eq!(words(&recited(&test, thread).await), "u[first] a[call:c1] t[result:c1] u[steered]");
}

#[tokio::test]
async fn a_models_words_are_given_back_and_the_servers_about_a_failure_are_not() {
    let test = TestApp::start().await;
    let cut = Reply {
        text: Some("half a word".into()),
        thinking: Some("hm".into()),
        chunks: Some(2),
        delay_ms: Some(80),
        error: Some(domain::fault::Fault::Refused),
        ..Reply::default()
    };
    test.script(vec![cut]).await;
    let thread = test.thread().await.id;
    test.say(thread, "one", Policy::Queue).await;
    test.settle(thread).await;
    test.script(vec![recital()]).await;
    test.say(thread, "two", Policy::Queue).await;
    test.settle(thread).await;
    assert_eq!(words(&recited(&test, thread).await), "u[one] a[(hm)+half ] u[two]");
}

#[tokio::test]
async fn blocks_go_back_to_the_model_and_to_nobody_else() {
    let test = TestApp::start().await;
    let secret = "opaque-7f3a";
    let signed = Reply {
        thinking: Some("hm".into()),
        text: Some("yes".into()),
        blocks: [json!({"type": "redacted_thinking", "data": secret}).into()].into(),
        ..Reply::default()
    };
    test.script(vec![signed]).await;
    let thread = test.thread().await.id;
    let mut reader = test.app.follow(&test.caller, thread, Start::Head).await.expect("a reader");
    test.say(thread, "one", Policy::Queue).await;
    test.settle(thread).await;
    let told: Vec<String> =
        reader.next().await.expect("items").expect("items").iter().map(|i| format!("{i:?}")).collect();
    let stored = format!("{:?} {:?}", test.messages(thread).await, told);
    assert!(stored.contains("yes") && !stored.contains(secret), "{stored}");

    test.script(vec![recital()]).await;
    let fork = test.app.fork_thread(&test.caller, thread, NewFork::default()).await.expect("a fork").id;
    let origin = json!({"provider": "scripted", "wire": "scripted", "model": "scripted"});
    for thread in [thread, fork] {
        test.say(thread, "two", Policy::Queue).await;
        test.settle(thread).await;
        let transcript = recited(&test, thread).await;
        assert_eq!(words(&transcript), "u[one] a[(hm)+yes] u[two]");
        assert_eq!(transcript[1]["origin"], origin);
        assert_eq!(transcript[0].get("origin"), None);
    }
}

#[tokio::test]
async fn a_paused_answer_goes_on_with_the_next_call() {
    let test = TestApp::start().await;
    let paused = Reply { text: Some("so far".into()), stop: Some(Stop::Pause), ..Reply::default() };
    test.script(vec![paused, recital()]).await;
    let thread = test.thread().await.id;
    test.say(thread, "one", Policy::Queue).await;
    test.settle(thread).await;
    assert_eq!(words(&recited(&test, thread).await), "u[one] a[so far]");
    assert_eq!(test.kinds(thread).await.iter().filter(|kind| **kind == "step.started").count(), 2);
}

#[tokio::test]
async fn arguments_that_are_no_object_come_back_as_an_error_and_no_client_is_asked() {
    let test = TestApp::start().await;
    let tools = vec![Tool::new("ask", ToolKind::Client)];
    let broken = ScriptedCall { id: None, name: "ask".into(), arguments: "{\"city\": \"Par".into() };
    let script = vec![Reply { tool_calls: vec![broken], ..Reply::default() }, recital()];
    let model = Some("scripted".into());
    test.default_agent(Settings { model, script, tools, ..Settings::default() }).await;
    let thread = test.thread().await.id;
    test.say(thread, "one", Policy::Queue).await;
    test.settle(thread).await;
    let transcript = recited(&test, thread).await;
    assert_eq!(words(&transcript), "u[one] a[call:call_1_1] t[result:call_1_1]");
    let error = transcript[2]["content"][0]["error"].as_str().expect("an error");
    assert!(error.contains("not a JSON object"), "{error}");
}

#[tokio::test]
async fn a_long_thread_is_fitted_once_and_its_beginning_stays() {
    let limits = Limits { transcript: 20, ..Limits::default() };
    let test = TestApp::with(Choices { limits, ..Choices::default() }).await;
    test.script(vec![Reply { echo: true, ..Reply::default() }]).await;
    let thread = test.thread().await.id;
    let ask = async |text: &str| {
        test.say(thread, text, Policy::Queue).await;
        test.settle(thread).await;
    };
    for n in 1..=8 {
        ask(&format!("m{n}")).await;
    }
    test.script(vec![recital()]).await;
    ask("m9").await;
    // 17 of 20 messages are within 85 %; 18 are not.
    let whole = recited(&test, thread).await;
    assert_eq!((whole.len(), words(&whole[..2]).as_str()), (17, "u[m1] a[m1]"));
    test.script(vec![Reply { echo: true, ..Reply::default() }]).await;
    ask("m10").await;
    test.script(vec![recital()]).await;
    ask("m11").await;
    let fitted = recited(&test, thread).await;
    let begins = "u[[Earlier messages of this conversation are left out.]]";
    assert!(fitted.len() <= 12 && words(&fitted).starts_with(begins), "{fitted:?}");
    test.script(vec![Reply { text: Some("ok".into()), ..Reply::default() }]).await;
    ask("m12").await;
    test.script(vec![recital()]).await;
    ask("m13").await;
    let later = recited(&test, thread).await;
    assert_eq!(later[..fitted.len()], fitted[..], "the beginning is the same");
    assert_eq!(later.len(), fitted.len() + 4);
}

#[tokio::test]
async fn a_summary_stands_for_what_is_left_out_and_is_made_once() {
    let limits = Limits { transcript: 10, ..Limits::default() };
    let test = TestApp::with(Choices { limits, ..Choices::default() }).await;
    let summary = |text: &str| Reply { summary: true, text: Some(text.into()), ..Reply::default() };
    let thread = test.thread().await.id;
    let ask = async |text: &str, script: Vec<Reply>| {
        test.script(script).await;
        test.say(thread, text, Policy::Queue).await;
        test.settle(thread).await;
    };
    let ok = || Reply { text: Some("ok".into()), ..Reply::default() };
    for n in 1..=4 {
        ask(&format!("m{n}"), vec![summary("never asked"), ok()]).await;
    }
    ask("m5", vec![recital(), summary("They counted to three.")]).await;
    let first = recited(&test, thread).await;
    assert_eq!(
        words(&first),
        "u[[Summary of the earlier conversation]\nThey counted to three.] u[m3] a[ok] u[m4] a[ok] u[m5]"
    );
    ask("m6", vec![recital(), summary("another")]).await;
    let second = recited(&test, thread).await;
    assert_eq!(second[..first.len()], first[..], "it is stored and reused");

    let broken = Reply { summary: true, error: Some(domain::fault::Fault::Upstream), ..Reply::default() };
    ask("m7", vec![recital(), broken]).await;
    let third = recited(&test, thread).await;
    assert!(words(&third).starts_with("u[[Summary of the earlier conversation]\nThey counted to three.]"), "{third:?}");
    assert!(third.len() < second.len(), "a summary that fails holds nothing up");
}

#[tokio::test]
async fn a_message_longer_than_the_window_fails_its_turn_and_the_thread_takes_the_next() {
    let limits = Limits { transcript_bytes: 1_000, ..Limits::default() };
    let test = TestApp::with(Choices { limits, ..Choices::default() }).await;
    test.script(vec![recital()]).await;
    let thread = test.thread().await.id;
    test.say(thread, &"x".repeat(2_000), Policy::Queue).await;
    test.settle(thread).await;
    let failed = test.messages(thread).await.pop().expect("a message");
    assert_eq!(failed.body.error_code.as_deref(), Some("context_too_long"));
    test.say(thread, "short", Policy::Queue).await;
    test.settle(thread).await;
    let transcript = recited(&test, thread).await;
    assert!(words(&transcript).ends_with("u[short]"), "{transcript:?}");
}

/// Answers, and reads the whole thread as a recital does.
fn reader() -> Vec<Reply> {
    vec![Reply { text: Some("ok".into()), ..Reply::default() }, recital()]
}

/// A thread of six answered messages, whose last step has read them.
async fn long_thread(test: &TestApp) -> ThreadId {
    test.script(reader()).await;
    let thread = test.thread().await.id;
    for n in 1..=6 {
        test.say(thread, &format!("m{n}"), Policy::Queue).await;
        test.settle(thread).await;
    }
    thread
}

async fn recite(test: &TestApp, thread: ThreadId) -> String {
    test.script(vec![recital()]).await;
    test.say(thread, "?", Policy::Queue).await;
    test.settle(thread).await;
    words(&recited(test, thread).await)
}

const SIX: &str = "u[m1] a[ok] u[m2] a[ok] u[m3] a[ok] u[m4] a[ok] u[m5] a[ok] u[m6] a[ok]";

#[tokio::test]
async fn a_message_that_is_retried_later_is_read_where_it_is_answered() {
    let test = TestApp::start().await;
    let thread = long_thread(&test).await;
    let fails = Reply { error: Some(domain::fault::Fault::Refused), ..Reply::default() };
    test.script(vec![fails, recital()]).await;
    let (failed, _) = test.say(thread, "lost", Policy::Queue).await.turn.expect("a turn");
    test.settle(thread).await;
    test.script(reader()).await;
    test.say(thread, "m7", Policy::Queue).await;
    test.settle(thread).await;
    test.app.keyed(None).retry_turn(&test.caller, thread, failed).await.expect("a failed turn");
    test.settle(thread).await;
    assert_eq!(recite(&test, thread).await, format!("{SIX} u[m7] a[ok] u[lost] a[ok] u[?]"));
}

#[tokio::test]
async fn a_letter_that_is_changed_is_read_as_changed() {
    let test = TestApp::start().await;
    test.script(reader()).await;
    let ann = NewMember { email: "ann@example.com".into(), name: None, role: None };
    test.app.create_member(&test.caller, ann, None).await.expect("a member");
    let written = crate::emails::email(json!({"from": "carol@example.com"}));
    let thread = crate::emails::file(&test, written).await.thread;
    test.settle(thread).await;
    let envelope = json!({"from": "ann@example.com", "to": ["carol@example.com"]});
    let letter = engine::app::tickets::file::Email { thread: Some(thread), ..crate::emails::email(envelope) };
    crate::emails::file(&test, letter).await;
    let id = test.messages(thread).await.pop().expect("the letter").id;
    for n in 1..=6 {
        test.say(thread, &format!("m{n}"), Policy::Queue).await;
        test.settle(thread).await;
    }
    let patch = MessagePatch { text: Some("Other words.".into()), ..MessagePatch::default() };
    test.app.update_message(&test.caller, None, id, patch).await.expect("a letter that waits");
    let told = recite(&test, thread).await;
    assert!(told.contains("Other words.") && told.ends_with(&format!("{SIX} u[?]")), "{told}");
}

#[tokio::test]
async fn messages_of_a_turn_that_waited_are_read_once_it_has_begun() {
    let test = TestApp::start().await;
    let thread = long_thread(&test).await;
    let hangs = Reply { text: Some("It".into()), chunks: Some(1), hang: true, ..Reply::default() };
    test.script(vec![hangs, recital()]).await;
    let (first, _) = test.say(thread, "m7", Policy::Queue).await.turn.expect("a turn");
    test.until(thread, |item| matches!(item, Item::Delta(delta) if delta.turn == first)).await;
    test.say(thread, "m8", Policy::Queue).await;
    test.say(thread, "m9", Policy::Queue).await;
    test.script(reader()).await;
    test.app.keyed(None).cancel_turn(&test.caller, thread, first).await.expect("a running turn");
    test.settle(thread).await;
    let begins = format!("{SIX} u[m7] a[It] u[m8] a[ok] u[m9] a[ok]");
    assert_eq!(recite(&test, thread).await, format!("{begins} u[?]"));
}

#[tokio::test]
async fn messages_that_waited_for_a_person_are_read_in_the_turn_that_answers_them() {
    let test = TestApp::start().await;
    let thread = long_thread(&test).await;
    let member = test.take(thread).await;
    test.say(thread, "m7", Policy::Queue).await;
    test.reply(thread, &member, "Wait.").await;
    test.say(thread, "m8", Policy::Queue).await;
    let back = HandBack { member: Some(member), ..HandBack::default() };
    test.app.keyed(None).hand_back(&test.caller, thread, back).await.expect("a thread that is held");
    test.settle(thread).await;
    test.script(reader()).await;
    test.say(thread, "m9", Policy::Queue).await;
    test.settle(thread).await;
    let told = recite(&test, thread).await;
    assert!(told.starts_with(&format!("{SIX} u[[team ")), "{told}");
    assert!(told.ends_with(" u[m8] a[ok] u[m9] a[ok] u[?]") && told.matches("m7").count() == 1, "{told}");
}
