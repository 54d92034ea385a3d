//! aimock gives scripted answers: faults that pass, thinking, two calls at once. The server asks it as often as it has
//! to, and says everything once.

use dialect_kit::testing::node;
use serde_json::{Value, json};

use super::{
    configuration::{self, Lead},
    program::{Program, path},
    talk::{Talk, all, one},
};
use crate::{
    bad_input::world::Api,
    process::{KEY, client},
};

/// What is said, the agent's answer, and the number of calls of the model.
const ANSWERS: [(&str, &str, usize); 6] = [
    ("Are you busy?", "Here is the answer.", 2),
    ("Are you overloaded?", "Here is the answer.", 2),
    ("Please truncate", "Here is the answer.", 2),
    ("Please think", "I have thought.", 1),
    ("Please look twice", "Both are there.", 2),
    ("Hello", "Here is the answer.", 1),
];

async fn answers(wire: &str, base: &str, name: &'static str) {
    let answers = path("answers.json");
    let aimock = Program::start(&node(), "aimock.mjs", &[answers.to_str().expect("UTF-8")]);
    let lead = Lead { wire, base_url: format!("{}{base}", aimock.url), agents: vec![(wire.into(), name, 100)] };
    let server = configuration::server(&[lead], "mock-model", "").await;
    let look = json!({"name": "look", "kind": "scripted", "result": "there", "parameters": {"type": "object"}});
    Api { server: &server, key: KEY }.patch(&format!("agents/{wire}"), json!({"tools": [look]})).await;
    let asked = async || {
        let journal = client().get(format!("{}/__aimock/journal", aimock.url)).send().await.expect("an answer");
        journal.json::<Vec<Value>>().await.expect("a list").len()
    };
    let mut talk = Talk::begin(&server, wire).await;
    for (text, answer, calls) in ANSWERS {
        let before = asked().await;
        talk.send(text).await;
        let events =
            talk.until(|event| ["turn.completed", "turn.failed"].iter().any(|end| event["type"] == *end)).await;
        one(&events, "turn.completed");
        let completed = all(&events, "message.completed");
        let parts = |kind: &str| -> Vec<&Value> {
            let parts = completed.iter().flat_map(|said| said["message"]["content"].as_array().expect("parts"));
            parts.filter(|part| part["type"] == kind).collect()
        };
        let texts: Vec<&Value> = parts("text").into_iter().map(|part| &part["text"]).collect();
        assert_eq!(texts, [answer], "{wire} {text}: {events:#?}");
        assert_eq!(asked().await - before, calls, "{wire} {text}");
        assert_eq!(
            parts("thinking").iter().any(|part| part["text"] != ""),
            text.contains("think"),
            "{wire}: {events:#?}"
        );
        let looks = if text.contains("look") { 2 } else { 0 };
        for kind in ["tool.called", "tool.completed"] {
            assert_eq!(all(&events, kind).len(), looks, "{wire} {text}: {events:#?}");
        }
    }
}

#[tokio::test]
async fn scripted_answers_are_said_once_over_chat() {
    answers("chat", "/v1", "gpt-5.4").await;
}

#[tokio::test]
async fn scripted_answers_are_said_once_over_responses() {
    answers("responses", "/v1", "gpt-5.5").await;
}

#[tokio::test]
async fn scripted_answers_are_said_once_over_anthropic() {
    answers("anthropic", "/v1", "claude-opus-4-8").await;
}

#[tokio::test]
async fn scripted_answers_are_said_once_over_gemini() {
    answers("gemini", "/v1beta", "gemini-3-flash-preview").await;
}
