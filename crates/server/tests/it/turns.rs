//! What becomes of turns whose message or whose model is out of the ordinary, through several doors.

use reqwest::{Client, Method};
use serde_json::{Value, json};
use store::testing::Cluster;
use uuid::Uuid;

use crate::{
    dialects,
    doors::send,
    process::{KEY, Server, Start, client},
};

struct World {
    server: Server,
    http: Client,
}

impl World {
    fn start(database: Option<&str>) -> Self {
        let start = Start::new("serve").env("THREADLINE_BOOTSTRAP_KEY", KEY);
        Self::of(start, database)
    }

    fn of(start: Start, database: Option<&str>) -> Self {
        let start = database.into_iter().fold(start, |start, url| start.env("THREADLINE_DATABASE", url));
        Self { server: start.start(), http: client() }
    }

    /// Another process on the same data, once this one is dead.
    fn again(self, database: Option<&str>) -> Self {
        let mut server = self.server;
        server.signal("KILL");
        server.ended();
        Self::of(Start::on("serve", server.folder.clone()), database)
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let request = self.http.request(method, format!("{}{path}", self.server.url)).bearer_auth(KEY);
        let request = body.iter().fold(request, |request, body| request.json(body));
        let answer = request.send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn native(&self, path: &str) -> Value {
        self.ask(Method::GET, &format!("/threadline/v1{path}"), None).await
    }

    async fn agent(&self, settings: Value) {
        self.ask(Method::PATCH, "/threadline/v1/agents/default", Some(settings)).await;
    }

    /// The first entry of these kinds beyond a position, once there is one.
    async fn entry(&self, thread: &str, kinds: &str, after: i64) -> Value {
        self.native(&format!("/threads/{thread}/events?types={kinds}&limit=1&wait=30&after={after}")).await["data"][0]
            .clone()
    }
}

#[tokio::test]
async fn white_space_alone_is_stored_through_every_door_and_asks_no_model() {
    let world = World::start(None);
    world.agent(json!({"model": "scripted", "script": [{"text": "I was asked"}]})).await;
    for door in dialects::names() {
        let thread = world.server.thread();
        let id: Uuid = thread.parse().expect("a UUID");
        for text in [" ", "\t\u{a0}\n\u{3000}"] {
            let sent = send(&world.http, &world.server.url, door, id, text).send().await.expect("an answer");
            assert!(sent.status().is_success(), "{door} {text:?}: {}", sent.text().await.expect("a body"));
            let list = world.native(&format!("/threads/{thread}/messages?order=desc&limit=2")).await;
            let texts = list["data"].as_array().expect("a list").iter().map(|one| one["content"][0]["text"].clone());
            assert!(texts.into_iter().any(|stored| stored == text), "{door} {text:?}: {list}");
        }
        let first = world.entry(&thread, "turn.completed,turn.failed", 0).await;
        let second = world.entry(&thread, "turn.completed,turn.failed", first["seq"].as_i64().expect("a number")).await;
        assert_eq!((&first["type"], &second["type"]), (&json!("turn.completed"), &json!("turn.completed")), "{door}");
        let sent = send(&world.http, &world.server.url, door, id, "Hello").send().await.expect("an answer");
        assert!(sent.status().is_success(), "{door}");
        world.entry(&thread, "turn.completed,turn.failed", second["seq"].as_i64().expect("a number")).await;
        let all = world.native(&format!("/threads/{thread}/messages")).await.to_string();
        assert_eq!(all.matches("I was asked").count(), 1, "{door}: only for the message that says something: {all}");
    }
}

#[tokio::test]
async fn a_tool_call_has_an_id_that_its_thread_never_had_on_sqlite() {
    ids_of_calls(None).await;
}

#[tokio::test]
async fn a_tool_call_has_an_id_that_its_thread_never_had_on_postgres() {
    ids_of_calls(Some(Cluster::of_this_process().fresh_database().await)).await;
}

/// A model that says `x` whatever it calls, and once what that becomes.
async fn ids_of_calls(database: Option<String>) {
    let world = World::start(database.as_deref());
    let call = |id: &str| json!({"name": "ask", "id": id, "arguments": {}});
    let script = json!([
        {"tool_calls": [call("x"), call("x-3")]},
        {"tool_calls": [call("x")]},
        {"tool_calls": [call("x")]},
        {"text": "Done"},
    ]);
    let tools = json!([{"name": "ask", "kind": "client"}]);
    world.agent(json!({"model": "scripted", "script": script, "tools": tools})).await;
    let (thread, another) = (world.server.thread(), world.server.thread());
    let first = turn(&world, &thread, 0).await;
    assert_eq!(first, ["x", "x-3", "x-2", "x-4"]);
    assert_eq!(turn(&world, &another, 0).await, first, "another thread knows nothing of them");

    let world = world.again(database.as_deref());
    let last = world.native(&format!("/threads/{thread}")).await["last_seq"].as_i64();
    let second = turn(&world, &thread, last.unwrap_or_else(|| panic!("a position"))).await;
    assert_eq!(second, ["x-5", "x-3-3", "x-6", "x-7"]);
    let listed = world.ask(Method::GET, &format!("/v1/sessions/{}/messages", session(&thread)), None).await.to_string();
    for id in first.iter().chain(&second) {
        let (called, answered) = (format!(r#""id":"{id}""#), format!(r#""tool_call_id":"{id}""#));
        assert_eq!((listed.matches(&called).count(), listed.matches(&answered).count()), (1, 1), "{id}: {listed}");
    }
    let fork = world.ask(Method::POST, &format!("/v1/sessions/{}/fork", session(&thread)), Some(json!({}))).await;
    let fork = fork["id"].as_str().expect("an id").trim_start_matches("session_").parse::<Uuid>().expect("a UUID");
    let last = world.native(&format!("/threads/{fork}")).await["last_seq"].as_i64();
    assert_eq!(turn(&world, &fork.to_string(), last.expect("a position")).await[0], "x-8", "a fork has its trunk's");
}

/// Lets the agent run a turn, gives each call its own id as its result, the last of a step by Everruns, and says what they were.
async fn turn(world: &World, thread: &str, after: i64) -> Vec<String> {
    world.ask(Method::POST, &format!("/threadline/v1/threads/{thread}/messages"), Some(json!({"text": "Go"}))).await;
    let (mut ids, mut after) = (Vec::new(), after);
    for calls in [2, 1, 1] {
        for _ in 0..calls {
            let entry = world.entry(thread, "tool.called", after).await;
            after = entry["seq"].as_i64().unwrap_or_else(|| panic!("no call after {ids:?}"));
            ids.push(entry["data"]["call"]["id"].as_str().expect("an id").to_owned());
        }
        for (n, id) in ids[ids.len() - calls..].iter().enumerate() {
            let result = json!([{"tool_call_id": id, "result": id}]);
            let (path, body) = match n + 1 < calls {
                true => (format!("/threadline/v1/threads/{thread}/tool-results"), json!({"results": result})),
                false => (format!("/v1/sessions/{}/tool-results", session(thread)), json!({"tool_results": result})),
            };
            world.ask(Method::POST, &path, Some(body)).await;
        }
    }
    let ended = world.entry(thread, "turn.completed,turn.failed", after).await;
    assert_eq!(ended["type"], "turn.completed", "{ended}");
    ids
}

fn session(thread: &str) -> String {
    format!("session_{}", thread.replace('-', ""))
}

#[tokio::test]
async fn a_model_that_goes_beyond_a_limit_of_tool_calls_fails_its_turn_and_nothing_of_the_call_is_stored() {
    let server = Start::new("serve")
        .env("THREADLINE_BOOTSTRAP_KEY", KEY)
        .env("THREADLINE_LIMITS_TOOL_ARGUMENTS_BYTES", "20")
        .env("THREADLINE_LIMITS_REPLY_BYTES", "50");
    let world = World::of(server, None);
    let call = |letters: usize| json!({"name": "look", "arguments": {"a": "x".repeat(letters)}});
    let tools = json!([{"name": "look", "kind": "scripted", "result": 1}]);
    for (calls, expect) in [
        (json!([call(12), call(12)]), "turn.completed"),
        (json!([call(13)]), "turn.failed"),
        (json!([call(12), call(12), call(12)]), "turn.failed"),
    ] {
        let script = json!([{"tool_calls": calls}, {"text": "Done"}]);
        world.agent(json!({"model": "scripted", "script": script, "tools": tools})).await;
        let thread = world.server.thread();
        let path = format!("/threadline/v1/threads/{thread}/messages");
        world.ask(Method::POST, &path, Some(json!({"text": "Go"}))).await;
        let ended = world.entry(&thread, "turn.completed,turn.failed", 0).await;
        assert_eq!(ended["type"], expect, "{ended}");
        let log = world.native(&format!("/threads/{thread}/events?limit=100")).await.to_string();
        assert_eq!(log.contains("xxx"), expect == "turn.completed", "{log}");
        if expect == "turn.failed" {
            assert_eq!(ended["data"]["code"], "refused", "{ended}");
            assert!(ended["data"]["reason"].as_str().is_some_and(|why| why.contains("bytes")), "{ended}");
        }
    }
}

/// Waits until a reader is shown a piece of an answer of this attempt.
async fn piece(world: &World, thread: &str, attempt: i64) {
    let url = format!("{}/threadline/v1/threads/{thread}/events", world.server.url);
    let request = world.http.get(url).bearer_auth(KEY).header("accept", "text/event-stream");
    let mut answer = request.send().await.expect("a stream");
    let mut text = String::new();
    loop {
        let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok());
        let is_piece = |event: &Value| event["type"] == "message.delta" && event["data"]["attempt"] == attempt;
        if events.into_iter().any(|event| is_piece(&event)) {
            return;
        }
        let more = answer.chunk().await.expect("the stream goes on").expect("the stream stays");
        text += std::str::from_utf8(&more).expect("ASCII");
    }
}

#[tokio::test]
async fn killed_processes_do_not_spend_a_budget_twice() {
    for database in [None, Some(Cluster::of_this_process().fresh_database().await)] {
        let start = || Start::new("serve").env("THREADLINE_BOOTSTRAP_KEY", KEY);
        let lease = |start: Start| start.env("THREADLINE_LIMITS_LEASE_S", "1");
        let mut world = World::of(lease(start()), database.as_deref());
        // Each process dies within its call, which has used 100 tokens at most. Nobody is told how many.
        let script = json!([{"text": "so far", "delay_ms": 1, "hang": true, "usage": {"input": 90, "output": 10}}]);
        let budgets = json!([{"per": "day", "tokens": 250}]);
        world.agent(json!({"model": "scripted", "script": script, "budgets": budgets})).await;
        let thread = world.server.thread();
        let path = format!("/threadline/v1/threads/{thread}/messages");
        world.ask(Method::POST, &path, Some(json!({"text": "Go"}))).await;
        for attempt in 1..=2 {
            piece(&world, &thread, attempt).await;
            world = world.again(database.as_deref());
        }
        let ended = world.entry(&thread, "turn.completed,turn.failed", 0).await;
        assert_eq!(
            (&ended["type"], &ended["data"]["code"]),
            (&json!("turn.failed"), &json!("budget_exceeded")),
            "{ended}"
        );
    }
}
