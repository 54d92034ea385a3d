//! The surface of a request, and the answers to unknown paths, methods and parameters.

use domain::caller::Scopes;
use reqwest::{Method, Response};
use serde_json::Value;

use crate::{
    raw::Raw,
    server::{KEY, Server, limits},
};

async fn body(reply: Response) -> Value {
    reply.json().await.unwrap()
}

#[tokio::test]
async fn the_longest_claim_answers_and_the_first_of_equals() {
    let server = Server::start().await;
    let text = async |request: reqwest::RequestBuilder| request.send().await.unwrap().text().await.unwrap();
    assert_eq!(text(server.get("/shared/1")).await, "alpha");
    assert_eq!(text(server.get("/tied")).await, "alpha");
    assert_eq!(text(server.get("/alpha/beta/1").header("x-beta-key", KEY)).await, "beta");
    let shared = server.request(Method::POST, "/shared/1").header("x-beta-key", KEY);
    assert_eq!(text(shared.json(&serde_json::json!({"name": "x"}))).await, "beta");
}

#[tokio::test]
async fn an_unknown_path_is_answered_by_the_surface_that_claims_its_prefix() {
    let server = Server::start().await;
    for (path, schema) in
        [("/alpha/nothing", "alpha"), ("/beta", "beta"), ("/beta/nothing", "beta"), ("/x", "alpha"), ("/x/y", "alpha")]
    {
        let reply = server.request(Method::GET, path).send().await.unwrap();
        assert_eq!(reply.status(), 404, "{path}");
        assert!(reply.headers().contains_key("x-request-id"), "{path}");
        assert!(body(reply).await.get(schema).is_some(), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_405_with_the_methods_of_all_who_share_the_path() {
    let server = Server::start().await;
    for (method, path, header, allow, schema) in [
        (Method::DELETE, "/shared/1", "authorization", "GET, HEAD, POST", "alpha"),
        (Method::POST, "/shared/1", "authorization", "GET, HEAD, POST", "alpha"),
        (Method::GET, "/shared/1", "x-beta-key", "GET, HEAD, POST", "beta"),
        (Method::PATCH, "/alpha/things", "authorization", "POST, GET, HEAD", "alpha"),
        (Method::GET, "/beta/things", "x-beta-key", "POST", "beta"),
        (Method::OPTIONS, "/beta/things", "x-beta-key", "POST", "beta"),
    ] {
        let reply = server.request(method.clone(), path).header(header, KEY).send().await.unwrap();
        assert_eq!(reply.status(), 405, "{method} {path}");
        let mut allowed: Vec<_> = reply.headers()["allow"].to_str().unwrap().split(", ").map(str::to_owned).collect();
        let mut expected: Vec<_> = allow.split(", ").map(str::to_owned).collect();
        allowed.sort();
        expected.sort();
        assert_eq!(allowed, expected, "{method} {path}");
        assert!(body(reply).await.get(schema).is_some(), "{method} {path}");
    }
}

#[tokio::test]
async fn head_answers_as_get_without_the_body() {
    let server = Server::start().await;
    let (get, head) = (server.get("/alpha/things/x"), server.request(Method::HEAD, "/alpha/things/x").bearer_auth(KEY));
    let (get, head) = (get.send().await.unwrap(), head.send().await.unwrap());
    let shape = |reply: &Response| (reply.status(), reply.headers()["content-length"].clone());
    assert_eq!(shape(&head), shape(&get));
    assert_eq!(head.text().await.unwrap(), "");
    assert_eq!(server.request(Method::HEAD, "/alpha/open").send().await.unwrap().status(), 200);
    assert_eq!(server.request(Method::HEAD, "/alpha/things/x").send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn plain_routes_need_no_key_and_their_refusals_are_rendered_too() {
    let server = Server::start().await;
    let health = server.request(Method::GET, "/healthz").send().await.unwrap();
    assert_eq!((health.status().as_u16(), health.text().await.unwrap().as_str()), (200, "ok"));
    let refused = server.request(Method::POST, "/healthz").send().await.unwrap();
    assert_eq!(refused.status(), 405);
    assert_eq!(refused.headers()["allow"], "GET, HEAD");
    assert_eq!(body(refused).await["alpha"], "method_not_allowed");
}

#[tokio::test]
async fn a_parameter_that_is_not_one_segments_text_finds_nothing() {
    let server = Server::start().await;
    for (path, status) in [
        ("/alpha/things/a%20b", 200),
        ("/alpha/things/%D1%8F", 200),
        ("/alpha/things/..%2f..%2fadmin", 404),
        ("/alpha/things/a%5cb", 404),
        ("/alpha/things/a%00", 404),
        ("/alpha/things/%ff", 404),
        ("/alpha/things/%zz", 404),
        ("/alpha/things/%", 404),
        ("/alpha/things/", 404),
        ("/alpha/things/a/b", 404),
        ("/alpha%2fthings/a", 404),
        ("//alpha/things/a", 404),
    ] {
        let mut raw = Raw::connect(server.address).await;
        raw.send(format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n\r\n")).await.unwrap();
        let reply = raw.reply().await;
        assert_eq!(reply.status, status, "{path}: {reply:?}");
        if status == 404 {
            assert!(reply.json().get("alpha").is_some(), "{path}: {reply:?}");
        }
    }
    assert!(server.answers().await);
}

#[tokio::test]
async fn a_query_at_fault_names_its_parameter() {
    let server = Server::start().await;
    for query in ["limit=x", "limit=256", "limit=", "limit=+5", "limit=%2B5", "limit=05", "limit=1&limit=2"] {
        let reply = server.get(&format!("/alpha/things?{query}")).send().await.unwrap();
        assert_eq!(reply.status(), 400, "{query}");
        assert!(body(reply).await["fields"].get("limit").is_some(), "{query}");
    }
    let reply = server.get("/alpha/things?limit=7&utm=1&utm=2").send().await.unwrap();
    assert_eq!(body(reply).await["limit"], 7);
}

#[tokio::test]
async fn a_panic_is_500_in_the_dialects_schema_and_tells_nothing() {
    let server = Server::start().await;
    let reply = server.get("/alpha/broken").send().await.unwrap();
    assert_eq!(reply.status(), 500);
    let text = reply.text().await.unwrap();
    assert!(text.contains("internal_error") && !text.contains("secret"), "{text}");
    assert!(server.answers().await);
}

#[tokio::test]
async fn a_bare_error_of_a_library_is_put_into_the_dialects_schema() {
    let server = Server::start().await;
    let reply = server.get("/alpha/bare").send().await.unwrap();
    assert_eq!(reply.headers()["content-type"], "application/json");
    let body = body(reply).await;
    assert!(body.get("alpha").is_some() && !body.to_string().contains("plain text"), "{body}");
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_503_unless_it_asked_for_patience() {
    let server = Server::with(limits(|limits| limits.request_s = 1)).await;
    let patient = tokio::spawn(server.get("/alpha/patient").send());
    server.signals.begun.notified().await;
    // It begins after the patient request. When its time is over, so is the first time limit of the other.
    let late = server.post("/alpha/broken").send().await.unwrap();
    assert_eq!(late.status(), 503);
    assert!(late.headers().contains_key("retry-after"));
    assert_eq!(body(late).await["alpha"], "unavailable");
    server.signals.go_on.notify_one();
    let patient = patient.await.unwrap().unwrap();
    assert_eq!((patient.status().as_u16(), patient.text().await.unwrap().as_str()), (200, "at last"));
}

#[tokio::test]
async fn the_rate_of_one_key_is_bounded_and_others_are_unharmed() {
    let server = Server::with(limits(|limits| (limits.requests_per_s, limits.requests_burst) = (1, 5))).await;
    let mut refused = 0;
    for _ in 0..50 {
        let reply = server.get("/alpha/things/x").send().await.unwrap();
        if reply.status() == 429 {
            let seconds: u32 = reply.headers()["retry-after"].to_str().unwrap().parse().unwrap();
            assert!(seconds >= 1);
            assert_eq!(body(reply).await["alpha"], "rate_limited");
            refused += 1;
        }
    }
    assert!(refused > 0);
    let other_key = server.test.new_key(Scopes::ALL).await;
    let other = server.request(Method::GET, "/alpha/things/x").bearer_auth(other_key).send().await.unwrap();
    assert_eq!(other.status(), 200);
    let free = server.request(Method::GET, "/alpha/open").send().await.unwrap();
    assert_eq!(free.status(), 200);
}

#[tokio::test]
async fn a_rate_of_zero_is_no_limit() {
    let server = Server::with(limits(|limits| (limits.requests_per_s, limits.requests_burst) = (0, 1))).await;
    for _ in 0..20 {
        assert!(server.answers().await);
    }
}
