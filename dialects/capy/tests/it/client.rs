//! A client of the door, and the thread that it talks about.

use std::sync::Arc;

use dialect_capy::Capy;
use dialect_kit::testing::Server;
use domain::{Limits, ThreadId, thread::Thread};
use engine::testing::Choices;
use reqwest::{Client, Method, RequestBuilder, header::HeaderMap};
use serde_json::Value;

/// A server of the one dialect, with a thread.
pub struct Door {
    pub server: Server,
    pub thread: ThreadId,
    http: Client,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.expect("a whole body") }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The answer is an error of Capy's shape with nothing else in it.
    pub fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        assert!(!self.header("x-request-id").is_empty(), "{self:?}");
        let body = self.json();
        assert_eq!(keys(&body), ["error"], "{self:?}");
        let error = &body["error"];
        let expected: &[&str] = if status == 422 { &["code", "details", "message"] } else { &["code", "message"] };
        assert_eq!(keys(error), expected, "{self:?}");
        assert_eq!(error["code"], code, "{self:?}");
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{self:?}");
        error.clone()
    }

    /// The answer is a 422 for the one fault at `path`.
    pub fn invalid(&self, path: &str) {
        let details = self.refused(422, "validation_error")["details"].clone();
        let [detail] = details.as_array().map(Vec::as_slice).expect("a list") else { panic!("{details}") };
        assert_eq!(keys(detail), ["code", "message", "path"], "{detail}");
        assert_eq!(detail["path"], path, "{detail}");
    }
}

/// The names of an object, sorted.
pub fn keys(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

impl Door {
    pub async fn open() -> Self {
        Self::with(|_| ()).await
    }

    /// With other limits.
    pub async fn with(change: impl FnOnce(&mut Limits)) -> Self {
        // Fails from the second test of the process on, when there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut choices = Choices::default();
        change(&mut choices.limits);
        let server = Server::with(choices, vec![Arc::new(Capy)]).await;
        let thread = server.test.thread().await.id;
        Self { server, thread, http: Client::new() }
    }

    /// Without a key.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.server.url))
    }

    pub fn message_path(&self) -> String {
        format!("/api/v1/threads/{}/message", self.thread.prefixed("jam_"))
    }

    pub fn messages_path(&self) -> String {
        format!("/api/v1/threads/{}/messages", self.thread.prefixed("jam_"))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path).bearer_auth(&self.server.test.key)
    }

    pub async fn send(&self, body: &Value) -> Reply {
        Reply::of(self.post(&self.message_path()).json(body)).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::GET, path).bearer_auth(&self.server.test.key)).await
    }

    /// A page of the thread's list.
    pub async fn list(&self, query: &str) -> Reply {
        self.get(&format!("{}?{query}", self.messages_path())).await
    }

    /// The thread as it stands.
    pub async fn found(&self) -> Thread {
        self.server.test.app.thread(&self.server.test.caller, self.thread).await.expect("the thread")
    }

    /// Nothing has happened in the thread since it was made, and the door still answers.
    pub async fn assert_untouched(&self) {
        let found = self.found().await;
        assert_eq!((found.last_seq, found.run.is_open()), (1, false), "an effect of a refused request");
        assert_eq!(self.list("").await.status, 200);
    }
}
