//! An installation without a model: `echo` answers in the place of the models that are asked for.

use domain::{
    ThreadId,
    agent::Settings,
    caller::Subject,
    controls::{Controls, Policy},
    event::{Entry, Event},
    message::Body,
    script::Reply,
};
use engine::{
    app::messages::Send,
    testing::{
        Choices, TestApp,
        peers::{Peer, Plays, models, route},
    },
};

/// The models that the log says are missing, each behind the entry of this type.
fn missing(log: &[Entry]) -> Vec<(&str, &str)> {
    let pairs = log.iter().zip(log.iter().skip(1));
    let found = pairs.filter_map(|(before, entry)| match &entry.event {
        Event::ModelMissing { model } => Some((before.event.kind(), model.as_str())),
        _ => None,
    });
    found.collect()
}

async fn ask(test: &TestApp, thread: ThreadId, model: Option<&str>) {
    let controls = Controls { model: model.map(Into::into), ..Controls::default() };
    let send = Send::new(thread, Body { controls, ..Body::text("hello") }, Policy::Queue);
    test.app.send(&test.caller, send).await.unwrap();
    test.settle(thread).await;
}

#[tokio::test]
async fn the_first_answer_says_that_the_model_is_missing_and_no_later_one() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    ask(&test, thread, Some("claude-opus-4-8")).await;
    ask(&test, thread, Some("gpt-5.5")).await;
    let log = test.log(thread).await;
    assert_eq!(missing(&log), [("message.completed", "claude-opus-4-8")]);
    let at = log.iter().position(|entry| matches!(entry.event, Event::ModelMissing { .. })).unwrap();
    assert_eq!(log[at + 1].event.kind(), "turn.completed", "the turn goes on as ever");
    assert_eq!(log[at].turn, log[at + 1].turn);
    let answers = test.messages(thread).await;
    assert!(answers.iter().all(|message| message.body.plain_text() == "hello"), "no message says it");
    let shown = log[at].clone().shown_to(Subject::Thread(thread));
    assert_eq!((shown.seq, shown.event), (log[at].seq, Event::ThreadInternal {}), "nobody below the project learns it");
}

#[tokio::test]
async fn an_agent_with_a_model_has_it_too_and_agents_that_echo_or_play_never() {
    let test = TestApp::start().await;
    let asked = async |model: Option<&str>| {
        let script = vec![Reply { text: Some("hello".into()), ..Reply::default() }];
        let script = if model == Some("scripted") { script } else { Vec::new() };
        test.default_agent(Settings { model: model.map(Into::into), script, ..Settings::default() }).await;
        let thread = test.thread().await.id;
        ask(&test, thread, None).await;
        missing(&test.log(thread).await).into_iter().map(|(_, model)| model.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(asked(Some("gpt-5.5")).await, ["gpt-5.5"]);
    for model in [None, Some("echo"), Some("scripted")] {
        assert!(asked(model).await.is_empty(), "{model:?}");
    }
}

#[tokio::test]
async fn a_connected_model_is_not_missing() {
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let models = models(vec![peer.provider("far")], [("default", route("far", "own"))]);
    let test = TestApp::with(Choices { models, ..Choices::default() }).await;
    for model in ["gpt-5.5", "echo"] {
        let thread = test.thread().await.id;
        ask(&test, thread, Some(model)).await;
        assert!(missing(&test.log(thread).await).is_empty(), "{model}");
    }
}
