//! Streams: what a reader sees, and how many there may be.

use crate::{
    raw::Raw,
    server::{KEY, Server, limits},
};

pub async fn open(server: &Server) -> (Raw, String) {
    open_by(server, KEY).await
}

async fn open_by(server: &Server, key: &str) -> (Raw, String) {
    let mut raw = Raw::connect(server.address).await;
    let key = format!("Authorization: Bearer {key}\r\n");
    raw.send(format!("GET /alpha/stream HTTP/1.1\r\nHost: x\r\n{key}\r\n")).await.unwrap();
    let head = raw.until("\r\n\r\n").await.unwrap().to_lowercase();
    (raw, head)
}

#[tokio::test]
async fn a_stream_says_that_it_is_one_and_sends_what_is_ready_at_once() {
    let server = Server::start().await;
    let (mut raw, head) = open(&server).await;
    for field in ["200 ok", "content-type: text/event-stream", "cache-control: no-store", "x-accel-buffering: no"] {
        assert!(head.contains(field), "{field} in {head}");
    }
    assert!(raw.until("id: 1\ndata: hello\n\n").await.is_some());
}

#[tokio::test]
async fn a_silent_stream_is_kept_alive_by_comments() {
    let server = Server::with(limits(|limits| limits.heartbeat_s = 0)).await;
    let (mut raw, _) = open(&server).await;
    for _ in 0..3 {
        assert!(raw.until(": still here\n\n").await.is_some());
    }
}

#[tokio::test]
async fn one_stream_too_many_is_429_until_another_ends() {
    // One key may use three quarters of its project's places, which are three quarters of all.
    let server = Server::with(limits(|limits| limits.stream_readers = 4)).await;
    let (first, head) = open(&server).await;
    assert!(head.contains("200 ok"), "{head}");
    let (_second, _) = open(&server).await;
    let refused = server.get("/alpha/stream").send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(refused.json::<serde_json::Value>().await.unwrap()["alpha"], "rate_limited");
    drop(first);
    server.signals.stream_ended.notified().await;
    let (_third, head) = open(&server).await;
    assert!(head.contains("200 ok"), "{head}");
}

/// Opens streams until one is refused. Returns their number.
async fn open_all(server: &Server, key: &str) -> Vec<Raw> {
    let mut open = Vec::new();
    loop {
        let (raw, head) = open_by(server, key).await;
        if !head.contains("200 ok") {
            assert!(head.contains("429 too many requests") && head.contains("retry-after: "), "{head}");
            return open;
        }
        open.push(raw);
    }
}

#[tokio::test]
async fn a_key_that_takes_all_streams_leaves_some_to_other_keys_and_projects() {
    let server = Server::with(limits(|limits| limits.stream_readers = 16)).await;
    let own = server.test.new_key(domain::caller::Scopes::ALL).await;
    let (_, foreign) = server.test.other_project().await;
    let greedy = open_all(&server, KEY).await;
    assert_eq!(greedy.len(), 9, "of the twelve that its project may have");
    let own = open_all(&server, &own).await;
    assert_eq!(own.len(), 3);
    assert_eq!(open_all(&server, &foreign).await.len(), 4, "the last quarter");
}

/// A reader of the answer to `path`. Its key is revoked once the first piece has arrived.
async fn cut(path: &str) -> Result<String, reqwest::Error> {
    let server = Server::with(limits(|limits| limits.credential_check_s = 1)).await;
    let (test, scopes) = (&server.test, domain::caller::Scopes::ALL);
    let new = engine::app::access::keys::NewKey { name: "k".into(), scopes, ..Default::default() };
    let (key, text) = test.app.create_key(&test.caller, new, None).await.unwrap();
    let mut answer = server.request(http::Method::GET, path).bearer_auth(text).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut read = String::from_utf8(answer.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    test.app.revoke_key(&test.caller, key.id).await.unwrap();
    while let Some(piece) = answer.chunk().await? {
        read.push_str(std::str::from_utf8(&piece).unwrap());
    }
    Ok(read)
}

#[tokio::test]
async fn a_stream_whose_key_dies_ends_without_a_farewell() {
    assert_eq!(cut("/alpha/stream").await.unwrap(), "id: 1\ndata: hello\n\n");
}

#[tokio::test]
async fn an_answer_in_pieces_whose_key_dies_is_cut_so_that_nobody_takes_it_for_whole() {
    assert!(cut("/alpha/pieces").await.is_err());
}
