//! The contract as it stands on the wire: of each operation an answer and a refusal, whole. `UPDATE_EXPECT=1` writes them anew.

mod agents;
mod attachments;
mod messages;
mod people;
mod project;
mod snapshots;
mod threads;
mod tickets;
mod tokens;
mod turns;
mod webhooks;

use dialect_kit::testing::Transcript;
use engine::{Targets, testing::Choices};
use expect_test::Expect;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::server::{Api, text};

/// Operations whose answers are no contract of their own, and what holds them.
const LEFT_OUT: [(&str, &str); 2] = [
    ("GET /limits", "the table in domain::limits, which `people` compares"),
    ("GET /models", "the catalogue in domain::model, which `people` compares"),
];

/// A server, and what was seen of its ids.
struct Wire {
    api: Api,
    transcript: Transcript,
}

impl Wire {
    async fn start() -> Self {
        let api = Api::with(Choices { webhook_targets: Targets::Any, ..Choices::default() }).await;
        Self { api, transcript: Transcript::default() }
    }

    /// Asks `GET /threads/{}` of these ids, and holds the whole answer against what is expected. Its body.
    async fn shows(&mut self, operation: &str, ids: &[&str], body: Value, expected: Expect) -> Value {
        let (method, template) = operation.split_once(' ').expect("a method and a path");
        let path = ids.iter().fold(template.to_owned(), |path, id| path.replacen("{}", id, 1));
        let request = self.api.request(method.parse().expect("a method"), &path);
        let request = if body.is_null() { request } else { request.json(&body) };
        self.answers(request, expected).await
    }

    async fn answers(&mut self, request: RequestBuilder, expected: Expect) -> Value {
        let (shown, reply) = self.transcript.of(request).await;
        expected.assert_eq(&shown);
        serde_json::from_str(&reply.body).unwrap_or_default()
    }

    /// The id of a new thread.
    async fn thread(&self) -> String {
        text(&self.api.post("/threads", json!({"title": "Order 4711"})).await.is(201)["id"])
    }

    /// The ids of a message that was answered, and of its turn.
    async fn asked(&self, thread: &str) -> (String, String) {
        let sent = self.api.ask(&format!("/threads/{thread}"), "Where is it?").await;
        (text(&sent["message"]["id"]), text(&sent["turn"]["id"]))
    }
}

/// Nobody's id.
const UNKNOWN: &str = "00000000-0000-7000-8000-000000000000";

#[test]
fn every_operation_shows_an_answer_and_a_refusal() {
    let written = [
        include_str!("wire/agents.rs"),
        include_str!("wire/attachments.rs"),
        include_str!("wire/messages.rs"),
        include_str!("wire/people.rs"),
        include_str!("wire/project.rs"),
        include_str!("wire/snapshots.rs"),
        include_str!("wire/threads.rs"),
        include_str!("wire/tickets.rs"),
        include_str!("wire/tokens.rs"),
        include_str!("wire/turns.rs"),
        include_str!("wire/webhooks.rs"),
    ];
    let shown = |operation: &str| -> usize {
        let quoted = [format!("\"{operation}\""), format!("\"{operation}?")];
        written.iter().map(|text| quoted.iter().map(|one| text.matches(one.as_str()).count()).sum::<usize>()).sum()
    };
    let routes = dialect_kit::access::table(&dialect_native::Native);
    let operations = routes.iter().map(|line| {
        let path = line.template.strip_prefix("/threadline/v1").expect("the base");
        let place: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
        format!("{} {}", line.method, place.join("/"))
    });
    let missing: Vec<String> = operations
        .filter(|operation| !LEFT_OUT.iter().any(|(left, _)| left == operation))
        .filter(|operation| shown(operation) < 2)
        .collect();
    assert!(missing.is_empty(), "{missing:?} show no answer or no refusal in wire/");
}
