//! Requests as they go out.

use std::sync::Arc;

use bytes::Bytes;
use domain::{
    agent::{Tool, ToolKind},
    controls::{Reasoning, Speed, Verbosity},
    message::{Part, Role},
    model::{Abilities, Style},
};
use expect_test::expect;
use providers::{File, Said};

use super::{local, openai};
use crate::harness::{Case, agent, attachment, call, error, grows, message, result, text, user};

/// Two calls in one step, and an answer to their results.
fn conversation() -> Vec<Said> {
    vec![
        user("Weather in Paris and Rome?"),
        agent(vec![
            Part::Thinking { text: "secret thought".into(), signature: None },
            text("I look."),
            call("call_1_1", "weather", r#"{"z":1.50,"city":"Paris"}"#),
            call("call_1_2", "files.read", r#""{\"broken""#),
        ]),
        result("call_1_1", r#"{"sky":"clear","t":20.0}"#),
        error("call_1_2", "no such file"),
        agent(vec![text("Clear.")]),
        user("Thanks."),
    ]
}

#[test]
fn a_conversation_with_tools_goes_out_in_the_words_of_the_wire() {
    let case = openai().saying(conversation()).with(|case| {
        case.request.instructions = "Be brief.".into();
        case.request.most_output = Some(500);
        case.request.controls.speed = Some(Speed::Fast);
        case.request.controls.reasoning = Some(Reasoning::Xhigh);
        case.request.controls.verbosity = Some(Verbosity::Low);
    });
    expect![[r#"
        POST https://api.openai.com/v1/responses
        accept: text/event-stream
        authorization: Bearer sk-secret (secret)
        content-type: application/json
        model = "gpt-5.5"
        stream = true
        store = false
        include:
          "reasoning.encrypted_content"
        max_output_tokens = 500
        reasoning = {"effort":"xhigh","summary":"auto"}
        service_tier = "priority"
        text = {"verbosity":"low"}
        prompt_cache_key = "00000000-0000-0000-0000-000000000000"
        instructions = "Be brief."
        tools:
          {"type":"function","name":"files_read_748a5886","description":"Reads.","parameters":{},"strict":false}
          {"type":"function","name":"weather","description":"Tells.","parameters":{"type":"object","properties":{"z":{},"a":{}}},"strict":false}
        input:
          {"type":"message","role":"user","content":[{"type":"input_text","text":"Weather in Paris and Rome?"}]}
          {"type":"message","role":"assistant","content":[{"type":"output_text","text":"I look."}]}
          {"type":"function_call","call_id":"call_1_1","name":"weather","arguments":"{\"z\":1.50,\"city\":\"Paris\"}"}
          {"type":"function_call","call_id":"call_1_2","name":"files_read_748a5886","arguments":"{}"}
          {"type":"function_call_output","call_id":"call_1_1","output":"{\"sky\":\"clear\",\"t\":20.0}"}
          {"type":"function_call_output","call_id":"call_1_2","output":"Error: no such file"}
          {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Clear."}]}
          {"type":"message","role":"user","content":[{"type":"input_text","text":"Thanks."}]}"#]].assert_eq(&case.sent());
}

#[test]
fn a_plain_request_has_only_what_it_needs() {
    let case = local().with(|case| case.request.tools = vec![Tool::new("now", ToolKind::Client)]);
    expect![[r#"
        POST http://127.0.0.1:8080/v1/responses
        accept: text/event-stream
        content-type: application/json
        model = "smol"
        stream = true
        store = false
        include:
          "reasoning.encrypted_content"
        prompt_cache_key = "00000000-0000-0000-0000-000000000000"
        tools:
          {"type":"function","name":"now","parameters":{"type":"object","properties":{}},"strict":false}
        input:
          {"type":"message","role":"user","content":[{"type":"input_text","text":"hello"}]}"#]]
    .assert_eq(&case.sent());
}

#[test]
fn a_request_only_grows_behind_its_end() {
    grows(|transcript| openai().saying(transcript), &conversation(), "input", &[1, 4, 6]);
    let own = openai().answered("reasoning_and_calls.sse");
    let transcript = [user("a"), own, result("call_A", "1"), result("call_B", "2"), agent(vec![text("b")]), user("c")];
    grows(|transcript| openai().saying(transcript), &transcript, "input", &[1, 4, 6]);
}

#[test]
fn an_answer_goes_back_as_its_provider_made_it() {
    let said = openai().answered("reasoning_and_calls.sse");
    let replayed = |case: Case, said: &Said| {
        let transcript = vec![user("a"), said.clone(), result("call_A", "1"), result("t7_call_B", "2")];
        case.saying(transcript).member("input")
    };
    let mut renamed = said.clone();
    for part in &mut renamed.message.body.content {
        match part {
            Part::ToolCall(call) if call.id == "call_B" => call.id = "t7_call_B".into(),
            _ => {}
        }
    }
    expect![[r#"
        {"type":"message","role":"user","content":[{"type":"input_text","text":"a"}]}
        {"id":"rs_1","type":"reasoning","encrypted_content":"gAAA=","summary":[{"type":"summary_text","text":"**Plan**"},{"type":"summary_text","text":"Then look."}]}
        {"id":"msg_0","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"I look."}],"phase":"commentary","role":"assistant"}
        {"id":"fc_1","type":"function_call","status":"completed","arguments":"{\"city\":\"Paris\"}","call_id":"call_A","name":"weather"}
        {"id":"fc_2","type":"function_call","status":"completed","arguments":"{\"z\":1.50,\"a\":12345678901234567890}","call_id":"t7_call_B","name":"files_read_748a5886"}
        {"type":"function_call_output","call_id":"call_A","output":"1"}
        {"type":"function_call_output","call_id":"t7_call_B","output":"2"}"#]].assert_eq(&replayed(openai(), &renamed));

    let foreign = replayed(openai().with(|case| case.model = "gpt-5.4"), &renamed);
    expect![[r#"
        {"type":"message","role":"user","content":[{"type":"input_text","text":"a"}]}
        {"type":"message","role":"assistant","content":[{"type":"output_text","text":"I look."}]}
        {"type":"function_call","call_id":"call_A","name":"weather","arguments":"{\"city\":\"Paris\"}"}
        {"type":"function_call","call_id":"t7_call_B","name":"files_read_748a5886","arguments":"{\"z\":1.50,\"a\":12345678901234567890}"}
        {"type":"function_call_output","call_id":"call_A","output":"1"}
        {"type":"function_call_output","call_id":"t7_call_B","output":"2"}"#]].assert_eq(&foreign);
    assert_eq!(replayed(openai().with(|case| case.provider = "other"), &renamed), foreign);
    let mut of_other_wire = renamed.clone();
    let blocks = of_other_wire.blocks.as_mut().map(Arc::make_mut).expect("blocks");
    blocks.origin.wire = "chat".into();
    assert_eq!(replayed(openai(), &of_other_wire), foreign);
    let mut fewer = renamed.clone();
    fewer.message.body.content.retain(|part| !matches!(part, Part::ToolCall(call) if call.id == "call_A"));
    expect![[r#"
        {"type":"message","role":"user","content":[{"type":"input_text","text":"a"}]}
        {"type":"message","role":"assistant","content":[{"type":"output_text","text":"I look."}]}
        {"type":"function_call","call_id":"t7_call_B","name":"files_read_748a5886","arguments":"{\"z\":1.50,\"a\":12345678901234567890}"}
        {"type":"function_call_output","call_id":"t7_call_B","output":"2"}"#]].assert_eq(&replayed(openai(), &fewer));
}

#[test]
fn blocks_with_other_calls_than_the_message_fall_back_to_text() {
    let mut said = openai().answered("text.sse");
    said.message.body.content.push(call("1", "weather", "{}"));
    let plain = Said { blocks: None, ..said.clone() };
    let sent = |said: Said| openai().saying(vec![user("a"), said]).member("input");
    assert_eq!(sent(said), sent(plain));
}

#[test]
fn broken_arguments_of_a_block_go_back_as_none() {
    let said = openai().answered("reused_ids.sse");
    expect![[r#"
        {"type":"message","role":"user","content":[{"type":"input_text","text":"a"}]}
        {"id":"fc_1","type":"function_call","status":"completed","arguments":"{}","call_id":"call_A","name":"weather"}
        {"id":"fc_2","type":"function_call","status":"completed","arguments":"{}","call_id":"call_1_2","name":"weather"}
        {"id":"fc_3","type":"function_call","status":"completed","arguments":"{}","call_id":"call_1_3","name":"weather"}
        {"type":"function_call_output","call_id":"call_A","output":"Error: The tool gave no result."}
        {"type":"function_call_output","call_id":"call_1_2","output":"Error: The tool gave no result."}
        {"type":"function_call_output","call_id":"call_1_3","output":"Error: The tool gave no result."}"#]]
    .assert_eq(&openai().saying(vec![user("a"), said]).member("input"));
}

#[test]
fn pictures_go_out_by_bytes_or_address() {
    let parts = vec![
        text("See"),
        Part::ImageFile { attachment: attachment(1), filename: Some("cat.png".into()) },
        Part::Image { url: Some("https://example.com/a.png".into()), attachment: None, media_type: None },
    ];
    let with_file = |case: Case| {
        case.saying(vec![message(Role::User, parts.clone()).into(), user("And?")]).with(|case| {
            let file = File { media_type: "image/png".into(), bytes: Bytes::from_static(b"{}") };
            case.request.files.insert(attachment(1), file);
        })
    };
    expect![[r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"See"},{"type":"input_image","image_url":"data:image/png;base64,e30="},{"type":"input_image","image_url":"https://example.com/a.png"},{"type":"input_text","text":"And?"}]}"#]].assert_eq(&with_file(openai()).member("input"));
    expect![[r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"See"},{"type":"input_image","image_url":"data:image/png;base64,e30="},{"type":"input_text","text":"[https://example.com/a.png]"},{"type":"input_text","text":"And?"}]}"#]].assert_eq(&with_file(local()).member("input"));
}

#[test]
fn reasoning_is_told_by_effort_and_asked_to_be_readable() {
    use Reasoning::{High, None as Never, Off, On};
    let told = |abilities: Option<Abilities>, asked: Option<Reasoning>| {
        let case = openai().with(|case| (case.abilities, case.request.controls.reasoning) = (abilities, asked));
        case.member("reasoning")
    };
    let rests = Abilities { rests: true, ..Abilities::default() };
    let fixed = Abilities { style: Style::Fixed, ..Abilities::default() };
    for (abilities, asked, expected) in [
        (None, None, "null"),
        (None, Some(Off), r#"{"effort":"none"}"#),
        (None, Some(Never), r#"{"effort":"none"}"#),
        (None, Some(On), r#"{"summary":"auto"}"#),
        (Some(Abilities::default()), Some(High), r#"{"effort":"high","summary":"auto"}"#),
        (Some(rests), Some(On), r#"{"effort":"medium","summary":"auto"}"#),
        (Some(fixed.clone()), Some(On), r#"{"summary":"auto"}"#),
        (Some(fixed), Some(Off), "null"),
    ] {
        assert_eq!(told(abilities, asked), expected, "{asked:?}");
    }
}

#[test]
fn encrypted_reasoning_is_asked_of_models_that_may_reason() {
    let include = |model: &'static str, abilities: Option<Abilities>| {
        openai().with(|case| (case.model, case.abilities) = (model, abilities)).member("include")
    };
    let words = |words: &[Reasoning]| Some(Abilities { reasoning: Some(words.to_vec()), ..Abilities::default() });
    let asks = r#""reasoning.encrypted_content""#;
    assert_eq!(include("gpt-5.5", None), asks);
    assert_eq!(include("gpt-4.1", None), "null");
    assert_eq!(include("gpt-4.1", words(&[Reasoning::Off, Reasoning::Low])), asks);
    assert_eq!(include("gpt-5.5", words(&[Reasoning::Off, Reasoning::None])), "null");
    assert_eq!(include("unlisted", Some(Abilities::default())), asks);
}

#[test]
fn a_refused_request_tells_its_fault() {
    let case = openai();
    for (status, body, told) in [
        (
            400,
            r#"{"error":{"message":"The encrypted content gAAA could not be verified.","type":"invalid_request_error","param":null,"code":"invalid_encrypted_content"}}"#,
            r#"blocks_refused "The encrypted content gAAA could not be verified.""#,
        ),
        (
            400,
            r#"{"error":{"message":"Invalid prompt: your prompt was flagged as potentially violating our usage policy.","type":"invalid_request_error","code":"invalid_prompt"}}"#,
            r#"refused "Invalid prompt: your prompt was flagged as potentially violating our usage policy.""#,
        ),
        (
            400,
            r#"{"error":{"message":"Your input exceeds the context window of this model.","type":"invalid_request_error","param":"input","code":"context_length_exceeded"}}"#,
            r#"context_too_long "Your input exceeds the context window of this model.""#,
        ),
    ] {
        assert_eq!(case.refused(status, body), format!("failure {told}"));
    }
}
