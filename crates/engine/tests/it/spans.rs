//! Spans that a collector of OpenTelemetry gets.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::{
    Limits,
    agent::{Settings, Tool, ToolKind},
    controls::Policy,
    fault::Fault,
    script::{Reply, ScriptedCall},
};
use engine::{
    services,
    testing::{Choices, TestApp},
};
use providers::testing::played::{Peer, Plays, models, route};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A collector that decodes the protocol's JSON.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Value>>>);

impl Collector {
    /// Starts it. The first requests are answered with status 503.
    async fn start(refusals: usize) -> (String, Self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let collector = Self::default();
        let heard = collector.clone();
        tokio::spawn(async move {
            for number in 0.. {
                let (mut connection, _) = listener.accept().await.expect("a connection");
                let Some(body) = request(&mut connection).await else { continue };
                let status = if number < refusals { "503 Busy" } else { "200 OK" };
                if number >= refusals {
                    heard.0.lock().unwrap().push(body);
                }
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}");
                let _ = connection.write_all(answer.as_bytes()).await;
            }
        });
        (url, collector)
    }

    /// All spans so far.
    fn spans(&self) -> Vec<Value> {
        let bodies = self.0.lock().unwrap();
        let list = |value: &Value, name: &str| value[name].as_array().expect("a list").clone();
        let scopes = bodies.iter().flat_map(|body| list(body, "resourceSpans"));
        scopes.flat_map(|resource| list(&resource, "scopeSpans")).flat_map(|scope| list(&scope, "spans")).collect()
    }

    /// The spans, once there are so many of them.
    async fn until(&self, test: &TestApp, count: usize) -> Vec<Value> {
        loop {
            test.app.run_now::<services::Spans>().await.expect("a round");
            let spans = self.spans();
            if spans.len() >= count {
                return spans;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The JSON of one POST to the traces.
async fn request(connection: &mut TcpStream) -> Option<Value> {
    let (mut read, mut piece) = (Vec::new(), [0; 4_096]);
    loop {
        let count = connection.read(&mut piece).await.ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&piece[..count]);
        let text = String::from_utf8(read.clone()).expect("UTF-8");
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        if let Ok(body) = serde_json::from_str(body) {
            assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
            assert!(head.to_ascii_lowercase().contains("\r\ncontent-type: application/json\r\n"), "{head}");
            return Some(body);
        }
    }
}

fn attribute(span: &Value, name: &str) -> Value {
    let all = span["attributes"].as_array().expect("a list");
    let found = all.iter().find(|attribute| attribute["key"] == name);
    found.and_then(|found| found["value"].as_object()?.values().next().cloned()).unwrap_or_default()
}

fn named<'s>(spans: &'s [Value], name: &str) -> Vec<&'s Value> {
    spans.iter().filter(|span| span["name"] == name).collect()
}

async fn app(url: &str, choices: Choices) -> TestApp {
    TestApp::with(Choices { otlp_endpoint: Some(url.to_owned()), ..choices }).await
}

