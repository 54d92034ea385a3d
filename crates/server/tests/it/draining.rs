//! Stopping: what runs may end, what streams is flushed, nothing that was accepted is lost.

use crate::process::{KEY, Server, Start, client};

/// A thread whose agent answers by this script.
fn scripted(server: &Server, name: &str, script: &str) -> String {
    let settings = crate::process::write(
        &server.folder,
        &format!("{name}.json"),
        &format!("{{\"model\": \"scripted\", \"script\": {script}}}"),
    );
    server.ask_json(&["agent", "create", name, "--file", &settings]);
    server.ask_json(&["thread", "create", "--agent", name])["id"].as_str().unwrap().to_owned()
}

async fn stream(server: &Server, thread: &str) -> reqwest::Response {
    let url = format!("{}/threadline/v1/threads/{thread}/events", server.url);
    let response = client().get(url).bearer_auth(KEY).header("accept", "text/event-stream").send().await.unwrap();
    assert_eq!(response.status(), 200);
    response
}

/// Reads the stream until `text` has come.
async fn until(response: &mut reqwest::Response, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        let chunk = response.chunk().await.unwrap().unwrap_or_else(|| panic!("the stream ended before {text}: {read}"));
        read.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    read
}

#[tokio::test]
async fn a_turn_that_runs_may_end_and_its_readers_see_the_end() {
    let mut server = Server::start();
    let thread = scripted(&server, "slow", r#"[{"text": "one two three four", "chunks": 4, "delay_ms": 150}]"#);
    let mut stream = stream(&server, &thread).await;
    server.ask(&["thread", "send", &thread, "Hello"]);
    until(&mut stream, "message.delta").await;
    server.signal("TERM");
    until(&mut stream, "turn.completed").await;
    while let Some(_rest) = stream.chunk().await.expect("the stream ends in order and is not cut") {}
    assert_eq!(server.ended().0.code(), Some(0));
}

#[tokio::test]
async fn a_turn_that_does_not_end_is_left_to_the_next_start() {
    let start = Start::new("serve").env("THREADLINE_BOOTSTRAP_KEY", KEY).env("THREADLINE_LIMITS_DRAIN_S", "1");
    let mut server = start.start();
    let thread = scripted(&server, "hanging", r#"[{"hang": true}]"#);
    server.ask(&["thread", "send", &thread, "Hello"]);
    let mut stream = stream(&server, &thread).await;
    until(&mut stream, "step.started").await;
    server.signal("TERM");
    while let Some(_rest) = stream.chunk().await.expect("the stream ends in order and is not cut") {}
    assert_eq!(server.ended().0.code(), Some(0));

    let again = Start::on("serve", server.folder.clone()).start();
    let mut stream = self::stream(&again, &thread).await;
    until(&mut stream, "turn.attempt").await;
}

#[tokio::test]
async fn a_disk_that_hangs_keeps_no_server_from_its_end() {
    let start = Start::new("serve").env("THREADLINE_BOOTSTRAP_KEY", KEY).env("THREADLINE_LIMITS_DRAIN_S", "1");
    let mut server = start.start();
    let url = format!("{}/threadline/v1/attachments", server.url);
    let post = client().post(&url).bearer_auth(KEY).header("content-type", "application/octet-stream").body("x");
    let answer = post.send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let made: serde_json::Value = answer.json().await.unwrap();
    // The file of the only attachment becomes a pipe that nobody writes to: to open it takes for ever.
    let name = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    let path = server.data().join("attachments").join(&name[..2]).join(name);
    std::fs::remove_file(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let get = client().get(format!("{url}/{}/content", made["id"].as_str().unwrap())).bearer_auth(KEY);
    let get = tokio::spawn(get.send());
    // Nothing tells from outside that the file is being opened: to look would open the pipe.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(!get.is_finished(), "{:?}", get.await);
    server.signal("TERM");
    assert_eq!(server.ended_within(std::time::Duration::from_secs(20)), Some(0));
}

#[tokio::test]
async fn while_it_drains_it_is_not_ready_and_another_signal_ends_it_at_once() {
    let mut server = Server::start();
    let thread = scripted(&server, "hanging", r#"[{"hang": true}]"#);
    server.ask(&["thread", "send", &thread, "Hello"]);
    let mut stream = stream(&server, &thread).await;
    until(&mut stream, "step.started").await;
    server.signal("INT");
    server.signal("INT");
    server.logged("stopping");
    assert_eq!(server.get("/readyz").await.0, 503);
    assert_eq!(server.get("/healthz").await.0, 200);
    assert_eq!(server.get(&format!("/threadline/v1/threads/{thread}")).await.0, 200, "reads are still answered");
    server.logged("the next signal stops at once");
    server.signal("TERM");
    assert_eq!(server.ended().0.code(), Some(1));
}
