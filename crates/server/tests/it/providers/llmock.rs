//! llmock fails on purpose and judges its client: the server tries again as the provider asks, says everything once,
//! and the verdict finds nothing.

use dialect_kit::testing::python;
use serde_json::{Value, json};

use super::{
    configuration::{self, Lead},
    program::Program,
    talk::{Talk, all, one, pieces},
};
use crate::process::client;

const WORDS: &str = "one two three four five six seven eight nine ten";
/// The provider's silence that is a fault. llmock stalls for longer.
const TIMES: &str = "silence_s = 2";

/// Plays each fault once, before the answer or within it.
async fn is_borne(wire: &str, path: &str, name: &'static str) {
    let llmock = Program::start(&python(), "faults.py", &[]);
    let lead = Lead { wire, base_url: format!("{}{path}", llmock.url), agents: vec![(wire.into(), name, 100)] };
    let server = configuration::server(&[lead], "mock-model", TIMES).await;
    let ask = async |method: &str, path: &str, body: Value| -> Value {
        let url = format!("{}/_llmock/{path}", llmock.url);
        let request = if method == "GET" { client().get(url) } else { client().post(url).json(&body) };
        request.send().await.expect("an answer").error_for_status().expect("success").json().await.expect("JSON")
    };
    let within = |kind: &str| json!({"type": "stream_fault", "kind": kind, "after_chunks": 5, "stall_seconds": 60});
    for fault in [
        json!({"type": "fail", "status": 429, "retry_after": 1}),
        json!({"type": "fail", "status": 500}),
        json!({"type": "fail", "status": 529, "times": 2}),
        within("disconnect"),
        within("truncate"),
        within("malformed"),
        within("stall"),
    ] {
        ask("POST", "reset", Value::Null).await;
        let reply = json!({"type": "reply", "text": WORDS, "times": null});
        ask("POST", "scenario", json!({"behaviors": [fault, reply]})).await;
        let events = Talk::begin(&server, wire).await.says("Count to ten").await;
        one(&events, "turn.completed");
        assert_eq!(one(&events, "message.completed")["message"]["content"][0]["text"], WORDS, "{wire} {fault}");
        let last = events.iter().rposition(|event| event["type"] == "turn.attempt").unwrap_or_default();
        assert!(WORDS.starts_with(&pieces(&events[last..], "text")), "{wire} {fault}: {events:#?}");
        let is_shown = fault["type"] == "stream_fault";
        assert_eq!(all(&events, "turn.attempt").len(), usize::from(is_shown), "{wire} {fault}: {events:#?}");
        let verdict = ask("GET", "verdict", Value::Null).await;
        let faults = fault["times"].as_u64().unwrap_or(1);
        assert_eq!(verdict["findings"], json!([]), "{wire} {fault}: {verdict:#}");
        assert_eq!(verdict["faults_injected"], faults, "{wire} {fault}: {verdict:#}");
        assert_eq!(verdict["attempts"], faults + 1, "{wire} {fault}: {verdict:#}");
    }
}

#[tokio::test]
async fn faults_are_borne_over_chat() {
    is_borne("chat", "/v1", "gpt-5.4").await;
}

#[tokio::test]
async fn faults_are_borne_over_responses() {
    is_borne("responses", "/v1", "gpt-5.5").await;
}

#[tokio::test]
async fn faults_are_borne_over_anthropic() {
    is_borne("anthropic", "/anthropic/v1", "claude-opus-4-8").await;
}

#[tokio::test]
async fn faults_are_borne_over_gemini() {
    is_borne("gemini", "/gemini/v1beta", "gemini-3-flash-preview").await;
}
