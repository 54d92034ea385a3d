//! A process with few file descriptors: it says so, refuses what it cannot keep, and goes on to answer.

use std::net::SocketAddr;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::process::{KEY, Start, client};

#[tokio::test]
async fn with_few_descriptors_streams_are_refused_and_everything_else_is_answered() {
    let server = Start::limited("serve", "ulimit -n 80").env("THREADLINE_BOOTSTRAP_KEY", KEY).start();
    let address: SocketAddr = server.url.trim_start_matches("http://").parse().unwrap();
    let thread = server.thread();
    let get = format!(
        "GET /threadline/v1/threads/{thread}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nAccept: text/event-stream\r\n\r\n"
    );
    let (mut open, mut statuses) = (Vec::new(), Vec::new());
    for _ in 0..120 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // A connection too many may be closed at once when others follow it.
        let _ = stream.write_all(get.as_bytes()).await;
        let mut line = [0; 12];
        match stream.read_exact(&mut line).await {
            Ok(_) => statuses.push(String::from_utf8_lossy(&line[9..]).into_owned()),
            Err(_) => statuses.push("closed".into()),
        }
        open.push(stream);
    }
    let served = statuses.iter().filter(|status| *status == "200").count();
    assert!((1..=40).contains(&served), "{statuses:?}");
    assert!(statuses.iter().any(|status| status == "429"), "{statuses:?}");
    let http = client();
    assert_eq!(http.get(format!("{}/healthz", server.url)).send().await.unwrap().status(), 200);
    assert_eq!(http.get(format!("{}/readyz", server.url)).send().await.unwrap().status(), 200);

    let streams = open.drain(..).zip(&statuses).filter(|(_, status)| *status == "200").map(|(stream, _)| stream);
    let _open: Vec<TcpStream> = streams.collect();
    let url = format!("{}/threadline/v1", server.url);
    let say = async || {
        let say = http.post(format!("{url}/threads/{thread}/messages")).bearer_auth(KEY).json(&json!({"text": "Hi"}));
        say.send().await.unwrap().status()
    };
    let mut said = say().await;
    // Until the server has seen that the others are gone.
    while said == 503 {
        said = say().await;
    }
    assert_eq!(said, 201);
    let stored = http.post(format!("{url}/attachments?name=a")).bearer_auth(KEY).body("a file").send().await.unwrap();
    assert_eq!(stored.status(), 201);
}

#[test]
fn a_limit_that_leaves_no_room_for_the_streams_is_said_once() {
    let server = Start::limited("serve", "ulimit -n 200").start();
    let lines: Vec<_> = server.before.iter().filter(|line| line["limit"] == 200).cloned().collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0]["message"].as_str().unwrap().contains("raise it with `ulimit -n`"));
    assert!(lines[0]["stream_readers"].as_u64().unwrap() < 200);
}

#[test]
fn the_soft_limit_is_raised_to_the_hard_one() {
    let server = Start::limited("serve", "ulimit -Sn 64").start();
    let of_it = std::fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let line = of_it.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[3], words[4], "{line}");
}
