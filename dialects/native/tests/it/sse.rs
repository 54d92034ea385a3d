//! A reader of event streams, as a browser is one (HTML standard, section 9.2.6).

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use tokio::time::timeout;

use crate::server::Api;

/// A test that waits longer for something than this has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Stream {
    response: Response,
    text: String,
}

/// One event, or a comment alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    pub id: String,
    pub event: String,
    pub data: Value,
    pub comment: String,
}

impl Api {
    /// A stream of the thread's events; `query` with its question mark.
    pub fn stream_request(&self, thread: &str, query: &str) -> RequestBuilder {
        self.request(Method::GET, &format!("{thread}/events{query}")).header("accept", "text/event-stream")
    }

    pub async fn stream(&self, thread: &str, query: &str) -> Stream {
        Stream::open(self.stream_request(thread, query)).await
    }

    /// A stream that resumes where it was.
    pub async fn resume(&self, thread: &str, last: &str) -> Stream {
        Stream::open(self.stream_request(thread, "").header("last-event-id", last)).await
    }
}

impl Stream {
    pub async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The next event or comment; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                return Some(parse(&block));
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("the stream goes on or ends");
            let chunk = chunk.expect("the stream is whole")?;
            self.text.push_str(std::str::from_utf8(&chunk).expect("whole characters"));
        }
    }

    /// Events up to the first of this type.
    pub async fn until(&mut self, kind: &str) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("the stream ended before {kind}: {events:?}"));
            if !event.event.is_empty() {
                events.push(event);
            }
            if events.last().is_some_and(|event| event.event == kind) {
                return events;
            }
        }
    }

    /// Events up to the one at this position.
    pub async fn until_id(&mut self, id: &str) -> Vec<Event> {
        let mut events = Vec::new();
        while events.last().is_none_or(|event: &Event| event.id != id) {
            events.push(self.next().await.unwrap_or_else(|| panic!("the stream ended before {id}: {events:?}")));
        }
        events
    }

    /// Whatever comes before the end.
    pub async fn rest(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

fn parse(block: &str) -> Event {
    let mut event = Event::default();
    for line in block.lines().filter(|line| !line.is_empty()) {
        match line.split_once(": ").expect("a field") {
            ("", comment) => event.comment = comment.into(),
            ("id", id) => event.id = id.into(),
            ("event", kind) => event.event = kind.into(),
            ("data", data) => event.data = serde_json::from_str(data).expect("JSON on one line"),
            (field, _) => panic!("no field of ours: {field}"),
        }
    }
    event
}
