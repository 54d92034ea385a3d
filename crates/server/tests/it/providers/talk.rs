//! A thread whose stream is followed while somebody talks in it.

use std::time::Duration;

use dialect_kit::testing::Events;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    bad_input::world::Api,
    process::{KEY, Server, client},
};

/// Longer than a thread is silent, even if a busy machine runs a model.
const PATIENCE: Duration = Duration::from_secs(120);

/// A thread with an agent.
pub struct Talk<'s> {
    api: Api<'s>,
    pub thread: String,
    stream: Events,
}

impl<'s> Talk<'s> {
    /// A new thread with the agent of this name.
    pub async fn begin(server: &'s Server, agent: &str) -> Self {
        let api = Api { server, key: KEY };
        let thread = api.post("threads", json!({"agent": agent})).await;
        Self::on(server, thread["id"].as_str().expect("an id")).await
    }

    /// A thread that is there, and its events from the first on.
    pub async fn on(server: &'s Server, thread: &str) -> Self {
        let url = format!("{}/threadline/v1/threads/{thread}/events", server.url);
        let stream = client().get(url).bearer_auth(KEY).header("accept", "text/event-stream").send().await;
        let stream = Events::of(stream.and_then(Response::error_for_status).expect("a stream"));
        Self { api: Api { server, key: KEY }, thread: thread.to_owned(), stream }
    }

    /// A new thread with the agent of this name, which gets the tool `weather` that the client runs.
    pub async fn with_tool(server: &'s Server, agent: &str) -> Self {
        let city = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
        let tool = json!({"name": "weather", "kind": "client", "description": "weather", "parameters": city});
        let api = Api { server, key: KEY };
        api.patch(&format!("agents/{agent}"), json!({"tools": [tool]})).await;
        Self::begin(server, agent).await
    }

    /// Says something. Returns the thread's events until the agent has answered or called a tool.
    pub async fn says(&mut self, text: &str) -> Vec<Value> {
        self.send(text).await;
        self.until_answered().await
    }

    pub async fn send(&self, text: &str) {
        self.api.post(&format!("threads/{}/messages", self.thread), json!({"text": text})).await;
    }

    /// Says something to the model of this name.
    pub async fn send_to(&self, model: &str, text: &str) {
        let message = json!({"text": text, "controls": {"model": model}});
        self.api.post(&format!("threads/{}/messages", self.thread), message).await;
    }

    /// Gives a tool's result. Returns the thread's events until the agent has answered or called a tool.
    pub async fn gives(&mut self, call: &str, result: Value) -> Vec<Value> {
        let results = json!({"results": [{"tool_call_id": call, "result": result}]});
        self.api.post(&format!("threads/{}/tool-results", self.thread), results).await;
        self.until_answered().await
    }

    pub async fn cancel(&self) {
        self.api.post(&format!("threads/{}/cancel", self.thread), json!({})).await;
    }

    async fn until_answered(&mut self) -> Vec<Value> {
        let ends = ["tool.called", "turn.completed", "turn.failed", "turn.cancelled"];
        self.until(|event| ends.iter().any(|end| event["type"] == *end)).await
    }

    /// The next events of the thread, up to the first for which `is` is true.
    pub async fn until(&mut self, is: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut events = Vec::new();
        while !events.last().is_some_and(&is) {
            let block = timeout(PATIENCE, self.stream.next()).await;
            let block =
                block.unwrap_or_else(|_| panic!("nothing comes after {events:#?}")).expect("the stream goes on");
            let data = block.lines().find_map(|line| line.strip_prefix("data: "));
            events.extend(data.map(|data| serde_json::from_str::<Value>(data).expect("JSON")));
        }
        events
    }
}

/// The data of all events of a type.
pub fn all<'e>(events: &'e [Value], kind: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["type"] == kind).map(|event| &event["data"]).collect()
}

/// The data of the only event of a type.
pub fn one<'e>(events: &'e [Value], kind: &str) -> &'e Value {
    let [one] = all(events, kind)[..] else { panic!("not one {kind}: {events:#?}") };
    one
}

/// The pieces of this kind, joined. Each begins at the end of the one before.
pub fn pieces(events: &[Value], kind: &str) -> String {
    let deltas = all(events, "message.delta").into_iter().filter(|delta| delta["kind"] == kind);
    deltas.fold(String::new(), |shown, delta| {
        assert_eq!(delta["offset"], shown.chars().count(), "{events:#?}");
        shown + delta["text"].as_str().expect("text")
    })
}

/// The sum of these numbers of tokens.
pub fn tokens(record: &Value, buckets: &[&str]) -> u64 {
    let of = |bucket: &&str| record["usage"][*bucket].as_u64().unwrap_or_else(|| panic!("no {bucket}: {record}"));
    buckets.iter().map(of).sum()
}
