//! Nothing is accepted and then ignored: whatever a door takes, the native API gives back.

mod algoreg;
mod capy;
mod everruns;
mod feather;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::process::{KEY, Server, client};

struct World {
    server: Server,
    http: Client,
}

impl World {
    fn start() -> Self {
        Self { server: Server::start(), http: client() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.server.url))
    }

    /// A request through another door that must be taken; its body, if it has one.
    async fn taken(&self, request: RequestBuilder) -> Value {
        let answer = request.send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("a whole body"));
        assert!(status.is_success(), "{status}: {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    async fn bearer(&self, method: Method, path: &str, body: Value) -> Value {
        self.taken(self.request(method, path).bearer_auth(KEY).json(&body)).await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.bearer(Method::POST, path, body).await
    }

    async fn native(&self, path: &str) -> Value {
        self.taken(self.request(Method::GET, &format!("/threadline/v1{path}")).bearer_auth(KEY)).await
    }

    async fn tell(&self, method: Method, path: &str, body: Value) -> Value {
        self.bearer(method, &format!("/threadline/v1{path}"), body).await
    }

    /// The rows of a native list.
    async fn rows(&self, path: &str) -> Vec<Value> {
        self.native(path).await["data"].as_array().expect("a list").clone()
    }

    /// Waits until the thread has had so many ends of turns.
    async fn ended(&self, thread: &str, turns: usize) {
        let mut after = 0;
        for _ in 0..turns {
            let path = format!(
                "/threads/{thread}/events?types=turn.completed,turn.failed,turn.cancelled&limit=1&wait=30&after={after}"
            );
            after = self.native(&path).await["data"][0]["seq"].as_i64().expect("the end of a turn");
        }
    }

    async fn messages(&self, thread: &str) -> Vec<Value> {
        self.rows(&format!("/threads/{thread}/messages")).await
    }
}

/// Everything of `expected` stands in `actual`; what else is there does not matter.
fn shows(actual: &Value, expected: Value) {
    let mut missing = Vec::new();
    compare(actual, &expected, "", &mut missing);
    assert!(missing.is_empty(), "{}\nin {actual:#}", missing.join("\n"));
}

fn compare(actual: &Value, expected: &Value, path: &str, missing: &mut Vec<String>) {
    match expected {
        Value::Object(fields) => {
            for (name, value) in fields {
                compare(&actual[name], value, &format!("{path}.{name}"), missing);
            }
        }
        _ if actual == expected => {}
        _ => missing.push(format!("{path} is {actual}, not {expected}")),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// The UUID of an id, whatever stands before its digits.
fn uuid(spelled: &Value) -> String {
    let spelled = text(spelled);
    let digits: String = spelled.chars().filter(|c| *c != '-').collect();
    uuid::Uuid::parse_str(&digits[digits.len() - 32..]).unwrap_or_else(|_| panic!("{spelled} has no id")).to_string()
}

fn names(rows: &[Value], field: &str) -> Value {
    rows.iter().map(|row| row[field].clone()).collect()
}

/// What a message says in texts, links and names.
fn link(url: &str) -> Value {
    json!({"type": "link", "url": url})
}
