//! Bodies that arrive too slowly, end early, or continue after a refusal.

use crate::{
    raw::Raw,
    server::{KEY, Server, limits},
};

fn head(more: &str) -> String {
    format!(
        "POST /alpha/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n{more}\r\n"
    )
}

#[tokio::test]
async fn a_sender_that_still_writes_gets_its_413() {
    let server = Server::with(limits(|limits| limits.body_bytes = 1_000)).await;
    let piece = "x".repeat(65_536);
    for (more, framed) in [
        ("Content-Length: 16777216\r\n", piece.clone()),
        ("Transfer-Encoding: chunked\r\n", format!("{:x}\r\n{piece}\r\n", piece.len())),
    ] {
        let mut raw = Raw::connect(server.address).await;
        raw.send(head(more)).await.unwrap();
        for _ in 0..256 {
            raw.send(&framed).await.expect("the server still reads");
        }
        let reply = raw.reply().await;
        assert_eq!(reply.status, 413, "{more}");
        assert_eq!(reply.json()["alpha"], "payload_too_large");
    }
    assert!(server.answers().await);
}

#[tokio::test]
async fn a_drained_connection_goes_on_with_the_next_request() {
    let server = Server::with(limits(|limits| limits.body_bytes = 1_000)).await;
    let mut raw = Raw::connect(server.address).await;
    raw.send(head("Content-Length: 100000\r\n")).await.unwrap();
    raw.send("x".repeat(100_000)).await.unwrap();
    assert_eq!(raw.reply().await.status, 413);
    raw.send(format!("{}{}", head("Content-Length: 12\r\n"), r#"{"name":"x"}"#)).await.unwrap();
    assert_eq!(raw.reply().await.status, 201);
}

#[tokio::test]
async fn a_sender_that_never_ends_is_cut() {
    let server = Server::with(limits(|limits| (limits.body_bytes, limits.drain_bytes) = (1_000, 100_000))).await;
    let mut raw = Raw::connect(server.address).await;
    raw.send(head("Transfer-Encoding: chunked\r\n")).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(65_536));
    while raw.send(&chunk).await.is_ok() {}
    assert!(server.answers().await);
}

#[tokio::test]
async fn a_sender_that_waits_for_permission_is_refused_without_it() {
    let server = Server::with(limits(|limits| limits.body_bytes = 1_000)).await;
    let mut raw = Raw::connect(server.address).await;
    raw.send(head("Content-Length: 100000\r\nExpect: 100-continue\r\n")).await.unwrap();
    assert_eq!(raw.reply().await.status, 413);
    let mut raw = Raw::connect(server.address).await;
    raw.send(head("Content-Length: 12\r\nExpect: 100-continue\r\n")).await.unwrap();
    assert_eq!(raw.reply().await.status, 100);
    raw.send(r#"{"name":"x"}"#).await.unwrap();
    assert_eq!(raw.reply().await.status, 201);
}

#[tokio::test]
async fn a_body_of_which_nothing_more_comes_is_408() {
    let server = Server::with(limits(|limits| limits.body_wait_s = 1)).await;
    for more in ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"] {
        let mut raw = Raw::connect(server.address).await;
        raw.send(head(more)).await.unwrap();
        raw.send("5\r\n").await.unwrap();
        let reply = raw.reply().await;
        assert_eq!(reply.status, 408, "{more}");
        assert_eq!(reply.json()["alpha"], "request_timeout");
        assert_eq!(raw.rest().await, "", "the connection is closed");
    }
    assert!(server.answers().await);
}

#[tokio::test]
async fn a_body_that_is_badly_framed_is_400() {
    let server = Server::start().await;
    let mut raw = Raw::connect(server.address).await;
    raw.send(head("Transfer-Encoding: chunked\r\n")).await.unwrap();
    raw.send("zz\r\n{\"name\":\"x\"}").await.unwrap();
    let reply = raw.reply().await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.json()["alpha"], "bad_request");
    assert!(server.answers().await);
}
