//! A disk that fills up under the running server: what is to be stored is refused, what is stored is told.

use std::{fs, sync::Arc};

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use store::testing::small_disk;
use tempfile::TempDir;

use crate::{
    dialects,
    doors::{self, with_key},
    process::{KEY, Start, client, write},
};

/// More small messages than the rest of a disk takes that has refused a large one.
const SENDS_MAX: usize = 1_000;

#[tokio::test]
async fn a_full_disk_refuses_writes_through_every_door_and_every_door_goes_on_to_read() {
    let test = "full_disk::a_full_disk_refuses_writes_through_every_door_and_every_door_goes_on_to_read";
    let Some(disk) = small_disk(test, "32m") else { return };
    let folder = Arc::new(TempDir::new_in(&disk).unwrap());
    let server = Start::on("serve", folder).env("THREADLINE_BOOTSTRAP_KEY", KEY).start();
    let thread = server.thread();
    assert_eq!(server.ask(&["thread", "send", &thread, "Before", "--follow"]).out, "Before\n");
    let api = Api { http: client(), url: &server.url, thread: &thread };
    let mut documents = Vec::new();
    for door in dialects::names() {
        documents.push(server.get(&format!("/openapi/{door}.json")).await.1);
    }

    let ballast = disk.join("ballast");
    fs::write(&ballast, vec![0; 16 << 20]).unwrap();
    fill(&api).await;
    for (door, document) in dialects::names().into_iter().zip(&documents) {
        let refused = api.until_refused(door, "After").await;
        assert_eq!(refused.headers()["retry-after"], "1", "{door}");
        let path = refused.url().path().to_owned();
        let content_type = refused.headers()["content-type"].to_str().unwrap().to_owned();
        let body: Value = refused.json().await.unwrap();
        let schema = &said_of(document, &path)["responses"]["503"]["content"][&content_type]["schema"];
        assert!(schema.is_object(), "{door}: no {content_type} of {path}");
        assert_eq!(dialect_kit::testing::misfits(document, schema, &body), [""; 0], "{door}: {body}");
        let read = api.read(door).send().await.unwrap();
        assert_eq!(read.status(), 200, "{door}");
        assert!(read.text().await.unwrap().contains("Before"), "{door}");
    }
    assert_eq!(server.get("/readyz").await.0, 200);

    fs::remove_file(&ballast).unwrap();
    for door in dialects::names() {
        let sent = api.send(door, &format!("Freed {door}")).send().await.unwrap();
        assert!(sent.status().is_success(), "{door}: {}", sent.text().await.unwrap());
    }
    assert_eq!(server.ask(&["thread", "send", &thread, "Last", "--follow"]).out, "Last\n");
    let messages = server.get(&format!("/threadline/v1/threads/{thread}/messages?limit=1000")).await.1;
    for door in dialects::names() {
        // A message that steers an open turn, or joins one that waits, is echoed together with the one before it.
        let texts = messages["data"].as_array().unwrap().iter().filter_map(|one| one["content"][0]["text"].as_str());
        let said = texts.filter(|text| text.contains(&format!("Freed {door}"))).count();
        assert_eq!(said, 2, "{door}: the message and its echo");
    }
}

