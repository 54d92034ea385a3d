//! Time limits and counts of model calls and tools, at the limits and one short of them.

use domain::{
    Limits,
    agent::{Settings, Tool, ToolKind},
    controls::Policy,
    event::Ended,
    fault::Fault,
    message::Message,
    script::{Reply, ScriptedCall},
};
use engine::testing::{Choices, TestApp};
use serde_json::json;

/// The end of one message's turn, and the messages of its thread.
async fn turn(limits: Limits, settings: Settings) -> (Ended, Vec<Message>) {
    let limits = Limits { requests_per_s: 0, ..limits };
    let test = TestApp::with(Choices { limits, ..Choices::default() }).await;
    test.default_agent(Settings { model: Some("scripted".into()), ..settings }).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    test.settle(thread).await;
    let ended = test.log(thread).await.iter().find_map(|entry| entry.event.ended().cloned());
    (ended.expect("the turn has ended"), test.messages(thread).await)
}

#[tokio::test]
async fn a_model_that_says_nothing_has_failed() {
    let limits = Limits { model_silence_s: 1, model_tries: 1, ..Limits::default() };
    let hanging = Settings { script: vec![Reply { hang: true, ..Reply::default() }], ..Settings::default() };
    let (ended, messages) = turn(limits, hanging).await;
    assert_eq!(ended.code.as_deref(), Some("upstream"));
    assert!(ended.reason.is_some_and(|reason| reason.contains("was silent for 1 seconds")));
    assert_eq!(messages.len(), 2, "the thread says so");
}

#[tokio::test]
async fn a_model_is_asked_as_often_as_the_limit_says() {
    let busy = || Reply { error: Some(Fault::Unavailable), ..Reply::default() };
    for (model_tries, code) in [(2, Some("unavailable")), (3, None)] {
        let script = vec![busy(), busy(), Reply { text: Some("at last".into()), ..Reply::default() }];
        let limits = Limits { model_tries, ..Limits::default() };
        let (ended, _) = turn(limits, Settings { script, ..Settings::default() }).await;
        assert_eq!(ended.code.as_deref(), code, "{model_tries} tries");
    }
}

#[tokio::test]
async fn a_tool_that_takes_longer_than_it_may_has_failed() {
    for (delay_ms, error) in [(900, None), (1_100, Some("The tool did not end within 1 seconds"))] {
        let call = ScriptedCall { id: None, name: "slow".into(), arguments: domain::Kept::null() };
        let script = vec![
            Reply { tool_calls: vec![call], ..Reply::default() },
            Reply { text: Some("done".into()), ..Reply::default() },
        ];
        let slow =
            Tool { delay_ms: Some(delay_ms), result: Some(json!(1).into()), ..Tool::new("slow", ToolKind::Scripted) };
        let limits = Limits { tool_s: 1, ..Limits::default() };
        let (ended, messages) = turn(limits, Settings { script, tools: vec![slow], ..Settings::default() }).await;
        assert_eq!(ended.code, None);
        let results: Vec<_> = messages.iter().flat_map(|message| message.body.tool_results()).collect();
        assert_eq!(results.iter().map(|result| result.error.as_deref()).collect::<Vec<_>>(), [error]);
    }
}

#[tokio::test]
async fn a_model_that_says_more_than_it_may_has_failed() {
    for (text, code) in [("two", None), ("more", Some("refused"))] {
        let reply = Reply { text: Some(text.into()), thinking: Some("one".into()), ..Reply::default() };
        let limits = Limits { reply_bytes: 6, ..Limits::default() };
        let (ended, _) = turn(limits, Settings { script: vec![reply], ..Settings::default() }).await;
        assert_eq!(ended.code.as_deref(), code, "thinking and text together: {text}");
    }
}
