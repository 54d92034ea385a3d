//! The prompts of a thread, as the provider gets them: each begins with the one before, and a prompt that the provider refuses
//! as too long is shortened once.

use domain::{
    agent::{Settings, Tool, ToolKind},
    controls::Policy,
};
use engine::testing::{Choices, TestApp};
use providers::testing::StrictPeer;
use serde_json::{Value, json};

use super::{LONG, MODEL, Screen, World, models};

/// The members of a request with the transcript, of all wires.
const TRANSCRIPTS: [&str; 3] = ["messages", "input", "contents"];

/// A request's transcript, and all else of it as bytes.
fn parts(mut body: Value) -> (Vec<Value>, String) {
    unmark(&mut body);
    let members = body.as_object_mut().expect("an object");
    let transcript = TRANSCRIPTS.iter().find_map(|name| members.remove(*name)).expect("a transcript");
    (transcript.as_array().expect("a list").clone(), body.to_string())
}

/// Removes the marks of the cache, which are no words of the prompt.
fn unmark(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("cache_control");
            members.values_mut().for_each(unmark);
        }
        Value::Array(elements) => elements.iter_mut().for_each(unmark),
        _ => {}
    }
}

async fn each_prompt_begins_with_the_one_before(wire: &str) {
    let (url, peer) = StrictPeer::start().await;
    let start = async |folder| {
        let models = models(&[(MODEL, wire, &url)], LONG);
        TestApp::with(Choices { models, folder, ..Choices::default() }).await
    };
    let mut test = start(None).await;
    let tool = |name| Tool { result: Some(json!(1).into()), ..Tool::new(name, ToolKind::Scripted) };
    let tools = ["zeta", "look", "alpha"].map(tool).into();
    let (model, instructions) = (Some(MODEL.into()), "Answer.".into());
    test.default_agent(Settings { model, tools, instructions, ..Settings::default() }).await;
    let thread = test.thread().await.id;
    for texts in [["think", "calls look"], ["steps 2 zeta", "think"]] {
        for text in texts {
            test.say(thread, text, Policy::Queue).await;
            test.settle(thread).await;
        }
        test = start(Some(test.stop().await)).await;
    }
    let prompts: Vec<_> = peer.requests().into_iter().map(|got| parts(got.body)).collect();
    assert_eq!(prompts.len(), 7, "{wire}: a call of the model for each step");
    for pair in prompts.windows(2) {
        let [(before, frame), (after, later_frame)] = pair else { unreachable!("two") };
        assert!(after.len() > before.len() && after.starts_with(before), "{wire}: {before:#?}\nthen {after:#?}");
        assert_eq!(frame, later_frame, "{wire}: instructions, tools and settings stay byte for byte");
    }
    assert_eq!(peer.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn each_prompt_begins_with_the_one_before_also_in_another_process() {
    for wire in ["chat", "responses", "anthropic", "gemini"] {
        each_prompt_begins_with_the_one_before(wire).await;
    }
}

/// The provider's word counts, although the estimate says that the prompt fits.
async fn a_refused_prompt_is_shortened_once(wire: &str) {
    let world = World::start(wire, LONG).await;
    let thread = world.test.thread().await.id;
    let mut screen = Screen::of(&world.test, thread, wire).await;
    for (text, end) in [
        ("one", None),
        ("two", None),
        ("three", None),
        ("four", None),
        ("fault look overflow start 1 times", None),
        ("five", None),
        ("six", None),
        ("fault look overflow start 2 times", Some("context_too_long")),
        ("seven", None),
    ] {
        world.test.say(thread, text, Policy::Queue).await;
        screen.until_ended().await;
        assert_eq!(screen.ends.last(), Some(&end.map(str::to_owned)), "{wire}: {text}");
    }
    let requests: Vec<String> = world.peer.requests().into_iter().map(|got| got.body.to_string()).collect();
    // A summary's record ends before the question. An answered question stands before its answer, the other before "seven".
    let asks = |times: u8, later: &str| -> Vec<&String> {
        let question = format!("fault look overflow start {times} times");
        requests.iter().filter(|body| body.contains(&question) && !body.contains(later)).collect()
    };
    assert_eq!(asks(2, "seven").len(), 2, "{wire}: the second refusal ends the turn");
    let [whole, short] = asks(1, "I call.")[..] else { panic!("{wire}: {:#?}", asks(1, "I call.")) };
    let is_fitted = |body: &str| body.contains("[Summary of the earlier conversation]");
    assert!(!is_fitted(whole) && whole.contains("You said: one."), "{wire}: {whole}");
    assert!(is_fitted(short) && short.len() < whole.len(), "{wire}: {short}");
    assert_eq!(world.peer.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn a_prompt_that_the_provider_refuses_as_too_long_is_shortened_once() {
    for wire in ["chat", "responses", "anthropic", "gemini"] {
        a_refused_prompt_is_shortened_once(wire).await;
    }
}
