//! A project that has used its quota, through every door.

use reqwest::{Client, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    dialects, doors,
    process::{KEY, Server, Start, client},
};

const BYTES: &str = "20000";

fn start(folder: Option<std::sync::Arc<tempfile::TempDir>>) -> Server {
    let start = folder.map_or_else(|| Start::new("serve"), |folder| Start::on("serve", folder));
    let start = start.env("THREADLINE_BOOTSTRAP_KEY", KEY).env("THREADLINE_TURNS", "0");
    start.env("THREADLINE_LIMITS_PROJECT_STORED_BYTES", BYTES).start()
}

async fn say(http: &Client, server: &Server, door: &str, thread: Uuid, text: &str) -> Response {
    doors::send(http, &server.url, door, thread, text).send().await.expect("an answer")
}

/// A guest's thread with its token.
async fn guest(http: &Client, server: &Server) -> (Uuid, String) {
    let opened = server.ask_json(&["agent", "show", "default"]);
    let agent = opened["id"].as_str().expect("an id");
    let open = http.patch(format!("{}/threadline/v1/agents/{agent}", server.url)).bearer_auth(KEY);
    let opened = open.json(&json!({"guests": {"origins": []}})).send().await.expect("an answer");
    let opened: Value = opened.json().await.expect("JSON");
    let begin = http.post(format!("{}/api/v1/chat/threads", server.url));
    let begun = begin.json(&json!({"agentId": opened["guest_id"]})).send().await.expect("an answer");
    let begun: Value = begun.json().await.expect("JSON");
    (
        begun["threadId"].as_str().expect("an id").parse().expect("a UUID"),
        begun["token"].as_str().expect("a token").into(),
    )
}

/// Waits until the server has counted what was there at its start.
async fn counted(server: &Server) -> Value {
    loop {
        let shown = server.ask_json(&["project", "show", "default"]);
        if shown["counted"] == true {
            return shown;
        }
    }
}

#[tokio::test]
async fn every_door_refuses_beyond_the_quota_and_leaves_another_project_alone() {
    let (http, server) = (client(), start(None));
    counted(&server).await;
    let thread: Uuid = server.thread().parse().expect("a UUID");
    let (guests, token) = guest(&http, &server).await;
    let shop = server.ask_json(&["project", "create", "shop"]);
    let made = server.ask_json(&["key", "create", "--name", "shop", "--project", "shop", "--scopes", "read,write"]);
    let theirs = made["secret"].as_str().expect("a key").to_owned();
    let mut told = false;
    for length in [1_000, 1] {
        loop {
            let answer = say(&http, &server, "native", thread, &"x".repeat(length)).await;
            let header = answer.headers().get("x-threadline-quota").map(|value| value.to_str().unwrap().to_owned());
            if answer.status() == 403 {
                assert!(header.is_some_and(|near| near.starts_with("stored_bytes=") && near.ends_with("/20000")));
                break;
            }
            assert_eq!(answer.status(), 201);
            told |= header.is_some();
        }
    }
    assert!(told, "before it bites");
    server.logged("is close to its quota");
    for door in dialects::names() {
        let answer = say(&http, &server, door, thread, &"x".repeat(1_000)).await;
        assert_eq!(answer.status(), 403, "{door}");
        let body: Value = answer.json().await.expect("JSON");
        let code = match door {
            "capy" => &body["error"]["code"],
            "algoreg" => &body["errors"][0]["code"],
            _ => &body["code"],
        };
        let expect = match door {
            "capy" => "forbidden",
            "feather" => "FORBIDDEN",
            _ => "quota_exceeded",
        };
        assert_eq!(code, expect, "{door}: {body}");
        assert!(body.to_string().contains("project_stored_bytes"), "{door}: {body}");
    }
    let chat = http.post(format!("{}/api/v1/chat/threads/{guests}/messages", server.url)).bearer_auth(&token);
    let answer = chat.json(&json!({"message": "x".repeat(1_000)})).send().await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.headers().get("x-threadline-quota")), (403, None), "a guest");

    let own = server.ask_as(&theirs, &["thread", "create"]);
    assert_eq!(own.code, 0, "{}", own.err);
    let listed = server.ask_json(&["project", "list"]);
    let of = |id: &Value| listed.as_array().expect("a list").iter().find(|one| one["id"] == *id).expect("it").clone();
    assert_eq!(
        (of(&shop["id"])["threads"].as_i64(), of(&shop["id"])["stored_bytes_limit"].as_i64()),
        (Some(1), Some(20_000))
    );

    // After a death the count finds the same.
    let before = server.ask_json(&["project", "show", "default"]);
    let folder = server.folder.clone();
    drop(server);
    let server = start(Some(folder));
    let after = counted(&server).await;
    assert_eq!(after, before);
    assert_eq!(say(&http, &server, "native", thread, "x").await.status(), 403);
    let delete = http.delete(format!("{}/threadline/v1/threads/{thread}", server.url)).bearer_auth(KEY);
    assert!(delete.send().await.expect("an answer").status().is_success());
    while say(&http, &server, "feather", guests, "there is room again").await.status() == 403 {}
}
