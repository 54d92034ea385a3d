//! One conversation whose every message comes through another door: each door tells all of it, in the log's order, once.

use dialect_kit::testing::Events;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    dialects, doors,
    process::{KEY, Server, client},
};

/// The dialects, and Feather's API for people without a key, who hold a token of the thread.
fn all() -> Vec<&'static str> {
    dialects::names().into_iter().chain(["chat"]).collect()
}

/// What was said, and the id of the message wherever it is shown.
type Said = (Uuid, String);

#[tokio::test]
async fn every_doors_history_and_stream_agree_with_the_log_whatever_doors_a_conversation_came_in_by() {
    let server = Server::start();
    let (api, thread) = Api::begin(&server).await;
    let mut native = api.stream(api.native(thread, "events?after=0").header("accept", "text/event-stream")).await;
    let mut everruns = api.stream(api.everruns(thread, "sse?after_sequence=0")).await;
    let mut feather = api.stream(api.feather(thread, "stream")).await;
    let mut chat = api.stream(api.chat_stream(thread).await).await;
    for (i, door) in all().into_iter().enumerate() {
        api.say(door, thread, &format!("Through {door}")).await;
        api.until_answered(thread, i + 1).await;
    }

    let log = api.json(api.native(thread, "events?limit=1000")).await["data"].clone();
    let log = log.as_array().expect("a page");
    let told: Vec<Said> = log.iter().filter_map(|entry| of_message(&entry["data"]["message"])).collect();
    let texts: Vec<&str> = told.iter().map(|(_, text)| text.as_str()).collect();
    let expected: Vec<String> =
        all().iter().flat_map(|door| [format!("Through {door}"), format!("Through {door}")]).collect();
    assert_eq!(texts, expected, "each is there once, and is answered before the next");

    for door in all() {
        assert_eq!(api.history(door, thread).await, told, "the history of {door}");
    }

    let whole: Vec<(i64, Value)> = take(&mut native, log.len(), |event| Some((event.seq()?, event.data))).await;
    let entries: Vec<&Value> = whole.iter().map(|(_, data)| data).collect();
    assert_eq!(entries, log.iter().collect::<Vec<_>>(), "the stream of native is the log");
    let seqs: Vec<i64> = whole.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(seqs, (1..=whole.len() as i64).collect::<Vec<_>>());

    let shown = take(&mut everruns, log.len(), |event| Some((event.data["sequence"].as_i64()?, event.data))).await;
    let sequences: Vec<i64> = shown.iter().map(|(sequence, _)| *sequence).collect();
    assert_eq!(sequences, seqs, "the stream of everruns has no gap and nothing twice");
    let messages: Vec<Said> = shown.iter().filter_map(|(_, event)| of_message(&event["data"]["message"])).collect();
    assert_eq!(messages, told, "the stream of everruns");

    let answers = told.iter().skip(1).step_by(2);
    let answers: Vec<Said> = answers.cloned().collect();
    for (door, stream) in [("feather", &mut feather), ("chat", &mut chat)] {
        let shown = take(stream, all().len(), |event| of_text(&event.data, "messageBody")).await;
        assert_eq!(shown, answers, "the stream of {door} has what the agent said");
    }
}

/// The doors, by the key of all scopes, and by the token of a guest who has begun the thread.
struct Api {
    http: Client,
    url: String,
    token: String,
}

impl Api {
    async fn begin(server: &Server) -> (Self, Uuid) {
        let (http, url) = (client(), server.url.clone());
        let native =
            |method, below: &str| http.request(method, format!("{url}/threadline/v1/{below}")).bearer_auth(KEY);
        let agents = native(Method::GET, "agents").send().await.expect("an answer");
        let agents: Value = agents.json().await.expect("JSON");
        let agent = agents["data"][0]["id"].as_str().expect("the agent `default`");
        let open = native(Method::PATCH, &format!("agents/{agent}")).json(&json!({"guests": {"origins": []}}));
        let opened: Value = open.send().await.expect("an answer").json().await.expect("JSON");
        let known = opened["guest_id"].as_str().expect("an id for its guests");
        let begin = http.post(format!("{url}/api/v1/chat/threads")).json(&json!({"agentId": known}));
        let begun: Value = begin.send().await.expect("an answer").json().await.expect("JSON");
        let thread = begun["threadId"].as_str().and_then(|id| id.parse().ok()).expect("a UUID");
        let token = begun["token"].as_str().expect("a token").to_owned();
        (Self { http, url, token }, thread)
    }

    fn chat(&self, method: Method, thread: Uuid, below: &str) -> RequestBuilder {
        let url = format!("{}/api/v1/chat/threads/{thread}/{below}", self.url);
        self.http.request(method, url).bearer_auth(&self.token)
    }

