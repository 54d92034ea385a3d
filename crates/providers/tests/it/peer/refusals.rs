//! Bodies that each vendor refuses.

use providers::testing::StrictPeer;
use serde_json::{Value, json};

use super::post;

/// Posts each body: the first is taken, and each other is refused in words that contain these.
async fn refuses(path: &str, good: Value, bad: Vec<(Value, &str)>) {
    let (url, peer) = StrictPeer::start().await;
    let url = format!("{url}{path}");
    let (status, answer) = post(&url, good.to_string().as_bytes()).await;
    assert_eq!(status, 200, "{answer}");
    for (body, words) in &bad {
        let (status, answer) = post(&url, body.to_string().as_bytes()).await;
        assert!(status == 400 && answer.contains(words), "{body}: {status} {answer} lacks {words}");
    }
    assert_eq!(peer.complaints().len(), bad.len());
    assert_eq!(peer.requests().len(), bad.len() + 1);
}

#[tokio::test]
async fn anthropic_refuses_what_breaks_the_shape_of_messages() {
    let of = |messages: Value| json!({"model": "m", "max_tokens": 100, "messages": messages});
    let user = |content: Value| json!({"role": "user", "content": content});
    let agent = |content: Value| json!({"role": "assistant", "content": content});
    let text = |text: &str| json!({"type": "text", "text": text});
    let call = |id: &str| json!({"type": "tool_use", "id": id, "name": "n", "input": {}});
    let result = |id: &str| json!({"type": "tool_result", "tool_use_id": id, "content": "1"});
    let hello = || user(json!([text("hello")]));
    let with = |name: &str, value: Value| {
        let mut body = json!({"model": "m", "max_tokens": 100, "messages": [hello()]});
        body[name] = value;
        body
    };
    let signed = json!({"type": "thinking", "thinking": "t", "signature": "c2ln"});
    let good = of(json!([
        hello(),
        agent(json!([text("x"), call("a"), call("b")])),
        user(json!([result("a"), result("b"), text("y")]))
    ]));
    let bad = vec![
        (json!({"model": "m", "messages": [hello()]}), "max_tokens"),
        (of(json!([])), "at least one message"),
        (of(json!([agent(json!([text("x")]))])), "must be of the user"),
        (of(json!([hello(), hello()])), "must be of the assistant"),
        (of(json!([user(json!([]))])), "non-empty"),
        (of(json!([user(json!([text(" \n")]))])), "non-whitespace"),
        (of(json!([hello(), agent(json!([call("a")])), hello()])), "without `tool_result`"),
        (of(json!([hello(), agent(json!([call("a")])), user(json!([text("y"), result("a")]))])), "must come first"),
        (of(json!([user(json!([result("a")]))])), "unexpected `tool_use_id`"),
        (of(json!([hello(), agent(json!([call("a"), call("a")])), user(json!([result("a")]))])), "must be unique"),
        (of(json!([hello(), agent(json!([call("a"), text("x")])), user(json!([result("a")]))])), "followed by text"),
        (of(json!([hello(), agent(json!([call("ä")])), user(json!([result("ä")]))])), "does not match"),
        (of(json!([hello(), agent(json!([signed, text("x")])), hello()])), "Invalid `signature`"),
        (
            of(json!([
                hello(),
                agent(json!([{"type": "tool_use", "id": "a", "name": "n", "input": "{}"}])),
                user(json!([result("a")]))
            ])),
            "an object",
        ),
        (of(json!([hello(), agent(json!([call("a")]))])), "end with a user message"),
        (with("tools", json!([{"name": "a.b", "input_schema": {"type": "object"}}])), "does not match"),
        (with("tools", json!([{"name": "a", "input_schema": {}}])), "input_schema"),
        (with("thinking", json!({"type": "enabled", "budget_tokens": 1024})), "budget_tokens"),
    ];
    refuses("/v1/messages", good, bad).await;
}

