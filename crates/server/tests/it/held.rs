//! A thread that a person takes, in the words of every dialect after each transition.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    doors,
    process::{KEY, Server, client},
};

const ADA: &str = "ada@example.com";

struct Held {
    server: Server,
    http: Client,
    thread: Uuid,
}

impl Held {
    async fn start() -> Self {
        let (server, http) = (Server::start(), client());
        server.ask(&["member", "add", ADA]);
        let made = server.ask_json(&["thread", "create"]);
        let thread = Uuid::parse_str(made["id"].as_str().expect("an id")).expect("an id");
        Self { server, http, thread }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.server.url))
    }

    async fn json(&self, request: RequestBuilder) -> Value {
        let answer = request.send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert!(status.is_success(), "{status}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn act(&self, path: &str, body: Value) -> Value {
        let path = format!("/threadline/v1/threads/{}/{path}", self.thread);
        self.json(self.request(Method::POST, &path).bearer_auth(KEY).json(&body)).await
    }

    /// A customer writes through the dialect.
    async fn say(&self, door: &str) {
        self.json(doors::send(&self.http, &self.server.url, door, self.thread, "Hello?")).await;
    }

    async fn until_answered(&self, after: i64) {
        let path = format!("/threadline/v1/threads/{}/events?types=turn.completed&wait=30&after={after}", self.thread);
        let ended = self.json(self.request(Method::GET, &path).bearer_auth(KEY)).await;
        assert_eq!(ended["data"].as_array().map(Vec::len), Some(1), "{ended}");
    }

    async fn head(&self) -> Value {
        let path = format!("/threadline/v1/threads/{}", self.thread);
        self.json(self.request(Method::GET, &path).bearer_auth(KEY)).await
    }

    /// The words of all dialects: Capy's status, run state and wait; Everruns' status; Feather's activity; Algoreg's
    /// status; the native handling, and whether a person is wanted and the customer waits.
    async fn words(&self) -> String {
        let get = |path: String| self.request(Method::GET, &path);
        let capy = self.json(get(format!("/v1/threads/jam_{}", self.thread.simple())).bearer_auth(KEY)).await;
        let everruns = get(format!("/v1/sessions/session_{}", self.thread.simple())).header("authorization", KEY);
        let feather = self.json(get(format!("/api/v1/threads/{}", self.thread)).header("x-api-key", KEY)).await;
        let algoreg = self.json(get(format!("/api/v1/thread/{}", self.thread)).bearer_auth(KEY)).await;
        let (everruns, native) = (self.json(everruns).await, self.head().await);
        let word = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        let ticket = ["open", "waiting"][algoreg["status"].as_u64().expect("a status") as usize];
        let active = feather.get("isActive").or_else(|| feather["thread"].get("isActive")).expect("isActive");
        let is = |field: &'static str| if native.get(field).is_some() { field } else { "-" };
        let waits = capy["waitingOn"].as_array().map_or(0, Vec::len);
        format!(
            "{} {} {waits} | {} | {active} | {ticket} | {} {} {}",
            word(&capy["status"]),
            word(&capy["runState"]),
            word(&everruns["status"]),
            word(&native["handling"]),
            is("wanted"),
            is("unanswered_since"),
        )
    }
}

#[tokio::test]
async fn every_dialect_has_its_words_after_each_transition() {
    let held = Held::start().await;
    held.say("capy").await;
    held.until_answered(0).await;
    let answered = "idle ready 0 | idle | true | waiting";
    let unanswered = "active waiting 1 | idle | true | open";
    assert_eq!(held.words().await, format!("{answered} | agent - -"), "answered by the agent");

    held.act("ask", json!({"reason": "a refund"})).await;
    assert_eq!(held.words().await, format!("{answered} | agent wanted -"), "wanted");
    let before = held.head().await["last_seq"].as_i64().unwrap();
    held.say("feather").await;
    held.until_answered(before).await;
    assert_eq!(held.words().await, format!("{answered} | agent wanted -"), "the agent goes on");

    held.act("ask", json!({"reason": "a refund", "silent": true})).await;
    assert_eq!(held.words().await, format!("{answered} | agent wanted -"), "wanted in silence");
    held.say("everruns").await;
    assert_eq!(held.words().await, format!("{unanswered} | agent wanted unanswered_since"), "nobody answers yet");

    held.act("take", json!({"member": ADA})).await;
    assert_eq!(held.words().await, format!("{unanswered} | person - unanswered_since"), "held");
    let seen = held.head().await["last_seq"].clone();
    held.act("replies", json!({"member": ADA, "text": "I am here.", "seen": seen})).await;
    assert_eq!(held.words().await, format!("{answered} | person - -"), "answered by the person");
    held.say("algoreg").await;
    assert_eq!(held.words().await, format!("{unanswered} | person - unanswered_since"), "the customer waits again");

    let before = held.head().await["last_seq"].as_i64().unwrap();
    held.act("hand-back", json!({"member": ADA})).await;
    held.until_answered(before).await;
    assert_eq!(held.words().await, format!("{answered} | agent - -"), "handed back and answered");

    held.act("ask", json!({"reason": "a refund", "silent": true})).await;
    held.say("native").await;
    let before = held.head().await["last_seq"].as_i64().unwrap();
    let path = format!("/threadline/v1/threads/{}/ask?member={ADA}", held.thread);
    held.json(held.request(Method::DELETE, &path).bearer_auth(KEY)).await;
    held.until_answered(before).await;
    assert_eq!(held.words().await, format!("{answered} | agent - -"), "withdrawn and answered");

    held.act("take", json!({"member": ADA})).await;
    let closed = held.request(Method::POST, &format!("/api/v1/thread/{}", held.thread)).bearer_auth(KEY);
    held.json(closed.json(&json!({"status": 3}))).await;
    assert_eq!(held.head().await["handling"], "agent", "Algoreg's Closed ends the hold");
}