#[tokio::test]
async fn a_turn_its_model_calls_and_its_tool_calls_are_one_trace_without_a_word_of_the_thread() {
    let (url, collector) = Collector::start(0).await;
    let test = app(&format!("{url}/"), Choices::default()).await;
    let arguments = json!({"secret": "in arguments"}).into();
    let call = ScriptedCall { id: Some("c1".into()), name: "look".into(), arguments };
    let script = vec![
        Reply { tool_calls: vec![call], text: Some("secret answer".into()), ..Reply::default() },
        Reply { text: Some("secret end".into()), ..Reply::default() },
    ];
    let tools = vec![Tool { error: Some("secret error".into()), ..Tool::new("look", ToolKind::Scripted) }];
    test.default_agent(Settings { model: Some("scripted".into()), script, tools, ..Settings::default() }).await;
    let thread = test.thread().await.id;
    let turn = test.say(thread, "secret question", Policy::Queue).await.turn.expect("a turn").0;
    test.settle(thread).await;
    let spans = collector.until(&test, 4).await;
    assert_eq!(spans.len(), 4, "{spans:#?}");

    let [whole] = named(&spans, "invoke_agent")[..] else { panic!("{spans:#?}") };
    assert_eq!(whole["traceId"], turn.0.simple().to_string());
    assert!(whole.get("parentSpanId").is_none() && whole.get("status").is_none());
    assert_eq!(attribute(whole, "threadline.turn.end"), "completed");
    assert_eq!(attribute(whole, "threadline.turn.steps"), "2");
    let [tool] = named(&spans, "execute_tool look")[..] else { panic!("{spans:#?}") };
    assert_eq!(attribute(tool, "gen_ai.tool.call.id"), "c1");
    assert_eq!((attribute(tool, "error.type"), &tool["status"]["code"]), ("tool_error".into(), &json!(2)));
    let calls = named(&spans, "chat scripted");
    let reasons = calls.iter().map(|call| attribute(call, "gen_ai.response.finish_reasons")["values"].clone());
    let reason = |reason: &str| json!([{"stringValue": reason}]);
    assert_eq!(reasons.collect::<Vec<_>>(), [reason("tool_calls"), reason("end")]);
    let mut ids: Vec<&str> = spans.iter().map(|span| span["spanId"].as_str().expect("an id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert!(ids.len() == 4 && ids.iter().all(|id| id.len() == 16), "{ids:?}");
    for span in &spans {
        assert_eq!(span["traceId"], whole["traceId"]);
        assert_eq!(attribute(span, "gen_ai.conversation.id"), thread.to_string());
        assert_eq!(attribute(span, "threadline.turn.id"), turn.to_string());
        assert_eq!(attribute(span, "threadline.project.id"), test.caller.project.to_string());
        let time = |name: &str| span[name].as_str().and_then(|time| time.parse::<u64>().ok()).expect("nanoseconds");
        assert!(time("startTimeUnixNano") <= time("endTimeUnixNano"));
        if span["name"] != "invoke_agent" {
            assert_eq!(span["parentSpanId"], whole["spanId"]);
        }
    }
    let told = format!("{:?}", collector.0.lock().unwrap());
    assert!(told.contains("service.name") && !told.contains("secret"), "{told}");
}

#[tokio::test]
async fn a_failed_model_call_has_its_code_and_the_next_one_its_tokens() {
    let (url, collector) = Collector::start(0).await;
    let busy = Plays::Refuses(503, "retry-after-ms: 10\r\n", r#"{"error":{"message":"try later"}}"#);
    let peer = Peer::start([busy, Plays::Says("Hi.")]).await;
    let models = models(vec![peer.provider("far")], [("default", route("far", "own"))]);
    let test = app(&url, Choices { models, ..Choices::default() }).await;
    let thread = test.thread().await.id;
    test.say(thread, "hello", Policy::Queue).await;
    test.settle(thread).await;
    let spans = collector.until(&test, 3).await;
    let [failed, answered] = named(&spans, "chat own")[..] else { panic!("{spans:#?}") };
    assert_eq!(attribute(failed, "error.type"), Fault::Unavailable.as_str());
    assert_eq!(attribute(answered, "error.type"), Value::Null);
    assert_eq!(attribute(answered, "gen_ai.request.model"), "own");
    assert_eq!(attribute(answered, "gen_ai.response.model"), "own-1", "as the provider tells it");
    assert_eq!(attribute(failed, "gen_ai.response.model"), Value::Null);
    assert_eq!(attribute(answered, "gen_ai.provider.name"), "far");
    assert_eq!(attribute(answered, "gen_ai.usage.input_tokens"), "1000");
    assert_eq!(attribute(answered, "gen_ai.usage.output_tokens"), "100");
    assert_eq!(answered["kind"], 3, "a request to another server");
    assert_ne!(failed["spanId"], answered["spanId"]);
    let [turn] = named(&spans, "invoke_agent")[..] else { panic!("{spans:#?}") };
    assert_eq!(attribute(turn, "gen_ai.usage.input_tokens"), "1000");
}

#[tokio::test]
async fn a_failed_turn_has_its_code() {
    let (url, collector) = Collector::start(0).await;
    let test = app(&url, Choices::default()).await;
    test.script(vec![Reply { error: Some(Fault::Refused), ..Reply::default() }]).await;
    let thread = test.thread().await.id;
    test.say(thread, "hello", Policy::Queue).await;
    test.settle(thread).await;
    let spans = collector.until(&test, 2).await;
    let [turn] = named(&spans, "invoke_agent")[..] else { panic!("{spans:#?}") };
    assert_eq!(attribute(turn, "error.type"), "refused");
    assert_eq!(attribute(turn, "threadline.turn.end"), "failed");
}

#[tokio::test]
async fn no_turn_waits_for_a_collector_that_never_answers() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let limits = Limits { telemetry_spans: 1, ..Choices::default().limits };
    let test = app(&url, Choices { limits, ..Choices::default() }).await;
    let thread = test.thread().await.id;
    for _ in 0..5 {
        test.say(thread, "hello", Policy::Queue).await;
        test.settle(thread).await;
    }
    assert_eq!(test.messages(thread).await.len(), 10);
}

#[tokio::test]
async fn a_collector_that_refused_gets_the_spans_of_later_turns() {
    let (url, collector) = Collector::start(1).await;
    let test = app(&url, Choices::default()).await;
    let thread = test.thread().await.id;
    // A turn at a time, until a turn's spans arrive: the first request of the collector was refused.
    while collector.spans().is_empty() {
        test.say(thread, "hello", Policy::Queue).await;
        test.settle(thread).await;
        test.app.run_now::<services::Spans>().await.expect("a refusal is no failure of the service");
    }
}
