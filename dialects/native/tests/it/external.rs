//! The calls of programs over HTTP: what they get and give in JSON, and what is refused there.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    server::{Api, Reply, reply, text},
    sse::Stream,
};

/// A server whose agent `default` has these settings, and the secret of its program's key.
pub async fn program(settings: Value) -> (Api, String) {
    let api = Api::start().await;
    api.patch("/agents/default", settings).await.is(200);
    let key = api.post("/keys", json!({"name": "program", "scopes": ["agent"], "agents": ["default"]})).await.is(201);
    let secret = text(&key["secret"]);
    (api, secret)
}

struct Program {
    api: Api,
    secret: String,
}

impl Program {
    async fn start() -> Self {
        let tools = json!([{"name": "ask", "kind": "client", "description": "Asks the person."}]);
        let settings = json!({"kind": "external", "instructions": "Serve {{name}}.", "tools": tools});
        let (api, secret) = program(settings).await;
        Self { api, secret }
    }

    async fn call(&self, path: &str, body: Value) -> Reply {
        let url = format!("{}{}{path}", self.api.server.url, crate::server::BASE);
        reply(self.api.http.request(Method::POST, url).bearer_auth(&self.secret).json(&body)).await
    }

    /// The only turn that there is to claim.
    async fn claim(&self, format: Value) -> Value {
        let claimed = self.call("/turns/claim", json!({"wait": 20, "format": format})).await.is(200);
        assert_eq!(claimed["turns"].as_array().map(Vec::len), Some(1), "{claimed}");
        claimed["turns"][0].clone()
    }

    async fn report(&self, turn: &Value, act: &str, body: Value) -> Reply {
        let mut body = body;
        body["attempt"] = turn["attempt"].clone();
        self.call(&format!("/turns/{}/{act}", text(&turn["turn"])), body).await
    }
}

fn call(id: &str, name: &str) -> Value {
    json!({"type": "tool_call", "id": id, "name": name, "arguments": {"a": 1.5}})
}

/// A thread in which the program called both kinds of tools, and the turn that is claimed with their results.
async fn with_results(program: &Program, format: Value) -> Value {
    let thread = program.api.thread().await;
    program.api.patch(&thread, json!({"variables": {"name": "Ann"}})).await.is(200);
    program.api.say(&thread, "hello").await;
    let turn = program.claim(Value::Null).await;
    assert_eq!((turn["instructions"].as_str(), turn["variables"]["name"].as_str()), (Some("Serve Ann."), Some("Ann")));
    let content = json!([{"type": "thinking", "text": "hm"}, {"type": "text", "text": "one"}, call("a", "own"), call("b", "ask")]);
    program.report(&turn, "messages", json!({"n": 1, "messages": [{"content": content}]})).await.is(200);
    let own = json!({"n": 2, "results": [{"tool_call_id": "a", "error": "no such thing"}]});
    let told = program.report(&turn, "tool-results", own).await.is(200);
    assert_eq!((told["state"].as_str(), &told["waiting"]), (Some("waiting"), &json!(["b"])));
    let clients = json!({"results": [{"tool_call_id": "b", "result": "yes"}]});
    program.api.post(&format!("{thread}/tool-results"), clients).await.is(200);
    program.claim(format).await
}

#[tokio::test]
async fn a_transcript_comes_as_messages_of_chat_completions() {
    let program = Program::start().await;
    let turn = with_results(&program, json!("openai")).await;
    assert_eq!(
        turn["formatted"],
        json!([
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": "one", "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "own", "arguments": "{\"a\":1.5}"}},
                {"id": "b", "type": "function", "function": {"name": "ask", "arguments": "{\"a\":1.5}"}},
            ]},
            {"role": "tool", "tool_call_id": "a", "content": "no such thing"},
            {"role": "tool", "tool_call_id": "b", "content": "yes"},
        ])
    );
    assert_eq!(turn["tools"][0]["name"], "ask");
}

