//! A server that speaks Algoreg, and a client that has a key.

use std::sync::Arc;

use dialect_algoreg::Algoreg;
use dialect_kit::testing::Server;
use domain::{ThreadId, message::Message, thread::Thread};
use engine::testing::{Choices, TestApp};
use reqwest::{Client, Method, RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};

pub struct Door {
    pub server: Server,
    pub client: Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Door {
    pub async fn open() -> Self {
        Self::with(Choices::default()).await
    }

    pub async fn with(choices: Choices) -> Self {
        // Fails from the second test of the process on, when there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { server: Server::with(choices, vec![Arc::new(Algoreg)]).await, client: Client::new() }
    }

    pub fn test(&self) -> &TestApp {
        &self.server.test
    }

    /// With the key, as a bearer.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.server.url)).bearer_auth(&self.test().key)
    }

    /// With a JSON body.
    pub async fn ask(&self, method: Method, path: &str, body: Value) -> Reply {
        Reply::of(self.request(method, path).json(&body)).await
    }

    pub async fn post(&self, body: Value) -> Reply {
        Reply::of(self.request(Method::POST, "/api/v1/message").json(&body)).await
    }

    /// Posts what must be taken.
    pub async fn create(&self, body: Value) {
        let shown = body.to_string();
        let reply = self.post(body).await;
        assert_eq!((reply.status, reply.text.as_str()), (204, ""), "{shown}");
    }

    /// Posts what must begin a thread; the thread, when its turns have ended.
    pub async fn begin(&self, body: Value) -> Thread {
        let before = self.threads().await.len();
        self.create(body).await;
        let threads = self.threads().await;
        assert_eq!(threads.len(), before + 1, "a new thread");
        self.test().settle(threads[0].id).await
    }

    /// The newest first.
    pub async fn threads(&self) -> Vec<Thread> {
        self.test()
            .app
            .list_threads(&self.test().caller, Default::default(), None, 1_000)
            .await
            .expect("threads")
            .threads
    }

    pub async fn messages(&self, thread: ThreadId) -> Vec<Message> {
        self.test().settle(thread).await;
        self.test().messages(thread).await
    }

    pub async fn list(&self, thread: ThreadId, query: &str) -> Value {
        let reply = Reply::of(self.request(Method::GET, &format!("/api/v1/thread/{thread}/messages{query}"))).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }
}

impl Reply {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.expect("a body") }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{} is no JSON", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    /// Checks that this is a refusal to the letter of the contract; its message.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert!(self.header("x-request-id").is_some());
        let body = self.json();
        let message = body["errors"][0]["message"].as_str().expect("a message").to_owned();
        let reason = reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let v1 = reason.expect("a status that HTTP knows").to_uppercase().replace(' ', "_");
        let errors = json!({"errors": [
            {"code": code, "deprecated": false, "message": message, "will_be_deprecated": false},
            {"code": v1, "deprecated": true, "message": message, "will_be_deprecated": false},
        ]});
        assert_eq!(body, errors);
        assert!(!message.is_empty());
        message
    }
}
