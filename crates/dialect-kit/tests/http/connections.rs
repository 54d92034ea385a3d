//! Connections that are slow, broken or sly: closed or refused in time, and the others unharmed.

use crate::{
    raw::Raw,
    server::{KEY, Server, limits},
};

const GET: &str = "GET /alpha/open HTTP/1.1\r\n";

#[tokio::test]
async fn a_silent_connection_and_a_dripped_header_are_closed() {
    let server = Server::with(limits(|limits| limits.header_wait_s = 1)).await;
    let (mut silent, mut dripped) = (Raw::connect(server.address).await, Raw::connect(server.address).await);
    dripped.send(GET).await.unwrap();
    dripped.send("Host: ").await.unwrap();
    assert_eq!(silent.rest().await, "");
    assert_eq!(dripped.rest().await, "");
    assert!(server.answers().await);
}

#[tokio::test]
async fn a_request_has_exactly_one_host_that_names_one() {
    let server = Server::start().await;
    for (hosts, status) in [
        ("Host: localhost:7420\r\n", 200),
        ("host: [::1]:80\r\n", 200),
        ("", 400),
        ("Host: a\r\nHost: a\r\n", 400),
        ("Host: a\r\nhost: b\r\n", 400),
        ("Host: \r\n", 400),
        ("Host: a b\r\n", 400),
        ("Host: user@a\r\n", 400),
        ("Host: a/b\r\n", 400),
    ] {
        let mut raw = Raw::connect(server.address).await;
        raw.send(format!("{GET}{hosts}\r\n")).await.unwrap();
        let reply = raw.reply().await;
        assert_eq!(reply.status, status, "{hosts:?}");
        if status == 400 {
            assert_eq!(reply.json()["alpha"], "bad_request", "{hosts:?}");
        }
    }
    let mut old = Raw::connect(server.address).await;
    old.send("GET /alpha/open HTTP/1.0\r\n\r\n").await.unwrap();
    assert_eq!(old.reply().await.status, 200);
}

#[tokio::test]
async fn what_two_servers_could_read_differently_is_refused() {
    let server = Server::start().await;
    let post = "POST /alpha/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let key = format!("Authorization: Bearer {KEY}\r\n");
    let body = r#"{"name":"x"}"#;
    for message in [
        format!("{post}{key}Content-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n{body}\r\n0\r\n\r\n"),
        format!("{post}{key}Transfer-Encoding: chunked\r\nContent-Length: 12\r\n\r\nc\r\n{body}\r\n0\r\n\r\n"),
        format!("{post}{key}Content-Length: 12\r\nContent-Length: 12\r\n\r\n{body}"),
        format!("{post}{key}Content-Length: 12\r\n\n{body}"),
        "GET /alpha/open HTTP/1.1\nHost: x\n\n".into(),
    ] {
        for before in ["", &format!("{post}{key}Content-Length: 12\r\n\r\n{body}")] {
            let mut raw = Raw::connect(server.address).await;
            if !before.is_empty() {
                raw.send(before).await.unwrap();
                assert_eq!(raw.reply().await.status, 201);
            }
            raw.send(&message).await.unwrap();
            let reply = raw.reply().await;
            assert_eq!((reply.status, reply.json()["alpha"].as_str()), (400, Some("bad_request")), "{message:?}");
        }
    }
    assert!(server.answers().await);
}

#[tokio::test]
async fn what_the_parser_itself_refuses_ends_the_connection() {
    let server = Server::start().await;
    for message in [
        "POST /alpha/things HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "POST /alpha/things HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /alpha/things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        "GET /alpha/open HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET /alpha/open HTTP/3.0\r\nHost: x\r\n\r\n",
        "\u{0}\u{1}\u{2}\r\n\r\n",
    ] {
        let mut raw = Raw::connect(server.address).await;
        raw.send(message).await.unwrap();
        let rest = raw.rest().await;
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 400"), "{message:?}: {rest}");
    }
    assert!(server.answers().await);
}

#[tokio::test]
async fn a_target_in_any_form_is_answered() {
    let server = Server::start().await;
    for (target, status) in [
        ("GET http://elsewhere/alpha/open", 200),
        ("GET /alpha/open?", 200),
        ("GET /alpha/open?%ff=%", 200),
        ("OPTIONS *", 404),
        ("CONNECT x:80", 404),
        ("BREW /alpha/open", 405),
    ] {
        let mut raw = Raw::connect(server.address).await;
        raw.send(format!("{target} HTTP/1.1\r\nHost: x\r\n\r\n")).await.unwrap();
        let reply = raw.reply().await;
        assert_eq!(reply.status, status, "{target}: {reply:?}");
    }
    assert!(server.answers().await);
}

#[tokio::test]
async fn a_header_beyond_the_limits_is_431_in_the_dialects_schema() {
    let server = Server::with(limits(|limits| limits.header_bytes = 10_000)).await;
    let fields = |count: usize| (0..count).map(|n| format!("X-{n}: 1\r\n")).collect::<String>();
    let large = |bytes: usize| format!("X: {}\r\n", "x".repeat(bytes));
    for (more, status) in [(fields(99), 200), (fields(100), 431), (large(9_900), 200), (large(10_000), 431)] {
        let mut raw = Raw::connect(server.address).await;
        raw.send(format!("{GET}Host: x\r\n{more}\r\n")).await.unwrap();
        let reply = raw.reply().await;
        assert_eq!(reply.status, status);
        if status == 431 {
            assert_eq!(reply.json()["alpha"], "header_too_large");
        }
    }
    for more in [fields(1_000), large(1_000_000)] {
        let mut raw = Raw::connect(server.address).await;
        // The server may close before it has read all of it.
        let _ = raw.send(format!("{GET}Host: x\r\n{more}\r\n")).await;
        let rest = raw.rest().await;
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 431"), "{rest}");
    }
    assert!(server.answers().await);
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut() {
    let server = Server::with(limits(|limits| limits.body_wait_s = 1)).await;
    let mut raw = Raw::connect(server.address).await;
    let key = format!("Authorization: Bearer {KEY}\r\n");
    raw.send(format!("GET /alpha/flood HTTP/1.1\r\nHost: x\r\n{key}\r\n")).await.unwrap();
    server.signals.stream_ended.notified().await;
    assert!(server.answers().await);
    drop(raw);
}

#[tokio::test]
async fn requests_sent_ahead_are_answered_in_order() {
    let server = Server::start().await;
    let mut raw = Raw::connect(server.address).await;
    let ask = |id: &str| format!("GET /alpha/open HTTP/1.1\r\nHost: x\r\nx-request-id: {id}\r\n\r\n");
    raw.send([ask("one"), ask("two"), ask("three")].concat()).await.unwrap();
    for id in ["one", "two", "three"] {
        let reply = raw.reply().await;
        assert_eq!((reply.status, reply.headers["x-request-id"].as_str()), (200, id));
    }
}
