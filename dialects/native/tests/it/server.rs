//! The server under test, and a client that speaks to it with its key.

use std::sync::Arc;

use dialect_kit::testing::Server;
use dialect_native::Native;
use domain::{Limits, ThreadId};
use engine::testing::{Choices, TestApp};
use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

pub const BASE: &str = "/threadline/v1";

pub struct Api {
    pub server: Server,
    pub http: Client,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    /// The body of an answer that must have this status.
    pub fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// The code of a refusal that must have this status and be a whole problem.
    pub fn refused(&self, status: u16) -> String {
        let problem = self.is(status);
        assert_eq!(self.header("content-type"), "application/problem+json", "{problem}");
        assert!(!self.header("x-request-id").is_empty());
        assert_eq!(problem["type"], "about:blank");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["title"], StatusCode::from_u16(status).unwrap().canonical_reason().unwrap());
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
        problem["code"].as_str().expect("a code").into()
    }

    /// The path of the first field at fault of a refusal with 400.
    pub fn at_fault(&self) -> String {
        self.refused(400);
        self.json()["errors"][0]["path"].as_str().unwrap_or_default().into()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("visible ASCII"))
    }
}

pub async fn reply(request: RequestBuilder) -> Reply {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    Reply { status, headers, text: response.text().await.expect("a whole body in UTF-8") }
}

impl Api {
    pub async fn start() -> Self {
        Self::with(Choices::default()).await
    }

    pub async fn limited(set: impl FnOnce(&mut Limits)) -> Self {
        let mut choices = Choices::default();
        set(&mut choices.limits);
        Self::with(choices).await
    }

    pub async fn with(choices: Choices) -> Self {
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { server: Server::with(choices, vec![Arc::new(Native)]).await, http: Client::new() }
    }

    pub fn test(&self) -> &TestApp {
        &self.server.test
    }

    /// A request without a key; `path` from the server's root.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.server.url))
    }

    /// A request with the key; `path` below `/threadline/v1`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, &format!("{BASE}{path}")).bearer_auth(&self.test().key)
    }

    pub async fn get(&self, path: &str) -> Reply {
        reply(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        reply(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        reply(self.request(Method::PATCH, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        reply(self.request(Method::PUT, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        reply(self.request(Method::DELETE, path)).await
    }

    /// A POST without a body.
    pub async fn act(&self, path: &str) -> Reply {
        reply(self.request(Method::POST, path)).await
    }

    /// A new thread's path.
    pub async fn thread(&self) -> String {
        format!("/threads/{}", text(&self.post("/threads", json!({})).await.is(201)["id"]))
    }

    /// Says something in the thread; the whole answer.
    pub async fn say(&self, thread: &str, text: &str) -> Value {
        self.post(&format!("{thread}/messages"), json!({"text": text})).await.is(201)
    }

    /// Says something and waits until it is answered.
    pub async fn ask(&self, thread: &str, text: &str) -> Value {
        let sent = self.say(thread, text).await;
        self.settle(thread).await;
        sent
    }

    pub async fn settle(&self, thread: &str) {
        self.test().settle(id_of(thread)).await;
    }

    /// How long the thread's log is.
    pub async fn last_seq(&self, thread: &str) -> i64 {
        self.test().app.thread(&self.test().caller, id_of(thread)).await.expect("the thread").last_seq
    }

    /// `data` of a list.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let page = self.get(path).await.is(200);
        page["data"].as_array().unwrap_or_else(|| panic!("{page}")).clone()
    }

    /// Every page of a list, joined, and how many there were.
    pub async fn pages(&self, path: &str) -> (Vec<Value>, usize) {
        let (mut all, mut count, mut cursor) = (Vec::new(), 0, None);
        loop {
            let next = match &cursor {
                None => path.to_owned(),
                Some(cursor) => format!("{path}{}cursor={cursor}", if path.contains('?') { '&' } else { '?' }),
            };
            let page = self.get(&next).await.is(200);
            all.extend(page["data"].as_array().expect("a list").iter().cloned());
            count += 1;
            match &page["next"] {
                Value::Null => return (all, count),
                next => cursor = Some(text(next)),
            }
        }
    }
}

/// The thread of a path.
pub fn id_of(thread: &str) -> ThreadId {
    ThreadId::parse(thread.trim_start_matches("/threads/")).expect("the path of a thread")
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).into()
}

/// What each element has under the name.
pub fn each(list: &[Value], name: &str) -> Vec<Value> {
    list.iter().map(|element| element[name].clone()).collect()
}

/// A message as events tell it: without what stands beside it and changes.
pub fn as_said(mut message: Value) -> Value {
    let fields = message.as_object_mut().expect("a message");
    fields.retain(|name, _| name != "receipt" && name != "delivery");
    message
}

pub fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}
