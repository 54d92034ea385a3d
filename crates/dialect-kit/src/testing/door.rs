//! A server with a thread, and the requests that tests of most dialects need.

use std::sync::Arc;

use domain::{
    ThreadId,
    agent::Settings,
    controls::Policy,
    script::{Reply as Said, ScriptedCall},
    thread::Thread,
};
use engine::testing::Choices;
use http::Method;
use reqwest::RequestBuilder;
use serde_json::json;

use super::{Client, Server};
use crate::Contract;

/// A server of one or more dialects, a thread, and a client.
pub struct Door {
    pub server: Server,
    pub thread: ThreadId,
    client: Client,
}

impl Door {
    pub async fn of(choices: Choices, dialects: Vec<Arc<dyn Contract>>) -> Self {
        Self::on(Server::with(choices, dialects).await).await
    }

    /// Creates a thread on this server.
    pub async fn on(server: Server) -> Self {
        let thread = server.test.thread().await.id;
        let client = server.client();
        Self { server, thread, client }
    }

    /// A request without a key.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, path)
    }

    /// The present thread.
    pub async fn found(&self) -> Thread {
        self.server.test.app.thread(&self.server.test.caller, self.thread).await.expect("the thread")
    }

    /// Checks that nothing has happened in the thread since it was created.
    pub async fn assert_untouched(&self) {
        let found = self.found().await;
        assert_eq!((found.last_seq, found.run.is_open(), found.window_s), (1, false, None), "an effect of a refusal");
    }

    /// Fills the thread with `count` unanswered messages. The oldest says `0`.
    pub async fn fill(&self, count: usize) {
        let test = &self.server.test;
        test.default_agent(Settings { paused: true, ..Settings::default() }).await;
        for n in 0..count {
            test.say(self.thread, &n.to_string(), Policy::Queue).await;
        }
    }

    /// Fills the thread with a person's `look`, the agent's tool call, its result, and the agent's `found`.
    pub async fn look(&self) {
        let test = &self.server.test;
        let call = ScriptedCall { id: None, name: "look".into(), arguments: json!({}).into() };
        let calls = Said { tool_calls: vec![call], ..Said::default() };
        let says = Said { text: Some("found".into()), ..Said::default() };
        let tool = json!([{"name": "look", "kind": "scripted", "result": 1, "repeat_safe": true}]);
        let tools = serde_json::from_value(tool).expect("a tool");
        let script = vec![calls, says];
        test.default_agent(Settings { model: Some("scripted".into()), script, tools, ..Settings::default() }).await;
        test.say(self.thread, "look", Policy::Queue).await;
        test.settle(self.thread).await;
        assert_eq!(test.messages(self.thread).await.len(), 4, "question, call, result, answer");
    }

    /// Reads a list of the thread's messages, newest first, page by page, while each read is preceded by a new message.
    /// Every page except the last must be full, and together they must contain each original message once. `page` reads
    /// the page of `limit` messages after a cursor: its texts, and the next cursor.
    pub async fn assert_stable(
        &self,
        count: usize,
        limit: usize,
        page: impl AsyncFn(Option<String>) -> (Vec<String>, Option<String>),
    ) {
        self.fill(count).await;
        let (mut seen, mut cursor, mut pages) = (Vec::new(), None, 0);
        loop {
            let (texts, next) = page(cursor).await;
            seen.extend(texts);
            pages += 1;
            cursor = next;
            if cursor.is_none() {
                break;
            }
            assert_eq!(seen.len(), pages * limit, "a page that is not the last is full");
            self.server.test.say(self.thread, "arrived meanwhile", Policy::Queue).await;
        }
        assert_eq!(seen, (0..count).rev().map(|n| n.to_string()).collect::<Vec<_>>(), "{count} by {limit}");
        assert_eq!(pages, count.div_ceil(limit).max(1), "no empty last page: {count} by {limit}");
    }
}
