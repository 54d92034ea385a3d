//! Slow, broken and malicious connections: closed or refused in time, without harm to others.

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
async fn a_connection_at_rest_has_more_time_than_a_header_and_both_end() {
    let server = Server::with(limits(|limits| (limits.header_wait_s, limits.idle_connection_s) = (1, 3))).await;
    let ask = format!("{GET}Host: x\r\n\r\n");
    let mut resting = Raw::connect(server.address).await;
    for _ in 0..2 {
        resting.send(&ask).await.unwrap();
        assert_eq!(resting.reply().await.status, 200);
        // A connection that begins now and is cut after the header's time limit proves that the limit has passed.
        assert_eq!(Raw::connect(server.address).await.rest().await, "");
    }
    resting.send(GET).await.unwrap();
    assert_eq!(resting.rest().await, "", "a header that stops is cut, on a connection that has rested too");
    let mut idle = Raw::connect(server.address).await;
    idle.send(&ask).await.unwrap();
    assert_eq!(idle.reply().await.status, 200);
    assert_eq!(idle.rest().await, "");
    assert!(server.answers().await);
}

#[tokio::test]
async fn an_answer_that_takes_longer_than_a_connection_may_rest_is_not_cut() {
    let waits = |limits: &mut domain::Limits| (limits.header_wait_s, limits.idle_connection_s) = (1, 1);
    let server = Server::with(limits(waits)).await;
    let mut raw = Raw::connect(server.address).await;
    let key = format!("Authorization: Bearer {KEY}\r\n");
    raw.send(format!("GET /alpha/patient HTTP/1.1\r\nHost: x\r\n{key}\r\n")).await.unwrap();
    server.signals.begun.notified().await;
    let mut rested = Raw::connect(server.address).await;
    rested.send(format!("{GET}Host: x\r\n\r\n")).await.unwrap();
    assert_eq!(rested.reply().await.status, 200);
    assert_eq!(rested.rest().await, "", "the time is up");
    server.signals.go_on.notify_one();
    assert_eq!(raw.reply().await.status, 200);
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

/// A post whose body is `{"name":"x"}`, framed by these fields.
fn post(fields: &str, body: &str) -> String {
    let head = "POST /alpha/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    format!("{head}Authorization: Bearer {KEY}\r\n{fields}\r\n\r\n{body}")
}

const SIZED: &str = "Content-Length: 12";
const CHUNKED: &str = "Transfer-Encoding: chunked";
const BODY: &str = r#"{"name":"x"}"#;

#[tokio::test]
async fn what_two_servers_could_read_differently_is_refused_and_ends_the_connection() {
    let server = Server::start().await;
    let chunk = format!("c\r\n{BODY}\r\n");
    let zeros = "0".repeat(70);
    for message in [
        post(&format!("{SIZED}\r\n{CHUNKED}"), &format!("{chunk}0\r\n\r\n")),
        post(&format!("{CHUNKED}\r\n{SIZED}"), &format!("{chunk}0\r\n\r\n")),
        post(&format!("{SIZED}\r\n{SIZED}"), BODY),
        post(&format!("{CHUNKED}\r\n{CHUNKED}"), &format!("{chunk}0\r\n\r\n")),
        post("Transfer-Encoding: identity, chunked", &format!("{chunk}0\r\n\r\n")),
        post("Content-Length: 012", BODY),
        post(CHUNKED, &format!("{zeros}{chunk}0\r\n\r\n")),
        post(CHUNKED, &format!("{chunk}{zeros}\r\n\r\n")),
        post(CHUNKED, &format!("c \r\n{BODY}\r\n0\r\n\r\n")),
        post(CHUNKED, &format!("{chunk}0\r\nT: 1\n\r\n")),
        post(CHUNKED, &format!("{chunk}0\r\nT: 1\n\r\n\r\n")),
        post(SIZED, BODY).replace("\r\n\r\n", "\r\n\n"),
        "GET /alpha/open HTTP/1.1\nHost: x\n\n".into(),
    ] {
        for before in ["", &post(SIZED, BODY)] {
            let mut raw = Raw::connect(server.address).await;
            if !before.is_empty() {
                raw.send(before).await.unwrap();
                assert_eq!(raw.reply().await.status, 201);
            }
            raw.send(&message).await.unwrap();
            let reply = raw.reply().await;
            assert_eq!((reply.status, reply.json()["alpha"].as_str()), (400, Some("bad_request")), "{message:?}");
            assert_eq!(reply.headers["connection"], "close", "{message:?}");
            // Whatever comes next, smuggled or not, is not served.
            let _ = raw.send(post(SIZED, BODY)).await;
            assert_eq!(raw.rest().await, "", "{message:?}");
        }
    }
    assert!(server.answers().await);
}

#[tokio::test]
async fn a_message_that_only_one_server_would_see_is_not_served() {
    let server = Server::start().await;
    // A server that uses the length sees the second request as a body. One that accepts the bare LF of the trailer sees
    // the third.
    let smuggled = post(&format!("{SIZED}\r\n{CHUNKED}"), "0\r\n\r\n");
    for first in [
        post(CHUNKED, &format!("c\r\n{BODY}\r\n0\r\nT: 1\n\r\n")),
        post(CHUNKED, &format!("{}c\r\n{BODY}\r\n0\r\n\r\n", "0".repeat(70))),
        post(&format!("{SIZED}\r\n{SIZED}"), BODY),
    ] {
        let mut raw = Raw::connect(server.address).await;
        raw.send(format!("{first}{smuggled}{}", post(SIZED, BODY))).await.unwrap();
        let answers = raw.rest().await;
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{first:?}: {answers}");
        assert!(answers.starts_with("HTTP/1.1 400"), "{first:?}: {answers}");
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
    let server = Server::with(limits(|limits| limits.reader_s = 1)).await;
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
