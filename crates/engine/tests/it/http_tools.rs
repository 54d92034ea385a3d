//! HTTP tools: the request that an endpoint gets, what the model is told of the answer, and what a death leaves.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use domain::{
    Limits, ThreadId,
    agent::{Settings, Tool, ToolKind},
    controls::Policy,
    event::{Event, Item},
    message::ToolResult,
    script::{Reply, ScriptedCall},
    tool::{Approval, HIDDEN, Http, Method},
};
use engine::testing::{Choices, TestApp};
use outward::Targets;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::Notify,
};

/// A request as the endpoint got it.
#[derive(Clone, Debug)]
struct Got {
    /// Method and target.
    line: String,
    headers: BTreeMap<String, String>,
    body: String,
}

/// An endpoint that counts its effects: each request is one.
struct Endpoint {
    url: String,
    got: Arc<Mutex<Vec<Got>>>,
    came: Arc<Notify>,
}

impl Endpoint {
    /// Answers each request with this text. `None`: never.
    async fn answering(answer: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (got, came) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Notify::new()));
        let (all, rings) = (got.clone(), came.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (answer, all, rings) = (answer.clone(), all.clone(), rings.clone());
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    let Some(request) = read(&mut stream).await else { return };
                    all.lock().unwrap().push(request);
                    rings.notify_one();
                    match answer {
                        Some(answer) => stream.write_all(answer.as_bytes()).await.unwrap_or_default(),
                        None => std::future::pending().await,
                    }
                });
            }
        });
        Self { url, got, came }
    }

    async fn json(value: Value) -> Self {
        Self::answering(Some(ok("application/json", &value.to_string()))).await
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

async fn read(stream: &mut BufReader<tokio::net::TcpStream>) -> Option<Got> {
    let mut first = String::new();
    stream.read_line(&mut first).await.ok().filter(|bytes| *bytes > 0)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let line = first.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    Some(Got { line, headers, body: String::from_utf8(body).unwrap() })
}

fn ok(media_type: &str, body: &str) -> String {
    let bytes = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ncontent-length: {bytes}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn http_tool(method: Method, url: String) -> Tool {
    let http = Http { method, url, headers: BTreeMap::new(), signing_secret: None };
    Tool { http: Some(http), ..Tool::new("look", ToolKind::Http) }
}

fn with_header(mut tool: Tool, value: &str) -> Tool {
    tool.http.as_mut().unwrap().headers.insert("authorization".into(), value.into());
    tool
}

fn calling(tool: Tool, arguments: Value) -> Settings {
    let call = ScriptedCall { id: None, name: "look".into(), arguments: arguments.into() };
    let script = vec![
        Reply { tool_calls: vec![call], ..Reply::default() },
        Reply { text: Some("done".into()), ..Reply::default() },
    ];
    Settings { model: Some("scripted".into()), script, tools: vec![tool], ..Settings::default() }
}

fn choices() -> Choices {
    Choices { tool_targets: Targets::Any, ..Choices::default() }
}

/// Runs a turn that calls the tool once. Returns the call's result.
async fn called(test: &TestApp, tool: Tool, arguments: Value) -> ToolResult {
    test.default_agent(calling(tool, arguments)).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    test.settle(thread).await;
    assert_eq!(test.kinds(thread).await.last(), Some(&"turn.completed"));
    result(test, thread).await
}

async fn result(test: &TestApp, thread: ThreadId) -> ToolResult {
    let messages = test.messages(thread).await;
    let mut results: Vec<ToolResult> = messages.iter().flat_map(|m| m.body.tool_results().cloned()).collect();
    assert_eq!(results.len(), 1, "each call has one result");
    results.remove(0)
}

#[tokio::test]
async fn a_call_is_one_request_with_the_arguments_in_their_places() {
    let (test, endpoint) = (TestApp::with(choices()).await, Endpoint::json(json!({"state": "sent"})).await);
    let tool = with_header(http_tool(Method::Post, format!("{}/orders/{{id}}?q={{q}}", endpoint.url)), "Bearer s3cret");
    let arguments = json!({"id": "7/8", "q": "a b", "note": "ä", "big": 123456789012345678_u64});
    let result = called(&test, tool, arguments).await;
    assert_eq!(result.result, Some(json!({"state": "sent"}).into()), "{result:?}");
    let [got] = &endpoint.got()[..] else { panic!("{:?}", endpoint.got()) };
    assert_eq!(got.line, "POST /orders/7%2F8?q=a%20b");
    assert_eq!(got.body, r#"{"big":123456789012345678,"note":"ä"}"#);
    assert_eq!(got.headers["authorization"], "Bearer s3cret");
    assert_eq!(got.headers["content-type"], "application/json");
    assert!(got.headers["idempotency-key"].starts_with("turn_"), "{got:?}");
}

#[tokio::test]
async fn a_request_is_signed_with_the_tools_secret() {
    let (test, endpoint) = (TestApp::with(choices()).await, Endpoint::json(json!(1)).await);
    let mut tool = http_tool(Method::Get, format!("{}/a?q={{q}}", endpoint.url));
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    tool.http.as_mut().unwrap().signing_secret = Some(secret.into());
    called(&test, tool, json!({"q": "x"})).await;
    let got = endpoint.got().remove(0);
    let verified = signed(secret, &got.headers["webhook-id"], &got.headers["webhook-timestamp"], "GET /a?q=x\n");
    assert_eq!(got.headers["webhook-signature"], verified);
    assert_eq!(got.headers["webhook-id"], got.headers["idempotency-key"]);
}

fn signed(secret: &str, id: &str, at: &str, body: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use hmac::{Hmac, KeyInit, Mac};
    let key = STANDARD.decode(secret.trim_start_matches("whsec_")).unwrap();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn arguments_that_do_not_fit_reach_no_endpoint() {
    let (test, endpoint) = (TestApp::with(choices()).await, Endpoint::json(json!(1)).await);
    let schema = json!({"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]});
    let tool = |url: &str| Tool {
        parameters: Some(schema.clone().into()),
        ..http_tool(Method::Get, format!("{}{url}", endpoint.url))
    };
    for (tool, arguments, why) in [
        (tool("/{id}"), json!({"id": "7"}), "/id must be of the type \"integer\""),
        (tool("/{id}"), json!({}), "lacks `id`"),
        (tool("/{id}"), json!([7]), "not a JSON object"),
        (tool("/a"), json!({"id": 7}), "no place for the argument `id`"),
        (tool("/{id}/{to}"), json!({"id": 7, "to": "../.."}), "must not lead to another folder"),
    ] {
        let result = called(&test, tool, arguments).await;
        assert!(result.error.as_deref().is_some_and(|error| error.contains(why)), "{result:?}");
    }
    let always = Tool { approval: Some(Approval::Always), ..tool("/{id}") };
    let result = called(&test, always, json!({"id": 7})).await;
    assert!(result.error.as_deref().is_some_and(|error| error.contains("approval")), "{result:?}");
    assert!(endpoint.got().is_empty(), "{:?}", endpoint.got());
}

#[tokio::test]
async fn text_files_and_failures_are_told_as_what_they_are() {
    let test = TestApp::with(choices()).await;
    let run = async |answer: String| {
        let endpoint = Endpoint::answering(Some(answer)).await;
        called(&test, http_tool(Method::Get, format!("{}/report.pdf", endpoint.url)), json!({})).await
    };
    assert_eq!(run(ok("text/plain", "sunny")).await.result, Some("sunny".into()));
    assert_eq!(run("HTTP/1.1 204 No Content\r\n\r\n".into()).await.result, Some(domain::Kept::null()));
    let file: Value = run(ok("application/pdf", "%PDF-1.4 x")).await.result.unwrap().read().unwrap();
    assert_eq!((&file["name"], &file["media_type"]), (&json!("report.pdf"), &json!("application/pdf")));
    let id = domain::AttachmentId(file["attachment"].as_str().unwrap().parse().unwrap());
    assert_eq!(test.app.attachment(&test.caller, id).await.unwrap().size_bytes, 10);
    let failed = run("HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\nconnection: close\r\n\r\nnone".into()).await;
    assert_eq!(failed.error.as_deref(), Some("The tool answered 404 Not Found: none"));
    let elsewhere =
        run("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n".into()).await;
    assert!(elsewhere.error.is_some(), "{elsewhere:?}");
}

#[tokio::test]
async fn a_huge_result_is_whole_in_an_attachment_and_cut_for_the_model() {
    let limits = Limits { tool_told_bytes: 100, tool_result_bytes: 1_000, ..Choices::default().limits };
    let test = TestApp::with(Choices { limits, ..choices() }).await;
    let long = format!("begin{}end", "x".repeat(500));
    let endpoint = Endpoint::answering(Some(ok("text/plain", &long))).await;
    let result = called(&test, http_tool(Method::Get, endpoint.url.clone()), json!({})).await;
    let told = result.result.unwrap().into_plain();
    assert!(told.starts_with("begin") && told.ends_with("end") && told.len() < 300, "{told}");
    let id = told.split("attachment ").nth(1).and_then(|rest| rest.split(']').next()).unwrap();
    let whole = test.app.attachment(&test.caller, domain::AttachmentId(id.parse().unwrap())).await.unwrap();
    assert_eq!(whole.size_bytes, long.len() as i64);
    let endpoint = Endpoint::answering(Some(ok("text/plain", &"x".repeat(1_001)))).await;
    let result = called(&test, http_tool(Method::Get, endpoint.url.clone()), json!({})).await;
    assert!(result.error.as_deref().is_some_and(|error| error.contains("more than 1000 bytes")), "{result:?}");
}

#[tokio::test]
async fn a_tool_that_hangs_ends_with_an_unknown_outcome_and_the_turn_goes_on() {
    let (test, endpoint) = (TestApp::with(choices()).await, Endpoint::answering(None).await);
    let slow = Tool { timeout_s: Some(1), ..http_tool(Method::Post, endpoint.url.clone()) };
    let result = called(&test, slow.clone(), json!({})).await;
    assert!(result.error.as_deref().is_some_and(|error| error.starts_with("Outcome unknown")), "{result:?}");
    let result = called(&test, Tool { repeat_safe: true, ..slow }, json!({})).await;
    assert!(result.error.as_deref().is_some_and(|error| !error.contains("unknown")), "{result:?}");
    assert_eq!(endpoint.got().len(), 2);
}

#[tokio::test]
async fn after_a_death_an_unsafe_call_is_unknown_and_a_safe_one_runs_again_with_its_key() {
    for repeat_safe in [false, true] {
        let limits = Limits { drain_s: 0, ..Choices::default().limits };
        let choices = Choices { limits, ..choices() };
        let test = TestApp::with(choices.clone()).await;
        let endpoint = Endpoint::answering(None).await;
        let tool = Tool { repeat_safe, timeout_s: Some(2), ..http_tool(Method::Post, endpoint.url.clone()) };
        test.default_agent(calling(tool, json!({}))).await;
        let thread = test.thread().await.id;
        test.say(thread, "go", Policy::Queue).await;
        endpoint.came.notified().await;
        let test = TestApp::with(Choices { folder: Some(test.stop().await), ..choices }).await;
        test.settle(thread).await;
        let error = result(&test, thread).await.error.unwrap();
        let got = endpoint.got();
        assert_eq!(got.len(), if repeat_safe { 2 } else { 1 }, "{error}");
        assert_eq!(error.starts_with("Outcome unknown"), !repeat_safe, "{error}");
        let key = |got: &Got| got.headers["idempotency-key"].clone();
        assert!(got.iter().all(|one| key(one) == key(&got[0])), "{got:?}");
    }
}

#[tokio::test]
async fn a_cancelled_call_ends_with_its_turn() {
    let (test, endpoint) = (TestApp::with(choices()).await, Endpoint::answering(None).await);
    test.default_agent(calling(http_tool(Method::Post, endpoint.url.clone()), json!({}))).await;
    let thread = test.thread().await.id;
    let turn = test.say(thread, "go", Policy::Queue).await.turn.unwrap().0;
    endpoint.came.notified().await;
    test.app.keyed(None).cancel_turn(&test.caller, thread, turn).await.unwrap();
    test.settle(thread).await;
    assert!(result(&test, thread).await.error.is_some_and(|error| error.contains("cancelled")));
    let ended = test.until(thread, |item| matches!(item, Item::Entry(e) if e.event.ended().is_some())).await;
    assert!(matches!(&*ended, Item::Entry(e) if matches!(e.event, Event::TurnCancelled(_))), "{ended:?}");
}

#[tokio::test]
async fn secrets_are_hidden_kept_and_bound_to_their_address() {
    let (test, endpoint) = (TestApp::with(choices()).await, Endpoint::json(json!(1)).await);
    let other = Endpoint::json(json!(2)).await;
    let tool = |url: &str, value: &str| with_header(http_tool(Method::Get, url.to_owned()), value);
    let agent = test.default_agent(calling(tool(&endpoint.url, "Bearer one"), json!({}))).await;
    let shown = serde_json::to_string(&agent.settings).unwrap();
    assert!(shown.contains(HIDDEN) && !shown.contains("Bearer"), "{shown}");
    // Sent back, the hidden value keeps the secret, also for another path of the address.
    let result = called(&test, tool(&format!("{}/x", endpoint.url), HIDDEN), json!({})).await;
    assert_eq!(result.error, None);
    assert_eq!(endpoint.got()[0].headers["authorization"], "Bearer one");
    // Another address must get a secret of its own.
    let settings = calling(tool(&other.url, HIDDEN), json!({}));
    let change = move |draft: &mut engine::app::agents::Draft| draft.settings = settings;
    let refused = test.app.update_agent(&test.caller, agent.id, change).await.unwrap_err();
    assert_eq!(refused.fields[0].path, "tools.0.http.headers");
    assert!(other.got().is_empty());
    called(&test, tool(&other.url, "Bearer two"), json!({})).await;
    assert_eq!(other.got()[0].headers["authorization"], "Bearer two");
}

#[tokio::test]
async fn an_inner_address_is_refused_when_it_is_set() {
    let test = TestApp::start().await;
    let agent = test.app.agent_by_name(&test.caller, "default").await.unwrap();
    for url in ["http://127.0.0.1/{a}", "http://169.254.169.254/", "http://a.example:22/", "http://localhost/"] {
        let settings = calling(http_tool(Method::Get, url.into()), json!({}));
        let change = move |draft: &mut engine::app::agents::Draft| draft.settings = settings;
        let refused = test.app.update_agent(&test.caller, agent.id, change).await.unwrap_err();
        assert_eq!(refused.fields[0].path, "tools.0.http.url", "{url}");
    }
}
