//! Notes, read by the program of an agent's channel.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{MEMBERS, prepare};
use crate::{
    doors::{Api, id},
    server::{KEY, Server},
};

const NOTE: &str = "He was rude to us.";

/// True if a key of an agent reads a note of the project.
pub async fn are_shown(plant: Option<&'static str>) -> bool {
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("the build's folder takes files");
    let server = Server::start(folder.path(), plant, None).await;
    let (_, api) = prepare(&server.url).await.server().await;
    let new = json!({"name": "channel", "scopes": ["read", "write"], "agent": "talker"});
    let key = made(&api, "/threadline/v1/keys", KEY, new).await["secret"].as_str().expect("a secret").to_owned();
    let session = made(&api, "/v1/channels/talker/sessions", &key, json!({})).await;
    let thread = id(&session["id"]).expect("an id");
    let note = json!({"member": MEMBERS[0], "text": NOTE});
    made(&api, &format!("/threadline/v1/threads/{thread}/notes"), KEY, note).await;
    let path = format!("/v1/channels/talker/sessions/{}/events", session["id"].as_str().unwrap_or_default());
    let read = api.get(&path).bearer_auth(&key).send().await.expect("an answer");
    assert_eq!(read.status(), 200);
    read.text().await.expect("a body").contains(NOTE)
}

async fn made(api: &Api, path: &str, key: &str, body: Value) -> Value {
    let answer = api.post(path).bearer_auth(key).json(&body).send().await.expect("an answer");
    let (status, text) = (answer.status(), answer.text().await.expect("a body"));
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).expect("JSON")
}