#[tokio::test]
async fn chat_refuses_what_breaks_the_pairs_of_calls_and_results() {
    let of = |messages: Value| json!({"model": "m", "messages": messages});
    let user = |text: &str| json!({"role": "user", "content": text});
    let call = |id: &str, arguments: &str| {
        let function = json!({"name": "n", "arguments": arguments});
        json!({"id": id, "type": "function", "function": function})
    };
    let agent = |calls: Value| json!({"role": "assistant", "content": null, "tool_calls": calls});
    let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": ""});
    let good = of(json!([
        user("hello"),
        agent(json!([call("a", "{}"), call("b", "{}")])),
        result("b"),
        result("a"),
        user("y")
    ]));
    let bad = vec![
        (of(json!([])), "at least one message"),
        (of(json!([user("x"), user("y")])), "must alternate"),
        (of(json!([user("")])), "empty content"),
        (of(json!([user("x"), {"role": "assistant", "content": ""}])), "empty content"),
        (of(json!([user("x"), {"role": "system", "content": "late"}])), "at the beginning"),
        (of(json!([user("x"), agent(json!([call("a", "{}")])), user("y")])), "did not have response messages: a"),
        (
            of(json!([user("x"), agent(json!([call("a", "{}")])), user("y"), result("a")])),
            "did not have response messages",
        ),
        (of(json!([user("x"), result("a")])), "must be a response"),
        (
            of(json!([user("x"), agent(json!([call("a", "{"), call("b", "{}")])), result("a"), result("b")])),
            "no JSON object",
        ),
        (
            of(json!([
                user("x"),
                agent(json!([call("a", "{}")])),
                result("a"),
                agent(json!([call("a", "{}")])),
                result("a")
            ])),
            "must be unique",
        ),
        (
            json!({"model": "m", "messages": [user("x")], "tools": [{"type": "function", "function": {"name": "a.b"}}]}),
            "does not match",
        ),
    ];
    refuses("/v1/chat/completions", good, bad).await;
}

#[tokio::test]
async fn responses_refuses_what_breaks_items_apart() {
    let of = |input: Value| json!({"model": "m", "store": false, "input": input});
    let user =
        |text: &str| json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]});
    let call = |id: &str| json!({"type": "function_call", "call_id": id, "name": "n", "arguments": "{}"});
    let output = |id: &str| json!({"type": "function_call_output", "call_id": id, "output": ""});
    let foreign = json!({"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "RW5j"});
    let good = of(json!([user("hello"), call("a"), call("b"), output("a"), output("b"), user("y")]));
    let bad = vec![
        (of(json!([])), "'input'"),
        (json!({"model": "m", "input": [user("x")]}), "'store'"),
        (of(json!([user(" ")])), "is empty"),
        (of(json!([user("x"), user("y")])), "in a row"),
        (of(json!([user("x"), call("a"), user("y"), output("a")])), "No tool output found"),
        (of(json!([user("x"), call("a")])), "No tool output found"),
        (of(json!([user("x"), output("a")])), "No tool call found"),
        (of(json!([user("x"), call("a"), output("a"), call("a"), output("a")])), "must be unique"),
        (of(json!([user("x"), foreign, call("a"), output("a")])), "invalid_encrypted_content"),
        (of(json!([{"type": "hologram"}])), "hologram"),
    ];
    refuses("/v1/responses", good, bad).await;
}

#[tokio::test]
async fn gemini_refuses_what_breaks_turns_and_signatures() {
    let of = |contents: Value| json!({"contents": contents});
    let user = |parts: Value| json!({"role": "user", "parts": parts});
    let model = |parts: Value| json!({"role": "model", "parts": parts});
    let hello = || user(json!([{"text": "hello"}]));
    let call = |signature: &str| json!({"functionCall": {"name": "n", "args": {}}, "thoughtSignature": signature});
    let skip = "skip_thought_signature_validator";
    let bare = json!({"functionCall": {"name": "n"}});
    let result = |name: &str| json!({"functionResponse": {"name": name, "response": {"output": "1"}}});
    let good =
        of(json!([hello(), model(json!([call(skip), bare])), user(json!([result("n"), result("n"), {"text": "y"}]))]));
    let bad = vec![
        (of(json!([])), "not specified"),
        (of(json!([hello(), hello()])), "alternate"),
        (of(json!([model(json!([{"text": "x"}]))])), "alternate"),
        (of(json!([user(json!([]))])), "must not be empty"),
        (of(json!([user(json!([{"text": ""}]))])), "must not be empty"),
        (of(json!([hello(), model(json!([bare])), user(json!([result("n")]))])), "missing a thought_signature"),
        (of(json!([hello(), model(json!([call("c2ln")])), user(json!([result("n")]))])), "not valid"),
        (of(json!([hello(), model(json!([call(skip)])), hello()])), "immediately after"),
        (of(json!([hello(), model(json!([call(skip)])), user(json!([result("m")]))])), "equal the function call parts"),
        (
            of(json!([hello(), model(json!([call(skip)])), user(json!([{"text": "y"}, result("n")]))])),
            "must come first",
        ),
        (of(json!([hello(), model(json!([{"text": "x"}]))])), "ends with a user turn"),
        (json!({"contents": [hello()], "tools": [{"functionDeclarations": [{"name": "a b"}]}]}), "does not match"),
    ];
    refuses("/v1beta/models/m:streamGenerateContent?alt=sse", good, bad).await;
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let (url, peer) = StrictPeer::start().await;
    assert_eq!(post(&format!("{url}/v1/embeddings"), b"{}").await.0, 404);
    assert_eq!(peer.requests(), []);
}
