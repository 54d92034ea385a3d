//! The answers of each model, chunk by chunk, on a clock that moves only while somebody waits for it.

use std::time::Duration;

use domain::{
    AttachmentId, Timestamp,
    fault::Fault,
    message::{Message, Part, Role, ToolCall, ToolResult},
    script::Reply,
    usage::Usage,
};
use futures_util::StreamExt;
use providers::{Chunk, End, Failure, Models, NoRoute, Request, Said, Stream};
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use crate::harness::{self, message};

fn text(role: Role, text: &str) -> Message {
    message(role, vec![harness::text(text)])
}

fn request(model: &str, transcript: Vec<Message>, script: serde_json::Value, call: u32) -> Request {
    let script = serde_json::from_value::<Vec<Reply>>(script).expect("a script");
    Request { call, script, ..harness::request(model, transcript.into_iter().map(Said::from).collect()) }
}

/// Calls the model of the request, where no provider is configured.
fn call_of(request: Request) -> Stream {
    let models = Models::default();
    let route = models.route(&request.model).expect("a route");
    models.call(route.first(), request, Timestamp(0))
}

/// A call of the scripted model after the user said "hello".
fn scripted(script: serde_json::Value, call: u32) -> Stream {
    call_of(request("scripted", vec![text(Role::User, "hello")], script, call))
}

/// The answer in one line: each chunk or failure with the milliseconds at which it came, where that is not 0.
async fn transcribe(mut stream: Stream) -> String {
    let start = Instant::now();
    let mut line = Vec::new();
    let patience = Duration::from_secs(3600);
    loop {
        let word = match tokio::time::timeout(patience, stream.next()).await {
            Err(_) => "hangs".to_owned(),
            Ok(None) => return line.join(" "),
            Ok(Some(result)) => spell(result),
        };
        let at = start.elapsed().as_millis();
        let hangs = word == "hangs";
        line.push(if at == 0 || hangs { word } else { format!("{word}@{at}") });
        if hangs {
            return line.join(" ");
        }
    }
}

fn spell(result: Result<Chunk, Failure>) -> String {
    match result {
        Ok(Chunk::Thinking(text)) => format!("({text})"),
        Ok(Chunk::Signature(signature)) => format!("#{signature}"),
        Ok(Chunk::Text(text)) => format!("\"{text}\""),
        Ok(Chunk::Call(call)) => format!("{}:{}{}", call.id, call.name, call.arguments),
        Ok(Chunk::End(End { usage, .. })) => format!("end:{}/{}", usage.input, usage.output),
        Err(failure) => format!("!{}", failure.fault.as_str()),
    }
}

async fn check(entry: serde_json::Value, expect: &str) {
    assert_eq!(transcribe(scripted(json!([entry]), 0)).await, expect, "{entry}");
}

