//! A server with a provider: answers, refusals and lists, through each door.

use providers::testing::played::{Peer, Plays};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::process::{KEY, Server, Start, client, write};

/// A server whose models lead to the peer: `claude-*` to one that takes few words, the rest to one that nobody knows.
fn server(peer: &Peer) -> Server {
    let start = Start::new("serve").env("THREADLINE_BOOTSTRAP_KEY", KEY);
    let file = format!(
        "[providers.far]\nkind = \"openai\"\nbase_url = \"{}\"\napi_key_env = \"FAR_KEY\"\n\
         [models.\"claude-*\"]\nprovider = \"far\"\nmodel = \"glm-5.1\"\n\
         [models.default]\nprovider = \"far\"\nmodel = \"own\"\n",
        peer.base_url
    );
    let path = write(&start.folder, "models.toml", &file);
    start.env("FAR_KEY", "sk-secret").env("THREADLINE_CONFIG", &path).start()
}

async fn post(server: &Server, path: &str, body: Value) -> (StatusCode, Value) {
    let url = format!("{}{path}", server.url);
    let answer = client().post(url).bearer_auth(KEY).json(&body).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

// The command blocks its thread while the provider answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_providers_model_answers_and_its_key_is_told_nowhere() {
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let server = server(&peer);
    assert_eq!(server.logged("a model provider")["provider"], "far");
    let thread = server.thread();
    let followed = server.ask(&["thread", "send", &thread, "Hello", "--follow"]);
    assert_eq!((followed.code, followed.out.as_str()), (0, "Hi.\n"), "{}", followed.err);
    let events = server.get(&format!("/threadline/v1/threads/{thread}/events")).await.1;
    let records: Vec<&Value> =
        events["data"].as_array().unwrap().iter().map(|event| &event["data"]["record"]).collect();
    let record = records.into_iter().find(|record| !record.is_null()).expect("a record");
    assert_eq!((&record["provider"], &record["model"]), (&json!("far"), &json!("own")));
    assert_eq!(record["usage"]["input"], 1_000, "{record}");
    assert!(!events.to_string().contains("sk-secret"));
}

#[tokio::test]
async fn a_word_that_the_model_does_not_take_is_refused_in_each_dialects_words() {
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let server = server(&peer);
    let thread = server.thread();
    let plain = thread.replace('-', "");
    let id = domain::model::id("claude-opus-4-8").prefixed("model_");
    for (path, body, status, field, words) in [
        (
            format!("/threadline/v1/threads/{thread}/messages"),
            json!({"text": "a", "controls": {"model": "claude-opus-4-8", "reasoning": "low"}}),
            400,
            "controls.reasoning",
            "must be a word that claude-opus-4-8 takes: off, none, on\"",
        ),
        (
            format!("/api/v1/threads/{thread}/message"),
            json!({"message": "a", "model": "claude-opus-4-8", "reasoning": {"mode": "low"}}),
            422,
            "reasoning.mode",
            "must be a word that claude-opus-4-8 takes: off, none, on\"",
        ),
        (
            format!("/api/v1/threads/{thread}/message"),
            json!({"message": "a", "model": "claude-opus-4-8", "speed": "fast"}),
            422,
            "speed",
            "must be a word that the model takes: standard\"",
        ),
        (
            format!("/v1/sessions/session_{plain}/messages"),
            json!({
                "message": {"role": "user", "content": [{"type": "text", "text": "a"}]},
                "controls": {"model_id": id, "reasoning": {"effort": "low"}},
            }),
            400,
            "controls.reasoning.effort",
            "must be a word that the model takes: none\"",
        ),
        (
            format!("/v1/sessions/session_{plain}/messages"),
            json!({
                "message": {"role": "user", "content": [{"type": "text", "text": "a"}]},
                "controls": {"model_id": id, "speed": "priority"},
            }),
            400,
            "controls.speed",
            "must be a word that the model takes: default\"",
        ),
    ] {
        let (found, answer) = post(&server, &path, body).await;
        assert_eq!(found.as_u16(), status, "{path}: {answer}");
        let text = answer.to_string();
        assert!(text.contains(&format!("{field}: {words}")), "{path}: {text}");
    }
    assert_eq!(server.get(&format!("/threadline/v1/threads/{thread}/messages")).await.1["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_listed_with_their_abilities_and_where_they_lead() {
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let server = server(&peer);
    let told = server.ask(&["model", "list"]);
    let rows: Vec<Vec<&str>> = told.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0][..4], ["NAME", "CONTEXT", "OUTPUT", "IMAGES"], "{}", told.err);
    let row = |name: &str| rows.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("{name}: {}", told.out));
    let glm = ["200000", "131072", "false", "true", "1.4", "4.4", "off,none,on", "default,standard", "far", "glm-5.1"];
    assert_eq!(row("claude-opus-4-8")[1..], glm);
    assert_eq!(row("gpt-5.5")[1..], ["-", "-", "-", "-", "-", "-", "-", "-", "far", "own"]);
    assert_eq!(row("default").last(), Some(&"own"));
    assert_eq!(row("echo")[1..], ["-", "-", "-", "false", "-", "-", "-", "-", "-"]);
    let retired = row("grok-4-1-fast").join(" ");
    assert!(retired.ends_with("far own (retired; nearest: grok-4.3)"), "{retired}");
    let shown = server.ask_json(&["model", "list"]);
    let one = shown.as_array().unwrap().iter().find(|model| model["name"] == "default").unwrap();
    let place = json!({"name": "default", "provider": "far", "wire": "chat", "base_url": peer.base_url, "model": "own", "fallbacks": []});
    assert_eq!((&one["route"], &one["connected"], &one["prices"]), (&place, &json!(true), &json!(null)));
    assert!(!shown.to_string().contains("sk-secret") && !told.out.contains("sk-secret"));
    let reader = server.ask_json(&["key", "create", "--name", "reader", "--scopes", "read"]);
    let listed = server.ask_as(reader["secret"].as_str().unwrap(), &["model", "list", "--json"]);
    assert!(listed.out.contains("\"provider\": \"far\"") && !listed.out.contains(&peer.base_url), "{}", listed.out);
}

#[test]
fn a_server_without_a_provider_says_that_no_model_is_connected() {
    let server = Server::start();
    let told = server.ask(&["model", "list"]);
    let line = |name: &str| told.out.lines().find(|line| line.starts_with(&format!("{name} "))).expect("a line");
    assert!(line("claude-opus-4-8").ends_with("not connected"), "{}", told.out);
    assert!(line("echo").ends_with('-'), "{}", told.out);
}
