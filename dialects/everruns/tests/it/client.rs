//! A server of this dialect, and a client that reads what it answers.

use std::{sync::Arc, time::Duration};

use dialect_everruns::Everruns;
use dialect_kit::testing::Server;
use domain::{
    Limits, ThreadId,
    agent::{Settings, Tool, ToolKind},
    script::{Reply, ScriptedCall},
};
use engine::testing::Choices;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

pub struct Door {
    pub server: Server,
    pub http: Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub content_type: String,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let content_type = headers.get("content-type").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        Self { status, content_type, headers, text: response.text().await.unwrap() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }
}

impl Door {
    pub async fn open() -> Self {
        Self::with(Choices::default(), Everruns::default()).await
    }

    pub async fn limited(limits: Limits) -> Self {
        Self::with(Choices { limits, ..Choices::default() }, Everruns::default()).await
    }

    pub async fn with(choices: Choices, dialect: Everruns) -> Self {
        // Fails from the second test of the process on, when there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = Server::with(choices, vec![Arc::new(dialect)]).await;
        Self { server, http: Client::new() }
    }

    /// A session's id here, and the thread that it is.
    pub async fn session(&self) -> (String, ThreadId) {
        let thread = self.server.test.thread().await.id;
        (thread.prefixed("session_"), thread)
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.server.url))
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path).header("authorization", &self.server.test.key)
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path).header("authorization", &self.server.test.key)
    }

    /// Calls with the key that may do everything.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let request = self.request(method, path).header("authorization", &self.server.test.key);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        Answer::of(request.send().await.unwrap()).await
    }

    /// Calls, and expects this status; the body, null where there is none.
    pub async fn did(&self, method: Method, path: &str, body: Value, status: u16) -> Value {
        let answer = self.call(method, path, Some(&body).filter(|body| !body.is_null())).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    pub async fn send(&self, session: &str, body: &Value) -> Answer {
        Answer::of(self.post(&format!("/v1/sessions/{session}/messages")).json(body).send().await.unwrap()).await
    }

    /// Sends a text that must be accepted; the message.
    pub async fn say(&self, session: &str, text: &str) -> Value {
        let reply = self.send(session, &said(text)).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.json()
    }

    pub async fn list(&self, session: &str) -> Vec<Value> {
        let reply = Answer::of(self.get(&format!("/v1/sessions/{session}/messages")).send().await.unwrap()).await;
        assert_eq!((reply.status, reply.content_type.as_str()), (StatusCode::OK, "application/json"), "{reply:?}");
        reply.json()["data"].as_array().expect("a list").clone()
    }

    pub async fn last_seq(&self, thread: ThreadId) -> i64 {
        self.server.test.app.thread(&self.server.test.caller, thread).await.unwrap().last_seq
    }

    pub async fn agent(&self, script: Vec<Reply>, tools: Vec<Tool>) {
        let settings = Settings { model: Some("scripted".into()), script, tools, ..Settings::default() };
        self.server.test.default_agent(settings).await;
    }
}

pub fn said(text: &str) -> Value {
    json!({"message": {"content": [{"type": "text", "text": text}]}})
}

pub fn text(text: &str) -> Reply {
    Reply { text: Some(text.into()), ..Reply::default() }
}

/// Text that readers see coming, piece by piece.
pub fn slow(words: &str, chunks: u32) -> Reply {
    Reply { chunks: Some(chunks), delay_ms: Some(60), ..text(words) }
}

pub fn calls(names: &[&str]) -> Reply {
    let call = |name: &&str| ScriptedCall { id: None, name: (*name).into(), arguments: json!({"q": 1}).into() };
    Reply { tool_calls: names.iter().map(call).collect(), ..Reply::default() }
}

pub fn tool(name: &str, kind: ToolKind) -> Tool {
    Tool::new(name, kind)
}

/// A stream of events.
pub struct Events {
    response: Response,
    buffer: String,
}

/// One frame: its fields as they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    pub comment: Option<String>,
    pub event: String,
    pub id: Option<String>,
    pub retry: Option<String>,
    pub data: Value,
}

/// Longer than anything here takes; a test that hangs fails by it instead.
const PATIENCE: Duration = Duration::from_secs(30);

impl Events {
    pub async fn open(door: &Door, session: &str, query: &str) -> Self {
        Self::of(door.get(&format!("/v1/sessions/{session}/sse{query}"))).await
    }

    /// The stream has said that it is connected.
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{response:?}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut events = Self { response, buffer: String::new() };
        let first = events.frame().await.expect("a first frame");
        assert_eq!(
            (first.event.as_str(), first.id.as_deref(), first.retry.as_deref()),
            ("connected", None, Some("100"))
        );
        assert_eq!(first.data, json!({"status": "connected"}));
        events
    }

    /// The next frame; `None` at the end.
    pub async fn frame(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, rest)) = self.buffer.split_once("\n\n") {
                let (frame, rest) = (parse(frame), rest.to_owned());
                self.buffer = rest;
                return Some(frame);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("a frame in time");
            self.buffer.push_str(std::str::from_utf8(&chunk.ok()??).expect("whole characters"));
        }
    }

    /// The next event. Each has the envelope of the contract.
    pub async fn event(&mut self) -> Value {
        let frame = self.frame().await.expect("the stream goes on");
        let event = frame.data;
        for field in ["id", "type", "ts", "session_id"] {
            assert!(event[field].is_string(), "{field}: {event}");
        }
        assert!(event["context"].is_object() && event.get("data").is_some(), "{event}");
        assert_eq!(event["type"], frame.event.as_str());
        assert_eq!(frame.retry.as_deref(), Some("100"));
        let id = event["sequence"].is_number().then(|| event["id"].as_str().unwrap().to_owned());
        assert_eq!(frame.id, id, "an SSE id where there is a sequence: {event}");
        event
    }

    /// Events to the first of this type, with it.
    pub async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut seen = Vec::new();
        loop {
            seen.push(self.event().await);
            if seen.last().is_some_and(|event| event["type"] == kind) {
                return seen;
            }
        }
    }
}

fn parse(text: &str) -> Frame {
    let mut frame = Frame::default();
    for line in text.lines() {
        match line.split_once(": ").expect("a field") {
            ("", comment) => frame.comment = Some(comment.into()),
            ("event", name) => frame.event = name.into(),
            ("id", id) => frame.id = Some(id.into()),
            ("retry", ms) => frame.retry = Some(ms.into()),
            ("data", json) => frame.data = serde_json::from_str(json).expect("JSON"),
            other => panic!("no field of SSE: {other:?}"),
        }
    }
    frame
}

/// The types, in order.
pub fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}