#[tokio::test]
async fn a_transcript_comes_as_messages_of_the_messages_api() {
    let program = Program::start().await;
    let turn = with_results(&program, json!("anthropic")).await;
    assert_eq!(
        turn["formatted"],
        json!([
            {"role": "user", "content": [{"type": "text", "text": "hello"}]},
            {"role": "assistant", "content": [
                {"type": "text", "text": "one"},
                {"type": "tool_use", "id": "a", "name": "own", "input": {"a": 1.5}},
                {"type": "tool_use", "id": "b", "name": "ask", "input": {"a": 1.5}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": "no such thing", "is_error": true},
                {"type": "tool_result", "tool_use_id": "b", "content": "yes"},
            ]},
        ])
    );
}

#[tokio::test]
async fn pictures_and_files_are_in_every_form_of_a_transcript() {
    let program = Program::start().await;
    let thread = program.api.thread().await;
    let content = json!([
        {"type": "text", "text": "see"},
        {"type": "image", "url": "https://a.example/p.png"},
        {"type": "link", "url": "https://a.example/f"},
    ]);
    program.api.post(&format!("{thread}/messages"), json!({"content": content})).await.is(201);
    let claimed = program.claim(json!("openai")).await;
    assert_eq!(
        claimed["formatted"],
        json!([{"role": "user", "content": [
            {"type": "text", "text": "see"},
            {"type": "image_url", "image_url": {"url": "https://a.example/p.png"}},
            {"type": "text", "text": "[https://a.example/f]"},
        ]}])
    );
    program.report(&claimed, "release", json!({"n": 1})).await.is(200);
    let claimed = program.claim(json!("anthropic")).await;
    assert_eq!(
        claimed["formatted"],
        json!([{"role": "user", "content": [
            {"type": "text", "text": "see"},
            {"type": "image", "source": {"type": "url", "url": "https://a.example/p.png"}},
            {"type": "text", "text": "[https://a.example/f]"},
        ]}])
    );
}

#[tokio::test]
async fn what_is_no_report_is_refused_at_its_field() {
    let program = Program::start().await;
    let thread = program.api.thread().await;
    program.api.say(&thread, "hello").await;
    let turn = program.claim(Value::Null).await;
    let reported = |message: Value| json!({"n": 1, "messages": [message]});
    for (act, body, field) in [
        ("messages", reported(json!({})), "messages.0.content"),
        ("messages", reported(json!({"text": "a", "content": []})), "messages.0.content"),
        ("messages", reported(json!({"content": []})), "messages.0.content"),
        ("messages", reported(json!({"content": [{"type": "text"}]})), "messages.0.content.0.text"),
        (
            "messages",
            reported(json!({"content": [{"type": "text", "text": "a", "id": "b"}]})),
            "messages.0.content.0.id",
        ),
        ("messages", reported(json!({"content": [{"type": "image"}]})), "messages.0.content.0.type"),
        ("messages", reported(json!({"text": "a", "usage": {"input": 1.5}})), "messages.0.usage.input"),
        ("messages", reported(json!({"text": "a", "usage": {"input": 1e30}})), "messages.0.usage.input"),
        ("messages", json!({"messages": [{"text": "a"}]}), "n"),
        ("messages", json!({"n": 0, "messages": [{"text": "a"}]}), "n"),
        ("messages", json!({"n": 1, "messages": []}), "messages"),
        ("complete", reported(json!({"content": [call("a", "own")]})), "messages.0.content.0"),
        ("deltas", json!({"n": 1, "deltas": [{"kind": "sound", "text": "a"}]}), "deltas.0.kind"),
        ("deltas", json!({"n": 1, "deltas": []}), "deltas"),
        ("tool-results", json!({"n": 1, "results": []}), "results"),
        ("tool-results", json!({"n": 1, "results": [{"tool_call_id": "a"}]}), "results.0.tool_call_id"),
        ("heartbeat", json!({"reads": -1}), "reads"),
        ("fail", json!({"n": 1, "reason": "x".repeat(501)}), "reason"),
    ] {
        assert_eq!(program.report(&turn, act, body.clone()).await.at_fault(), field, "{act}: {body}");
    }
    for (body, field) in [
        (json!({"most": 0}), "most"),
        (json!({"most": 17}), "most"),
        (json!({"wait": 61}), "wait"),
        (json!({"agents": ["default", "default2"]}), "agents.1"),
        (json!({"format": "gemini"}), "format"),
    ] {
        assert_eq!(program.call("/turns/claim", body.clone()).await.at_fault(), field, "{body}");
    }
    program.report(&turn, "complete", json!({"n": 1})).await.is(200);
}

#[tokio::test]
async fn usage_that_lies_is_bounded_and_marked() {
    let program = Program::start().await;
    let thread = program.api.thread().await;
    program.api.say(&thread, "hello").await;
    let turn = program.claim(Value::Null).await;
    let usage = json!({"input": -5, "output": i64::MAX, "reasoning": 3});
    let message = json!({"text": "one", "model": "own", "usage": usage});
    program.report(&turn, "complete", json!({"n": 1, "messages": [message]})).await.is(200);
    let events = program.api.list(&format!("{thread}/events?types=message.completed")).await;
    let record = &events[0]["data"]["record"];
    let tokens = json!({"input": 0, "cache_read": 0, "cache_write": 0, "output": 10_000_000, "reasoning": 3});
    assert_eq!((&record["usage"], &record["reported"], &record["model"]), (&tokens, &json!(true), &json!("own")));
}

#[tokio::test]
async fn a_program_hears_of_steering_and_of_its_end_on_its_stream() {
    let program = Program::start().await;
    let thread = program.api.thread().await;
    program.api.say(&thread, "hello").await;
    let turn = program.claim(Value::Null).await;
    let url = format!("{}/threadline/v1/turns/{}/control?attempt=1", program.api.server.url, text(&turn["turn"]));
    let mut stream = Stream::open(program.api.http.get(url).bearer_auth(&program.secret)).await;
    program.api.post(&format!("{thread}/messages"), json!({"text": "wait", "when_busy": "steer"})).await.is(201);
    let steer = stream.until("steer").await.pop().expect("an event");
    assert_eq!((steer.event.as_str(), &steer.data["message"]["content"][0]["text"]), ("steer", &json!("wait")));
    let seq = steer.data["message"]["seq"].clone();
    program.report(&turn, "complete", json!({"n": 1, "reads": seq, "messages": [{"text": "one"}]})).await.is(200);
    let ended = stream.until("ended").await.pop().expect("an event");
    assert_eq!((ended.event.as_str(), &ended.data), ("ended", &json!({"type": "ended", "state": "completed"})));
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_cost_is_a_decimal_number_of_dollars() {
    let program = Program::start().await;
    program
        .api
        .patch("/agents/default", json!({"budgets": [{"per": "day", "usd": "1.5", "tokens": 100}]}))
        .await
        .is(200);
    let thread = program.api.thread().await;
    program.api.say(&thread, "hello").await;
    let turn = program.claim(Value::Null).await;
    assert_eq!(turn["budget_left"], json!({"tokens": 100, "usd": "1.5"}));
    let report = |cost: Value| json!({"n": 1, "messages": [{"text": "yes", "usage": {"input": 7, "cost_usd": cost}}]});
    for bad in [json!(0.5), json!("-1"), json!("1e3"), json!("")] {
        let refused = program.report(&turn, "messages", report(bad.clone())).await.is(400);
        assert_eq!(refused["errors"][0]["path"], "messages.0.usage.cost_usd", "{bad}");
    }
    program.report(&turn, "messages", report(json!("0.25"))).await.is(200);
    let usage = program.api.get(&thread).await.is(200)["usage"].clone();
    assert_eq!(usage["cost_usd"], "0.25");
    assert_eq!(
        (&usage["calls"], &usage["reported_calls"], &usage["tokens"]["input"]),
        (&json!(1), &json!(1), &json!(7))
    );
}
