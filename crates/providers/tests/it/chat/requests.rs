//! Requests as they go out.

use std::sync::Arc;

use bytes::Bytes;
use domain::{
    block::{Blocks, Origin},
    controls::{Reasoning, Speed, Verbosity},
    message::{Part, Role},
    model::{Abilities, Style},
};
use expect_test::expect;
use providers::{File, Said};

use super::{hosted, local};
use crate::harness::{Case, agent, attachment, call, error, grows, message, result, text, tool, user};

/// Two calls in one step, and an answer to their results.
fn conversation() -> Vec<Said> {
    vec![
        user("Weather in Paris and Rome?"),
        agent(vec![
            Part::Thinking { text: "secret thought".into(), signature: None },
            text("I look."),
            call("call_1_1", "weather", r#"{"z":1.50,"city":"Paris"}"#),
            call("call_1_2", "files.read", "{}"),
        ]),
        result("call_1_1", r#"{"sky":"clear","t":20.0}"#),
        error("call_1_2", "no such file"),
        agent(vec![text("Clear.")]),
        user("Thanks."),
    ]
}

fn tools(case: &mut Case) {
    case.request.instructions = "Be brief.".into();
    case.request.tools = vec![
        tool("weather", "Tells.", r#"{"type":"object","properties":{"z":{},"a":{}}}"#),
        tool("files.read", "Reads.", "{}"),
    ];
}

#[test]
fn a_conversation_with_tools_goes_out_in_the_words_of_the_wire() {
    expect![[r#"
        POST http://127.0.0.1:11434/v1/chat/completions
        accept: text/event-stream
        content-type: application/json
        model = "llama3.1"
        stream = true
        stream_options = {"include_usage":true}
        tools:
          {"type":"function","function":{"name":"files_read_748a5886","description":"Reads.","parameters":{}}}
          {"type":"function","function":{"name":"weather","description":"Tells.","parameters":{"type":"object","properties":{"z":{},"a":{}}}}}
        messages:
          {"role":"system","content":"Be brief."}
          {"role":"user","content":"Weather in Paris and Rome?"}
          {"role":"assistant","content":"I look.","tool_calls":[{"id":"call_1_1","type":"function","function":{"name":"weather","arguments":"{\"z\":1.50,\"city\":\"Paris\"}"}},{"id":"call_1_2","type":"function","function":{"name":"files_read_748a5886","arguments":"{}"}}]}
          {"role":"tool","tool_call_id":"call_1_1","content":"{\"sky\":\"clear\",\"t\":20.0}"}
          {"role":"tool","tool_call_id":"call_1_2","content":"Error: no such file"}
          {"role":"assistant","content":"Clear."}
          {"role":"user","content":"Thanks."}"#]].assert_eq(&local().saying(conversation()).with(tools).sent());
}

#[test]
fn openai_itself_is_told_more() {
    let case = hosted("https://api.openai.com/v1", "gpt-5.5").with(|case| {
        case.request.most_output = Some(500);
        case.request.controls.speed = Some(Speed::Fast);
        case.request.controls.reasoning = Some(Reasoning::Low);
    });
    expect![[r#"
        POST https://api.openai.com/v1/chat/completions
        accept: text/event-stream
        authorization: Bearer sk-secret (secret)
        content-type: application/json
        model = "gpt-5.5"
        stream = true
        stream_options = {"include_usage":true}
        max_completion_tokens = 500
        reasoning_effort = "low"
        service_tier = "priority"
        prompt_cache_key = "00000000-0000-0000-0000-000000000000"
        messages:
          {"role":"user","content":"hello"}"#]]
    .assert_eq(&case.sent());
}

#[test]
fn a_request_only_grows_behind_its_end() {
    grows(|transcript| local().saying(transcript).with(tools), &conversation(), "messages", &[1, 4, 6]);
}

#[test]
fn tools_in_another_order_are_the_same_request() {
    let case = local().with(tools);
    let sent = case.sent();
    assert_eq!(case.with(|case| case.request.tools.reverse()).sent(), sent);
}

#[test]
fn every_call_has_its_result_and_every_result_its_call() {
    let case = local().saying(vec![
        user("a"),
        agent(vec![call("1", "weather", "{}"), call("2", "weather", r#""{\"broken""#)]),
        result("other", "1"),
        result("1", r#""clear""#),
        result("1", r#""twice""#),
        user("b"),
    ]);
    expect![[r#"
        {"role":"user","content":"a"}
        {"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"weather","arguments":"{}"}},{"id":"2","type":"function","function":{"name":"weather","arguments":"{}"}}]}
        {"role":"tool","tool_call_id":"1","content":"clear"}
        {"role":"tool","tool_call_id":"2","content":"Error: The tool gave no result."}
        {"role":"user","content":"b"}"#]].assert_eq(&case.member("messages"));
}

#[test]
fn messages_in_a_row_are_one_and_nothing_empty_goes_out() {
    let mut interrupted = message(Role::Agent, vec![text("I was"), call("1", "weather", "{}")]);
    interrupted.body.interrupted = true;
    let case = local().saying(vec![
        user("a"),
        agent(vec![text(" "), Part::Thinking { text: "only".into(), signature: None }]),
        user(" \n"),
        user("b"),
        interrupted.into(),
        result("1", "1"),
        user("c"),
    ]);
    expect![[r#"
        {"role":"user","content":"a\n\nb"}
        {"role":"assistant","content":"I was"}
        {"role":"user","content":"c"}"#]]
    .assert_eq(&case.member("messages"));
}

fn parts() -> Vec<Said> {
    let parts = vec![
        text("See"),
        Part::ImageFile { attachment: attachment(1), filename: Some("cat.png".into()) },
        Part::Image { url: None, attachment: Some(attachment(2)), media_type: None },
        Part::Image { url: Some("https://example.com/a.png".into()), attachment: None, media_type: None },
        Part::File { attachment: attachment(3), name: "a.json".into(), media_type: "x/y".into(), size_bytes: 2 },
        Part::File { attachment: attachment(4), name: "b.pdf".into(), media_type: "text/plain".into(), size_bytes: 2 },
        Part::Link { url: "https://example.com/b".into() },
    ];
    vec![message(Role::User, parts).into()]
}

fn files(case: &mut Case) {
    let kinds = ["image/png", "image/tiff", "application/json; charset=utf-8", "application/pdf"];
    for (number, media_type) in (1..).zip(kinds) {
        let file = File { media_type: media_type.into(), bytes: Bytes::from_static(b"{}") };
        case.request.files.insert(attachment(number), file);
    }
}

#[test]
fn pictures_files_and_links_go_out_as_far_as_the_model_reads_them() {
    expect![[r#"{"role":"user","content":[{"type":"text","text":"See"},{"type":"image_url","image_url":{"url":"data:image/png;base64,e30="}},{"type":"text","text":"[image]"},{"type":"text","text":"[https://example.com/a.png]"},{"type":"text","text":"[a.json]\n{}"},{"type":"text","text":"[b.pdf]"},{"type":"text","text":"[https://example.com/b]"}]}"#]].assert_eq(&local().saying(parts()).with(files).member("messages"));
    let blind = |case: &mut Case| case.abilities = Some(Abilities { images: Some(false), ..Abilities::default() });
    expect![[r#"{"role":"user","content":"See\n\n[image: cat.png]\n\n[image]\n\n[https://example.com/a.png]\n\n[a.json]\n{}\n\n[b.pdf]\n\n[https://example.com/b]"}"#]].assert_eq(&local().saying(parts()).with(files).with(blind).member("messages"));
    let hosted = hosted("https://api.openai.com/v1", "gpt-5.5").saying(parts()).with(files);
    expect![[r#"{"role":"user","content":[{"type":"text","text":"See"},{"type":"image_url","image_url":{"url":"data:image/png;base64,e30="}},{"type":"text","text":"[image]"},{"type":"image_url","image_url":{"url":"https://example.com/a.png"}},{"type":"text","text":"[a.json]\n{}"},{"type":"text","text":"[b.pdf]"},{"type":"text","text":"[https://example.com/b]"}]}"#]].assert_eq(&hosted.member("messages"));
}

#[test]
fn an_answer_goes_back_as_its_provider_made_it() {
    let case = local().with(tools);
    let said = case.answered("openrouter_details.sse");
    let replayed = |case: Case, said: &Said| case.saying(vec![user("a"), said.clone()]).member("messages");
    expect![[r#"
        {"role":"user","content":"a"}
        {"role":"assistant","content":"Looking.","reasoning_details":[{"type":"reasoning.text","format":"anthropic-claude-v1","index":0,"text":"Let me see.","signature":"c2ln"},{"type":"reasoning.encrypted","data":"eA==","format":"anthropic-claude-v1","index":1,"id":"r2"}],"tool_calls":[{"id":"toolu_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]}
        {"role":"tool","tool_call_id":"toolu_1","content":"Error: The tool gave no result."}"#]].assert_eq(&replayed(local(), &said));

    let mut renamed = said.clone();
    for part in &mut renamed.message.body.content {
        if let Part::ToolCall(call) = part {
            call.id = "t7_toolu_1".into();
        }
    }
    expect![[r#"
        {"role":"user","content":"a"}
        {"role":"assistant","content":"Looking.","reasoning_details":[{"type":"reasoning.text","format":"anthropic-claude-v1","index":0,"text":"Let me see.","signature":"c2ln"},{"type":"reasoning.encrypted","data":"eA==","format":"anthropic-claude-v1","index":1,"id":"r2"}],"tool_calls":[{"id":"t7_toolu_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]}
        {"role":"tool","tool_call_id":"t7_toolu_1","content":"Error: The tool gave no result."}"#]].assert_eq(&replayed(local(), &renamed));

    let foreign = replayed(local().with(|case| case.model = "other"), &said);
    expect![[r#"
        {"role":"user","content":"a"}
        {"role":"assistant","content":"Looking.","tool_calls":[{"id":"toolu_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]}
        {"role":"tool","tool_call_id":"toolu_1","content":"Error: The tool gave no result."}"#]].assert_eq(&foreign);
    assert_eq!(replayed(local().with(|case| case.provider = "other"), &said), foreign);
    let mut fewer = said.clone();
    fewer.message.body.content.retain(|part| !matches!(part, Part::ToolCall(_)));
    expect![[r#"
        {"role":"user","content":"a"}
        {"role":"assistant","content":"Looking."}"#]]
    .assert_eq(&replayed(local(), &fewer));
}

#[test]
fn broken_blocks_fall_back_to_text_and_broken_arguments_to_none() {
    let cut = local().answered("length_in_call.sse");
    expect![[r#"
        {"role":"user","content":"a"}
        {"role":"assistant","content":"Sure.","tool_calls":[{"id":"call_A","type":"function","function":{"name":"weather","arguments":"{}"}}]}
        {"role":"tool","tool_call_id":"call_A","content":"Error: The tool gave no result."}"#]].assert_eq(&local().saying(vec![user("a"), cut]).member("messages"));
    let origin = || Origin { provider: "local".into(), wire: "chat".into(), model: "llama3.1".into() };
    for blocks in ["[]", "[1]", r#"[{"role":"assistant"},{"role":"assistant"}]"#, r#"[{"tool_calls":[{"id":"a"}]}]"#] {
        let blocks = Blocks { origin: origin(), blocks: serde_json::from_str(blocks).unwrap() };
        let said = Said { blocks: Some(Arc::new(blocks)), ..agent(vec![text("Hi."), call("1", "weather", "{}")]) };
        let plain = local().saying(vec![Said { blocks: None, ..said.clone() }]).member("messages");
        assert_eq!(local().saying(vec![said]).member("messages"), plain);
    }
}

#[test]
fn deepseek_and_moonshot_get_reasoning_with_every_message() {
    let transcript = || vec![user("a"), agent(vec![text("b")]), user("c")];
    for (base_url, model, wants) in [
        ("https://api.deepseek.com", "deepseek-v4-pro", true),
        ("https://api.moonshot.ai/v1", "kimi-k2.6", true),
        ("https://openrouter.ai/api/v1", "deepseek/deepseek-v4-pro", true),
        ("https://api.openai.com/v1", "gpt-5.5", false),
        ("http://127.0.0.1:8000/v1", "llama3.1", false),
        ("https://notdeepseek.com", "llama3.1", false),
    ] {
        let sent = hosted(base_url, model).saying(transcript()).member("messages");
        assert_eq!(
            sent.contains(r#"{"role":"assistant","content":"b","reasoning_content":""}"#),
            wants,
            "{base_url}: {sent}"
        );
    }
    let own = local().with(|case| case.base_url = "https://api.deepseek.com");
    let said = own.answered("deepseek_reasoning.sse");
    let sent = own.saying(vec![user("a"), said]).member("messages");
    assert!(sent.contains(r#""reasoning_content":"The user asks.""#), "{sent}");
}

/// The members of the request that tell how to reason.
fn reasoning(base_url: &'static str, style: Option<Style>, asked: Option<Reasoning>) -> String {
    let case = hosted(base_url, "m").with(|case| {
        case.abilities = style.map(|style| Abilities { style, ..Abilities::default() });
        case.request.controls.reasoning = asked;
    });
    let members = ["reasoning_effort", "reasoning", "thinking", "chat_template_kwargs"];
    let told = members.map(|name| (name, case.member(name)));
    told.into_iter()
        .filter(|(_, value)| value != "null")
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn reasoning_is_told_in_the_words_of_model_and_host() {
    use Reasoning::{High, Low, Max, None as Never, Off, On};
    const OPENAI: &str = "https://api.openai.com/v1";
    const ZAI: &str = "https://api.z.ai/api/paas/v4";
    const DEEPSEEK: &str = "https://api.deepseek.com";
    const ROUTER: &str = "https://openrouter.ai/api/v1";
    const OWN: &str = "http://127.0.0.1:8000/v1";
    for (base_url, style, asked, told) in [
        (OPENAI, Some(Style::Effort), Some(Off), r#"reasoning_effort="none""#),
        (OPENAI, Some(Style::Effort), Some(High), r#"reasoning_effort="high""#),
        (OPENAI, Some(Style::Effort), Some(On), ""),
        (OPENAI, None, Some(Max), r#"reasoning_effort="max""#),
        (OPENAI, None, None, ""),
        (OWN, None, Some(Never), r#"reasoning_effort="none""#),
        (OWN, Some(Style::Fixed), Some(On), ""),
        (OWN, Some(Style::Switch), Some(Off), r#"chat_template_kwargs={"enable_thinking":false,"thinking":false}"#),
        (ZAI, Some(Style::Switch), Some(Off), r#"thinking={"type":"disabled","clear_thinking":false}"#),
        (ZAI, Some(Style::Switch), None, r#"thinking={"type":"enabled","clear_thinking":false}"#),
        (
            ZAI,
            Some(Style::SwitchAndEffort),
            Some(Low),
            r#"reasoning_effort="low" thinking={"type":"enabled","clear_thinking":false}"#,
        ),
        (DEEPSEEK, Some(Style::SwitchAndEffort), Some(Max), r#"reasoning_effort="max" thinking={"type":"enabled"}"#),
        (DEEPSEEK, Some(Style::SwitchAndEffort), Some(On), r#"thinking={"type":"enabled"}"#),
        (DEEPSEEK, Some(Style::SwitchAndEffort), Some(Off), r#"thinking={"type":"disabled"}"#),
        (DEEPSEEK, Some(Style::SwitchAndEffort), None, ""),
        (ROUTER, Some(Style::SwitchAndEffort), Some(High), r#"reasoning={"effort":"high"}"#),
        (ROUTER, Some(Style::Switch), Some(Off), r#"reasoning={"enabled":false}"#),
        (ROUTER, Some(Style::Adaptive), Some(On), r#"reasoning={"enabled":true}"#),
        (ROUTER, None, Some(Off), r#"reasoning={"effort":"none"}"#),
    ] {
        assert_eq!(reasoning(base_url, style, asked), told, "{base_url} {style:?} {asked:?}");
    }
    let rests = hosted(OPENAI, "gpt-5.4").with(|case| {
        case.abilities = Some(Abilities { rests: true, ..Abilities::default() });
        case.request.controls.reasoning = Some(On);
    });
    assert_eq!(rests.member("reasoning_effort"), r#""medium""#);
}

#[test]
fn bounds_and_speeds_have_their_words() {
    let bounded = |case: Case| case.with(|case| case.request.most_output = Some(9));
    assert_eq!(bounded(local()).member("max_tokens"), "9");
    assert_eq!(bounded(local()).member("max_completion_tokens"), "null");
    for (speed, told) in [(Speed::Standard, "null"), (Speed::Fast, r#""priority""#), (Speed::Flex, r#""flex""#)] {
        assert_eq!(local().with(|case| case.request.controls.speed = Some(speed)).member("service_tier"), told);
    }
    const OPENAI: &str = "https://api.openai.com/v1";
    let brief = |base_url, model| {
        let case = hosted(base_url, model).with(|case| case.request.controls.verbosity = Some(Verbosity::Low));
        case.member("verbosity")
    };
    assert_eq!(brief(OPENAI, "gpt-5.5"), r#""low""#);
    assert_eq!(brief("https://openrouter.ai/api/v1", "openai/gpt-5.5"), r#""low""#);
    for (base_url, model) in [(OPENAI, "gpt-4.1"), (OPENAI, "gpt-5.3-codex"), ("https://api.z.ai/v4", "glm-5.2")] {
        assert_eq!(brief(base_url, model), "null", "{model}");
    }
    assert_eq!(hosted(OPENAI, "gpt-5.5").member("verbosity"), "null");
    let zai = hosted("https://api.z.ai/api/paas/v4", "glm-5.2");
    assert_eq!(zai.member("tool_stream"), "null");
    assert_eq!(zai.with(tools).member("tool_stream"), "true");
}

#[test]
fn a_key_that_no_header_carries_is_a_failure_that_does_not_tell_it() {
    let case = local().with(|case| case.key = Some("se\ncret"));
    let failure = case.wire.request(&case.call()).expect_err("no header");
    assert_eq!((failure.fault.as_str(), failure.message.contains("cret")), ("unauthenticated", false));
}

#[test]
fn an_id_that_is_too_long_is_cut_alike_in_call_and_result() {
    let id = "x".repeat(80);
    let sent =
        local().saying(vec![user("a"), agent(vec![call(&id, "weather", "{}")]), result(&id, "1")]).member("messages");
    let short = format!("{}_4e90a2df", "x".repeat(55));
    assert!(!sent.contains(&id) && sent.matches(&short).count() == 2, "{sent}");
}