#[tokio::test(start_paused = true)]
async fn an_entry_is_played_as_it_is_written() {
    check(json!({}), r#""hello" end:2/2"#).await;
    check(json!({"echo": true, "chunks": 2}), r#""he" "llo" end:2/2"#).await;
    check(json!({"text": "yes"}), r#""yes" end:2/1"#).await;
    check(json!({"text": "abcdefgh", "chunks": 3}), r#""ab" "cde" "fgh" end:2/2"#).await;
    check(json!({"text": "ab", "chunks": 5}), r#""a" "b" end:2/1"#).await;
    check(json!({"text": "ab", "chunks": 0}), r#""ab" end:2/1"#).await;
    check(json!({"text": "äö🦀", "chunks": 3}), r#""ä" "ö" "🦀" end:2/1"#).await;
    check(json!({"text": "", "thinking": ""}), "end:2/0").await;
    check(
        json!({"text": "ab", "thinking": "why", "chunks": 2, "delay_ms": 10}),
        r#"(w)@10 (hy)@20 #scripted_1@20 "a"@30 "b"@40 end:2/2@40"#,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_entry_may_say_what_the_call_reports() {
    let usage = json!({"input": 7, "cache_read": 3, "output": 5});
    check(json!({"text": "yes", "usage": usage}), r#""yes" end:7/5"#).await;
    for entry in [json!({"error": "upstream", "usage": usage}), json!({"text": "yes", "cut_after": 0, "usage": usage})]
    {
        let failure = scripted(json!([entry]), 0).next().await.unwrap().unwrap_err();
        assert_eq!(failure.usage, Some(Usage { input: 7, cache_read: 3, output: 5, ..Usage::default() }));
    }
    let failure = scripted(json!([{"error": "upstream"}]), 0).next().await.unwrap().unwrap_err();
    assert_eq!(failure.usage, None);
}

#[tokio::test(start_paused = true)]
async fn tool_calls_follow_the_text_and_are_not_echoed_over() {
    let calls = json!([{"name": "look", "arguments": {"at": 1}}, {"id": "own", "name": "go"}]);
    check(json!({"tool_calls": calls}), r#"call_1_1:look{"at":1} own:gonull end:2/2"#).await;
    check(json!({"tool_calls": calls, "delay_ms": 7}), r#"call_1_1:look{"at":1}@7 own:gonull@7 end:2/2@7"#).await;
    check(json!({"tool_calls": calls, "echo": true}), r#""hello" call_1_1:look{"at":1} own:gonull end:2/3"#).await;
    check(json!({"tool_calls": calls, "text": "so"}), r#""so" call_1_1:look{"at":1} own:gonull end:2/2"#).await;
}

#[tokio::test(start_paused = true)]
async fn every_fault_comes_instead_of_the_end_and_nothing_follows_it() {
    for fault in Fault::ALL {
        check(json!({"error": fault}), &format!("!{}", fault.as_str())).await;
        check(json!({"error": fault, "text": "so", "delay_ms": 3}), &format!(r#""so"@3 !{}@3"#, fault.as_str())).await;
    }
    check(json!({"error": "refused", "delay_ms": 3}), "!refused@3").await;
    check(json!({"error": "refused", "echo": true}), r#""hello" !refused"#).await;
}

#[tokio::test(start_paused = true)]
async fn a_hanging_entry_says_its_pieces_and_never_ends() {
    check(json!({"hang": true}), "hangs").await;
    check(json!({"hang": true, "text": "ab", "chunks": 2}), r#""a" "b" hangs"#).await;
    check(json!({"hang": true, "tool_calls": [{"name": "look"}]}), "call_1_1:looknull hangs").await;
}

#[tokio::test(start_paused = true)]
async fn a_cut_breaks_off_after_so_many_pieces_of_thinking_and_text() {
    let entry = |n: u32| json!({"text": "ab", "thinking": "xy", "chunks": 2, "cut_after": n});
    check(entry(0), "!upstream").await;
    check(entry(1), "(x) !upstream").await;
    check(entry(2), "(x) (y) #scripted_1 !upstream").await;
    check(entry(3), r#"(x) (y) #scripted_1 "a" !upstream"#).await;
    check(entry(4), r#"(x) (y) #scripted_1 "a" "b" !upstream"#).await;
    check(entry(5), r#"(x) (y) #scripted_1 "a" "b" end:2/1"#).await;
    check(json!({"cut_after": 1, "tool_calls": [{"name": "look"}], "text": "a"}), r#""a" !upstream"#).await;
    let failure = scripted(json!([{"cut_after": 0}]), 0).next().await.expect("a failure").expect_err("a failure");
    assert_eq!(failure.to_string(), "the model's stream ended early");
}

#[tokio::test(start_paused = true)]
async fn each_call_plays_its_own_entry_and_the_last_repeats() {
    let script = json!([{"text": "one"}, {"tool_calls": [{"name": "look"}]}]);
    for (call, expect) in [
        (0, r#""one" end:2/1"#),
        (1, "call_2_1:looknull end:2/1"),
        (2, "call_3_1:looknull end:2/1"),
        (u32::MAX - 1, "call_4294967295_1:looknull end:2/1"),
    ] {
        assert_eq!(transcribe(scripted(script.clone(), call)).await, expect);
    }
    assert_eq!(transcribe(scripted(json!([]), 3)).await, r#""hello" end:2/2"#);
}

#[tokio::test(start_paused = true)]
async fn echo_says_all_that_the_user_said_since_the_agent_spoke() {
    use Role::{Agent, Tool, User};
    let call = || Part::ToolCall(ToolCall { id: "c".into(), name: "look".into(), arguments: json!({}).into() });
    let result = || Part::ToolResult(ToolResult { tool_call_id: "c".into(), result: Some(1.into()), error: None });
    let file = Part::File {
        attachment: AttachmentId(Uuid::nil()),
        name: "a.pdf".into(),
        media_type: "application/pdf".into(),
        size_bytes: 1,
    };
    let cases = [
        (vec![text(User, "one")], r#""one" end:1/1"#),
        (vec![text(User, "one"), text(Agent, "two"), text(User, "three")], r#""three" end:3/2"#),
        (vec![text(Agent, "hi"), text(User, "a"), text(User, "b")], "\"a\n\nb\" end:1/1"),
        (vec![text(User, "a"), message(Agent, vec![call()]), message(Tool, vec![result()])], r#""a" end:1/1"#),
        (
            vec![text(User, "a"), message(Agent, vec![call()]), message(Tool, vec![result()]), text(User, "b")],
            r#""b" end:1/1"#,
        ),
        (vec![message(User, vec![file, Part::Text { text: "see".into() }])], "\"[a.pdf]\n\nsee\" end:3/3"),
        (vec![message(User, vec![result()])], "end:0/0"),
        (Vec::new(), "end:0/0"),
    ];
    for (transcript, expect) in cases {
        let answer = call_of(request("echo", transcript.clone(), json!([{"text": "not mine"}]), 0));
        assert_eq!(transcribe(answer).await, expect, "{transcript:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_provider_every_model_of_the_catalogue_echoes_and_no_other_name_does() {
    for model in domain::model::CATALOGUE {
        let answer = call_of(request(model.name, vec![text(Role::User, "hello")], json!([]), 0));
        assert_eq!(transcribe(answer).await, r#""hello" end:2/2"#, "{}", model.name);
    }
    assert_eq!(Models::default().route("gpt-1").err(), Some(NoRoute::Unknown));
}
