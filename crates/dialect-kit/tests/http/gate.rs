//! Admission of connections, requests in progress and rates, by project, key and address.

use std::time::Duration;

use domain::caller::Scopes;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::{
    raw::{Raw, Reply},
    server::{KEY, Server, limits},
};

const OPEN: &str = "GET /alpha/open HTTP/1.1\r\nHost: x\r\n\r\n";
const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

async fn ask(server: &Server, request: &str) -> (Raw, Reply) {
    let mut raw = Raw::connect(server.address).await;
    raw.send(request).await.unwrap();
    let reply = raw.reply().await;
    (raw, reply)
}

async fn refused(reply: Response, status: u16) {
    assert_eq!(reply.status(), status);
    assert!(reply.headers().contains_key("retry-after"));
    let code = reply.json::<Value>().await.unwrap()["alpha"].clone();
    assert_eq!(code, if status == 429 { "rate_limited" } else { "unavailable" });
}

#[tokio::test]
async fn a_connection_too_many_is_told_so_and_closed_and_health_is_answered() {
    let server = Server::with(limits(|limits| limits.connections = 8)).await;
    let mut open = Vec::new();
    for _ in 0..6 {
        let (raw, reply) = ask(&server, OPEN).await;
        assert_eq!(reply.status, 200);
        open.push(raw);
    }
    for _ in 0..20 {
        let (mut raw, reply) = ask(&server, OPEN).await;
        assert_eq!((reply.status, reply.json()["alpha"].as_str()), (503, Some("unavailable")));
        assert_eq!((reply.headers["retry-after"].as_str(), reply.headers["connection"].as_str()), ("1", "close"));
        assert_eq!(raw.rest().await, "", "the connection is closed");
        let (mut raw, reply) = ask(&server, HEALTH).await;
        assert_eq!(reply.status, 200);
        assert_eq!(raw.rest().await, "", "the connection is closed");
    }
    open.pop();
    while ask(&server, OPEN).await.1.status == 503 {}
}

#[tokio::test]
async fn silent_connections_beyond_the_limit_do_not_keep_health_from_being_answered() {
    let server = Server::with(limits(|limits| limits.connections = 8)).await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(Raw::connect(server.address).await);
    }
    assert_eq!(ask(&server, HEALTH).await.1.status, 200);
}

#[tokio::test]
async fn a_connection_is_its_projects_once_a_key_is_shown() {
    let server = Server::with(limits(|limits| limits.connections = 8)).await;
    let get = format!("GET /alpha/things/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n\r\n");
    let mut known = Vec::new();
    for _ in 0..4 {
        let (raw, reply) = ask(&server, &get).await;
        assert_eq!(reply.status, 200);
        known.push(raw);
    }
    let mut strangers = Vec::new();
    for _ in 0..4 {
        let (raw, reply) = ask(&server, OPEN).await;
        assert_eq!(reply.status, 200, "the address has given its places back");
        strangers.push(raw);
    }
    assert_eq!(ask(&server, OPEN).await.1.status, 503);
}

