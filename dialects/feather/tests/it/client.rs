//! A client of the door, and the thread that it talks about.

use std::sync::Arc;

use dialect_feather::Feather;
use dialect_kit::{Dialect, testing::Server};
use domain::{Limits, ThreadId, thread::Thread};
use engine::testing::Choices;
use reqwest::{Client, Method, RequestBuilder, Response, header::HeaderMap};
use serde_json::Value;

/// A server with a thread.
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

    /// The answer is an error of Feather's shape with nothing else in it; its message.
    pub fn refused(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        assert!(!self.header("x-request-id").is_empty(), "{self:?}");
        let body = self.json();
        assert_eq!(keys(&body), ["code", "message", "status", "success"], "{self:?}");
        assert_eq!((&body["status"], &body["code"], &body["success"]), (&status.into(), &code.into(), &false.into()));
        body["message"].as_str().filter(|text| !text.is_empty()).expect("a message").to_owned()
    }

    /// The answer is a 400.
    pub fn bad(&self) -> String {
        self.refused(400, "BAD_REQUEST")
    }
}

/// The names of an object, sorted.
pub fn keys(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// A stream that is being read.
pub struct Events {
    response: Response,
    read: String,
}

impl Events {
    /// The next block, without the empty line that ends it; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.read = rest;
                return Some(block);
            }
            let chunk = self.response.chunk().await.expect("the stream is whole")?;
            self.read.push_str(std::str::from_utf8(&chunk).expect("each chunk ends with a block"));
        }
    }

    /// The id and the data of the next message.
    pub async fn message(&mut self) -> (String, Value) {
        let block = self.next().await.expect("a message");
        let (id, data) = block.split_once('\n').expect("two lines");
        let id = id.strip_prefix("id: ").unwrap_or_else(|| panic!("{block}"));
        let data = data.strip_prefix("data: ").unwrap_or_else(|| panic!("{block}"));
        (id.to_owned(), serde_json::from_str(data).unwrap_or_else(|why| panic!("{why}: {block}")))
    }
}

impl Door {
    pub async fn open() -> Self {
        Self::with(|_| ()).await
    }

    /// With other limits.
    pub async fn with(change: impl FnOnce(&mut Limits)) -> Self {
        let mut choices = Choices::default();
        change(&mut choices.limits);
        Self::of(choices, vec![Arc::new(Feather)]).await
    }

    pub async fn of(choices: Choices, dialects: Vec<Arc<dyn Dialect>>) -> Self {
        // Fails from the second test of the process on, when there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = Server::with(choices, dialects).await;
        let thread = server.test.thread().await.id;
        Self { server, thread, http: Client::new() }
    }

    /// Without a key.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.server.url))
    }

    /// With the key.
    pub fn keyed(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).header("X-API-Key", &self.server.test.key)
    }

    pub fn messages_path(&self) -> String {
        format!("/api/v1/threads/{}/messages", self.thread)
    }

    pub fn stream_path(&self) -> String {
        format!("/api/v1/threads/{}/stream", self.thread)
    }

    pub async fn send(&self, body: &Value) -> Reply {
        Reply::of(self.keyed(Method::POST, &self.messages_path()).json(body)).await
    }

    /// A page of the thread's list.
    pub async fn list(&self, query: &str) -> Reply {
        Reply::of(self.keyed(Method::GET, &format!("{}?{query}", self.messages_path()))).await
    }

    /// The stream, after its opening.
    pub async fn follow(&self, last_event_id: Option<&str>) -> Events {
        let mut request = self.keyed(Method::GET, &self.stream_path());
        if let Some(id) = last_event_id {
            request = request.header("Last-Event-ID", id);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200, "{response:?}");
        let mut events = Events { response, read: String::new() };
        assert_eq!(events.next().await.as_deref(), Some("retry: 3000"));
        events
    }

    /// The thread as it stands.
    pub async fn found(&self) -> Thread {
        self.server.test.app.thread(&self.server.test.caller, self.thread).await.expect("the thread")
    }

    /// Nothing has happened in the thread since it was made, and the door still answers.
    pub async fn assert_untouched(&self) {
        let found = self.found().await;
        assert_eq!((found.last_seq, found.run.is_open(), found.window_s), (1, false, None), "an effect of a refusal");
        assert_eq!(self.list("").await.status, 200);
    }
}
