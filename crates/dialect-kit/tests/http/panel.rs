//! A surface that is no dialect: pages for people, whose key is a cookie and whose errors are texts. The rules for dialects
//! hold for it too.

use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use dialect_kit::{
    Answer, Authed, Claim, Credential, Fault, Head, Routes, Surface,
    access::{ADMIN, ANY_KEY, OPEN},
    credential, usual_status,
};
use domain::{Error, Limits, Result, caller::Scopes};
use engine::App;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use utoipa::openapi::HttpMethod;

use crate::server::{KEY, Server, limits};

pub struct Panel;

impl Surface for Panel {
    fn name(&self) -> &'static str {
        "panel"
    }

    fn claims(&self, head: &Head<'_>) -> Option<Claim> {
        Claim::of(head.path, &["/panel"])
    }

    fn credential(&self, head: &Head<'_>) -> Result<Credential> {
        let cookie = credential::header(head.headers, "cookie")?.and_then(|cookie| cookie.strip_prefix("key="));
        cookie.ok_or_else(Error::unauthenticated).and_then(Credential::new)
    }

    fn render(&self, fault: &Fault) -> Response {
        (fault.status_or(usual_status(fault.error.kind)), Html(format!("<p>{}</p>", fault.error.message)))
            .into_response()
    }

    fn routes(&self) -> Routes {
        Routes::new()
            .undocumented(HttpMethod::Get, "/panel", ANY_KEY, threads)
            .undocumented(HttpMethod::Get, "/panel/keys", ADMIN, async || "keys")
            .undocumented(HttpMethod::Get, "/panel/style.css", OPEN, async || "p {}")
            .undocumented(HttpMethod::Post, "/panel/names", ANY_KEY, async |body: String| body)
    }
}

async fn threads(State(app): State<App>, Authed(caller): Authed) -> Answer {
    Ok(Html(format!("<p>{}</p>", app.project(&caller).await?.name)).into_response())
}

/// A request of a browser that shows this key.
fn shown(server: &Server, path: &str, key: &str) -> RequestBuilder {
    server.request(Method::GET, path).header("cookie", format!("key={key}"))
}

/// Status, `retry-after`, and what a person reads.
async fn read(request: RequestBuilder) -> (u16, Option<u64>, String) {
    let reply = request.send().await.unwrap();
    assert!(reply.headers().contains_key("x-request-id"));
    let retry = reply.headers().get("retry-after").map(|value| value.to_str().unwrap().parse().unwrap());
    (reply.status().as_u16(), retry, reply.text().await.unwrap())
}

fn refused(words: &str) -> String {
    format!("<p>{words}</p>")
}

#[tokio::test]
async fn it_takes_keys_by_its_own_rule_and_refuses_in_its_own_words() {
    let server = Server::start().await;
    let get = |path: &str| server.request(Method::GET, path);
    assert_eq!(read(shown(&server, "/panel?sort=name", KEY)).await, (200, None, "<p>default</p>".into()));
    let no_key = (401, None, refused("Missing or invalid API key"));
    for request in [get("/panel"), get("/panel").bearer_auth(KEY), shown(&server, "/panel", "nobody")] {
        assert_eq!(read(request).await, no_key);
    }
    assert_eq!(read(get("/panel/style.css")).await, (200, None, "p {}".into()));
    let reader = server.test.new_key(Scopes::TALK).await;
    assert_eq!(read(shown(&server, "/panel/keys", &reader)).await.0, 403);
    assert_eq!(read(shown(&server, "/panel/keys", KEY)).await, (200, None, "keys".into()));
    assert_eq!(read(get("/panel/nothing")).await, (404, None, refused("No such path")));
    assert_eq!(read(server.request(Method::DELETE, "/panel")).await.0, 405);
}

#[tokio::test]
async fn its_requests_have_the_rates_of_their_keys_and_addresses() {
    let rate = |limits: &mut Limits| {
        (limits.requests_per_s, limits.requests_burst) = (1, 1);
        (limits.guest_requests_per_s, limits.guest_requests_burst) = (1, 1);
        (limits.failed_keys_per_s, limits.failed_keys_burst) = (1, 1);
    };
    let server = Server::with(limits(rate)).await;
    let other = server.test.new_key(Scopes::ALL).await;
    let open = || server.request(Method::GET, "/panel/style.css");
    for (first, second) in [
        (shown(&server, "/panel", KEY), shown(&server, "/panel", KEY)),
        (open(), open()),
        (shown(&server, "/panel", "nobody"), shown(&server, "/panel", "nobody")),
    ] {
        assert_ne!(read(first).await.0, 429);
        assert_eq!(read(second).await, (429, Some(1), refused("Too many requests, try again later")));
    }
    assert_eq!(read(shown(&server, "/panel", &other)).await.0, 200, "another key is unharmed");
}

#[tokio::test]
async fn its_requests_and_bodies_are_bounded() {
    let bounds = |limits: &mut Limits| (limits.requests_under_way, limits.upload_bytes) = (1, 8);
    let server = Server::with(limits(bounds)).await;
    let long = server.request(Method::POST, "/panel/names").header("cookie", format!("key={KEY}")).body("123456789");
    assert_eq!(read(long).await.0, 413);
    let held = tokio::spawn(server.get("/alpha/patient").send());
    server.signals.begun.notified().await;
    let (status, retry, _) = read(shown(&server, "/panel", KEY)).await;
    assert_eq!((status, retry), (503, Some(1)));
    server.signals.go_on.notify_one();
    assert_eq!(held.await.unwrap().unwrap().status(), 200);
    assert_eq!(read(shown(&server, "/panel", KEY)).await.0, 200);
}

#[tokio::test]
async fn it_has_no_document_and_no_spelling_of_ids() {
    let server = Server::start().await;
    assert_eq!(read(server.request(Method::GET, "/openapi/panel.json")).await.0, 404);
    let list: Value = server.request(Method::GET, "/openapi").send().await.unwrap().json().await.unwrap();
    assert_eq!(list["openapi"].as_object().unwrap().keys().collect::<Vec<_>>(), ["alpha", "beta"]);
    let made = server.post("/alpha/things").json(&serde_json::json!({"name": "x"})).send().await.unwrap();
    let made: Value = made.json().await.unwrap();
    assert_eq!(made["spellings"].as_object().unwrap().keys().collect::<Vec<_>>(), ["alpha", "beta"]);
}