#[tokio::test]
async fn a_key_that_holds_its_requests_is_refused_and_no_other_is() {
    let server = Server::with(limits(|limits| limits.requests_under_way = 8)).await;
    let other_key = server.test.new_key(Scopes::ALL).await;
    let (_, other_project) = server.test.other_project().await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(tokio::spawn(server.get("/alpha/patient").send()));
        server.signals.begun.notified().await;
    }
    let get = |key: &str| server.request(Method::GET, "/alpha/things/x").bearer_auth(key).send();
    refused(get(KEY).await.unwrap(), 429).await;
    assert_eq!(get(&other_key).await.unwrap().status(), 200);
    assert_eq!(get(&other_project).await.unwrap().status(), 200);
    assert_eq!(server.request(Method::GET, "/alpha/open").send().await.unwrap().status(), 200);
    assert_eq!(server.request(Method::GET, "/healthz").send().await.unwrap().status(), 200);
    for held in held {
        server.signals.go_on.notify_one();
        assert_eq!(held.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(get(KEY).await.unwrap().status(), 200);
}

#[tokio::test]
async fn with_every_place_taken_all_are_refused_but_health() {
    let server = Server::with(limits(|limits| limits.requests_under_way = 1)).await;
    let held = tokio::spawn(server.get("/alpha/patient").send());
    server.signals.begun.notified().await;
    refused(server.get("/alpha/things/x").send().await.unwrap(), 503).await;
    assert_eq!(server.request(Method::GET, "/healthz").send().await.unwrap().status(), 200);
    server.signals.go_on.notify_one();
    assert_eq!(held.await.unwrap().unwrap().status(), 200);
    assert!(server.answers().await);
}

#[tokio::test]
async fn keys_of_one_project_share_its_rate() {
    let rate = |limits: &mut domain::Limits| (limits.project_requests_per_s, limits.project_requests_burst) = (1, 3);
    let server = Server::with(limits(rate)).await;
    let other_key = server.test.new_key(Scopes::ALL).await;
    let (_, other_project) = server.test.other_project().await;
    let get = |key: &str| server.request(Method::GET, "/alpha/things/x").bearer_auth(key).send();
    for key in [KEY, &other_key, KEY] {
        assert_eq!(get(key).await.unwrap().status(), 200);
    }
    refused(get(&other_key).await.unwrap(), 429).await;
    assert_eq!(get(&other_project).await.unwrap().status(), 200);
}

#[tokio::test]
async fn keys_that_fail_count_against_their_address_and_a_good_key_is_let_in_all_the_same() {
    let rate = |limits: &mut domain::Limits| (limits.failed_keys_per_s, limits.failed_keys_burst) = (1, 3);
    let server = Server::with(limits(rate)).await;
    let new = server.test.new_key(Scopes::ALL).await;
    let bare = |path: &str| server.request(Method::GET, path);
    let bad = || bare("/alpha/things/x").bearer_auth("nobody");
    assert_eq!(bad().send().await.unwrap().status(), 401);
    assert_eq!(bare("/alpha/things/x").send().await.unwrap().status(), 401);
    assert_eq!(bad().send().await.unwrap().status(), 401);
    for request in [bad(), bare("/alpha/things/x")] {
        refused(request.send().await.unwrap(), 429).await;
    }
    for key in [KEY, &new] {
        assert_eq!(bare("/alpha/things/x").bearer_auth(key).send().await.unwrap().status(), 200);
    }
    for path in ["/alpha/open", "/healthz", "/openapi/alpha.json"] {
        assert_eq!(bare(path).send().await.unwrap().status(), 200, "{path}");
    }
}

#[tokio::test]
async fn health_and_documents_have_a_rate_each() {
    let rate = |limits: &mut domain::Limits| (limits.open_requests_per_s, limits.open_requests_burst) = (1, 2);
    let server = Server::with(limits(rate)).await;
    let get = |path: &str| server.request(Method::GET, path).send();
    for (path, status) in [("/openapi/alpha.json", 200), ("/nowhere", 404)] {
        assert_eq!(get(path).await.unwrap().status(), status);
    }
    refused(get("/openapi/alpha.json").await.unwrap(), 429).await;
    refused(get("/nowhere").await.unwrap(), 429).await;
    for path in ["/healthz", "/health"] {
        assert_eq!(get(path).await.unwrap().status(), 200);
    }
    for path in ["/healthz", "/health"] {
        refused(get(path).await.unwrap(), 429).await;
    }
    assert!(server.answers().await);
}

#[tokio::test]
async fn a_body_has_no_more_values_than_it_may() {
    let server = Server::with(limits(|limits| limits.json_values = 3)).await;
    for (body, status, code) in [
        (json!({"name": "x", "count": 1}), 201, None),
        (json!({"name": ["x"]}), 400, Some("invalid_parameter")),
        (json!({"name": ["x", "y"]}), 413, Some("payload_too_large")),
        (json!({"name": "x", "count": [1]}), 413, Some("payload_too_large")),
    ] {
        let reply = server.post("/alpha/things").json(&body).send().await.unwrap();
        assert_eq!(reply.status(), status, "{body}");
        assert_eq!(reply.json::<Value>().await.unwrap()["alpha"].as_str(), code, "{body}");
    }
    assert!(server.answers().await);
}

#[tokio::test]
async fn a_reader_that_always_takes_something_and_always_too_little_is_cut() {
    let rate = |limits: &mut domain::Limits| (limits.reader_bytes_per_s, limits.reader_s) = (16 << 20, 1);
    let server = Server::with(limits(rate)).await;
    let mut raw = Raw::connect(server.address).await;
    let key = format!("Authorization: Bearer {KEY}\r\n");
    raw.send(format!("GET /alpha/flood HTTP/1.1\r\nHost: x\r\n{key}\r\n")).await.unwrap();
    // Missed ticks are skipped. On a busy machine, the reader would otherwise read everything at once.
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = server.signals.stream_ended.notified() => break,
            _ = pace.tick() => raw.take(65_536).await,
        }
    }
    assert!(server.answers().await);
}