#[tokio::test]
async fn a_server_that_was_killed_on_a_full_disk_starts_and_reads_and_goes_on_when_there_is_space() {
    let test = "full_disk::a_server_that_was_killed_on_a_full_disk_starts_and_reads_and_goes_on_when_there_is_space";
    let Some(disk) = small_disk(test, "32m") else { return };
    let folder = Arc::new(TempDir::new_in(&disk).unwrap());
    let start = || Start::on("serve", folder.clone()).env("THREADLINE_BOOTSTRAP_KEY", KEY).start();
    let mut server = start();
    let thread = server.thread();
    assert_eq!(server.ask(&["thread", "send", &thread, "Before", "--follow"]).out, "Before\n");
    // It runs when the server dies: the start has a lease to end.
    let settings = write(&folder, "hangs.json", r#"{"model": "scripted", "script": [{"hang": true}]}"#);
    server.ask_json(&["agent", "create", "hangs", "--file", &settings]);
    let created = server.ask_json(&["thread", "create", "--agent", "hangs"]);
    let hanging = created["id"].as_str().unwrap().to_owned();
    assert_eq!(server.ask(&["thread", "send", &hanging, "Hello"]).code, 0);
    let events = format!("/threadline/v1/threads/{hanging}/events");
    let known = server.get(&events).await.1["data"].as_array().unwrap().len();

    let ballast = disk.join("ballast");
    fs::write(&ballast, vec![0; 16 << 20]).unwrap();
    fill(&Api { http: client(), url: &server.url, thread: &thread }).await;
    for _ in 0..4 {
        drop(server);
        server = start();
        assert_eq!(server.get("/readyz").await.0, 200);
        let api = Api { http: client(), url: &server.url, thread: &thread };
        for door in dialects::names() {
            let read = api.read(door).send().await.unwrap();
            assert_eq!(read.status(), 200, "{door}");
            assert!(read.text().await.unwrap().contains("Before"), "{door}");
        }
        api.until_refused("native", "After").await;
    }
    assert_eq!(server.get(&events).await.1["data"].as_array().unwrap().len(), known);

    fs::remove_file(&ballast).unwrap();
    let taken = server.get(&format!("{events}?after={known}&wait=40")).await.1;
    assert_eq!(taken["data"][0]["type"], "turn.attempt", "{taken}");
    assert_eq!(server.ask(&["thread", "send", &thread, "Last", "--follow"]).out, "Last\n");
}

/// What the document says of a POST to this path.
fn said_of<'d>(document: &'d Value, path: &str) -> &'d Value {
    let fits = |template: &str| {
        let (parts, named) = (path.split('/').collect::<Vec<_>>(), template.split('/').collect::<Vec<_>>());
        parts.len() == named.len() && parts.iter().zip(named).all(|(part, name)| name.starts_with('{') || *part == name)
    };
    let paths = document["paths"].as_object().expect("paths");
    let found = paths.iter().find(|(template, item)| fits(template) && item["post"].is_object());
    &found.unwrap_or_else(|| panic!("{path} is not documented")).1["post"]
}

/// Stores messages, large ones and then small ones, until the disk takes no more.
async fn fill(api: &Api<'_>) {
    let thread = api.post("threads", &json!({})).send().await.unwrap().json::<Value>().await.unwrap();
    let messages = format!("threads/{}/messages", thread["id"].as_str().unwrap());
    for text in ["x".repeat(256 << 10), "x".into()] {
        let body = json!({"text": text, "respond": false});
        let stored = until_refused(|| api.post(&messages, &body)).await;
        assert_eq!(stored.status(), 503, "{}", stored.text().await.unwrap());
    }
}

/// The first answer that is no success.
async fn until_refused(request: impl Fn() -> RequestBuilder) -> Response {
    for _ in 0..SENDS_MAX {
        let answer = request().send().await.unwrap();
        if !answer.status().is_success() {
            return answer;
        }
    }
    panic!("the disk takes {SENDS_MAX} messages and is not full")
}

/// A thread by every door, with the key of all scopes.
struct Api<'s> {
    http: Client,
    url: &'s str,
    thread: &'s str,
}

impl Api<'_> {
    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.post(format!("{}/threadline/v1/{path}", self.url)).bearer_auth(KEY).json(body)
    }

    async fn until_refused(&self, door: &str, text: &str) -> Response {
        let refused = until_refused(|| self.send(door, text)).await;
        assert_eq!(refused.status(), 503, "{door}");
        refused
    }

    fn send(&self, door: &str, text: &str) -> RequestBuilder {
        let thread = self.thread.parse().expect("a thread's id");
        doors::send(&self.http, self.url, door, thread, text)
    }

    fn read(&self, door: &str) -> RequestBuilder {
        let (thread, hex) = (self.thread, self.thread.replace('-', ""));
        let path = match door {
            "native" => format!("/threadline/v1/threads/{thread}/messages"),
            "capy" => format!("/api/v1/threads/jam_{hex}/messages"),
            "feather" => format!("/api/v1/threads/{thread}/messages"),
            "algoreg" => format!("/api/v1/thread/{thread}/messages"),
            "everruns" => format!("/v1/sessions/session_{hex}/messages"),
            other => panic!("there is no door {other}"),
        };
        with_key(door, self.http.get(format!("{}{path}", self.url)))
    }
}