    /// As a browser opens it, which sends no headers.
    async fn chat_stream(&self, thread: Uuid) -> RequestBuilder {
        let ticket = self.json(self.chat(Method::POST, thread, "stream-ticket")).await;
        let ticket = ticket["ticket"].as_str().expect("a ticket");
        self.http.get(format!("{}/api/v1/chat/threads/{thread}/stream?ticket={ticket}", self.url))
    }

    fn native(&self, thread: Uuid, below: &str) -> RequestBuilder {
        self.http.get(format!("{}/threadline/v1/threads/{thread}/{below}", self.url)).bearer_auth(KEY)
    }

    fn everruns(&self, thread: Uuid, below: &str) -> RequestBuilder {
        let session = thread.simple();
        self.http.get(format!("{}/v1/sessions/session_{session}/{below}", self.url)).header("authorization", KEY)
    }

    fn feather(&self, thread: Uuid, below: &str) -> RequestBuilder {
        self.http.get(format!("{}/api/v1/threads/{thread}/{below}", self.url)).header("x-api-key", KEY)
    }

    async fn say(&self, door: &str, thread: Uuid, text: &str) {
        let request = match door {
            "chat" => {
                let url = format!("{}/api/v1/chat/threads/{thread}/messages", self.url);
                self.http.post(url).bearer_auth(&self.token).json(&json!({"message": text}))
            }
            _ => doors::send(&self.http, &self.url, door, thread, text),
        };
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{door}: {}", answer.text().await.expect("a body"));
    }

    /// Waits for the end of the conversation's turn of that number.
    async fn until_answered(&self, thread: Uuid, turns: usize) {
        let mut after = 0;
        for _ in 0..turns {
            let ended =
                self.json(self.native(thread, &format!("events?types=turn.completed&wait=30&after={after}"))).await;
            after = ended["data"][0]["seq"].as_i64().unwrap_or_else(|| panic!("no turn has ended: {ended}"));
        }
    }

    /// All messages, oldest first.
    async fn history(&self, door: &str, thread: Uuid) -> Vec<Said> {
        let hex = thread.simple();
        let bearer = |path: String| self.http.get(format!("{}{path}", self.url)).bearer_auth(KEY);
        match door {
            "native" => said(&self.json(self.native(thread, "messages")).await["data"], of_message),
            "everruns" => said(&self.json(self.everruns(thread, "messages")).await["data"], of_message),
            "algoreg" => {
                let list = self.json(bearer(format!("/api/v1/thread/{thread}/messages"))).await;
                said(&list["messages"], |message| of_text(message, "content"))
            }
            "capy" => {
                let list = self.json(bearer(format!("/v1/threads/jam_{hex}/messages"))).await;
                reversed(said(&list["items"], |message| of_text(message, "content")))
            }
            "feather" => {
                let list = self.json(self.feather(thread, "messages")).await;
                reversed(said(&list["thread"]["messages"], |message| of_text(message, "messageBody")))
            }
            "chat" => {
                let list = self.json(self.chat(Method::GET, thread, "messages")).await;
                reversed(said(&list["messages"], |message| of_text(message, "messageBody")))
            }
            other => panic!("there is no door {other}"),
        }
    }

    async fn json(&self, request: RequestBuilder) -> Value {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        answer.json().await.expect("JSON")
    }

    async fn stream(&self, request: RequestBuilder) -> Events {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        Events::of(answer)
    }
}

fn said(list: &Value, of: impl Fn(&Value) -> Option<Said>) -> Vec<Said> {
    let messages = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    messages.iter().map(|message| of(message).unwrap_or_else(|| panic!("no message: {message}"))).collect()
}

fn reversed(mut messages: Vec<Said>) -> Vec<Said> {
    messages.reverse();
    messages
}

/// A message with its parts, as native and Everruns have it.
fn of_message(message: &Value) -> Option<Said> {
    Some((id(message)?, message["content"][0]["text"].as_str()?.to_owned()))
}

/// A message whose text is one field.
fn of_text(message: &Value, field: &str) -> Option<Said> {
    Some((id(message)?, message[field].as_str()?.to_owned()))
}

/// The id, whatever stands before it.
fn id(thing: &Value) -> Option<Uuid> {
    thing["id"].as_str()?.trim_start_matches("message_").parse().ok()
}

struct Event {
    id: Option<String>,
    data: Value,
}

impl Event {
    /// The position, of an entry: a delta's has a fraction.
    fn seq(&self) -> Option<i64> {
        self.id.as_ref()?.parse().ok()
    }
}

/// The first `count` events of a stream that are something to `of`.
async fn take<T>(stream: &mut Events, count: usize, of: impl Fn(Event) -> Option<T>) -> Vec<T> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let block = stream.next().await.expect("the stream goes on");
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let data = field("data: ").and_then(|data| serde_json::from_str(&data).ok()).unwrap_or_default();
        taken.extend(of(Event { id: field("id: "), data }));
    }
    taken
}
