//! Requests: the prefix, the shape of messages, pictures and files.

use domain::{
    controls::Reasoning,
    message::{Part, Role},
    model::Abilities,
};
use expect_test::expect;
use providers::File;

use super::{case, said, with_tools};
use crate::harness::{agent, attachment, call, error, message, result, text, user};

#[test]
fn a_request_has_the_prefix_in_order_with_its_marks() {
    let case =
        with_tools(vec![user("one"), agent(vec![text("two")]), user("three"), agent(vec![text("four")]), user("five")])
            .with(|case| case.request.controls.reasoning = Some(Reasoning::High));
    expect![[r#"
        POST https://api.anthropic.com/v1/messages
        accept: text/event-stream
        anthropic-version: 2023-06-01
        content-type: application/json
        x-api-key: sk-ant-secret (secret)
        model = "claude-opus-4-8"
        max_tokens = 8192
        stream = true
        thinking = {"type":"adaptive","display":"summarized"}
        output_config = {"effort":"high"}
        tools:
          {"name":"files_read_748a5886","description":"Reads a file","input_schema":{"type":"object"}}
          {"name":"weather","description":"Tells the weather","input_schema":{"type":"object","properties":{"city":{"type":"string","minLength":1.0}}}}
        system:
          {"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}
        messages:
          {"role":"user","content":[{"type":"text","text":"one"}]}
          {"role":"assistant","content":[{"type":"text","text":"two"}]}
          {"role":"user","content":[{"type":"text","text":"three","cache_control":{"type":"ephemeral"}}]}
          {"role":"assistant","content":[{"type":"text","text":"four"}]}
          {"role":"user","content":[{"type":"text","text":"five","cache_control":{"type":"ephemeral"}}]}"#]].assert_eq(&case.sent());
}

#[test]
fn without_instructions_the_last_tool_ends_the_prefix_and_without_tools_nothing_does() {
    let plain = case(vec![user("hello")]);
    let tools = with_tools(vec![user("hello")]).with(|case| case.request.instructions = " ".into());
    assert_eq!((plain.member("tools"), plain.member("system")), ("null".into(), "null".into()));
    expect![[r#"
        {"name":"files_read_748a5886","description":"Reads a file","input_schema":{"type":"object"}}
        {"name":"weather","description":"Tells the weather","input_schema":{"type":"object","properties":{"city":{"type":"string","minLength":1.0}}},"cache_control":{"type":"ephemeral"}}"#]].assert_eq(&tools.member("tools"));
}

#[test]
fn results_stand_first_behind_their_calls_and_users_are_joined() {
    let transcript = vec![
        user("weather in Paris and Rome?"),
        agent(vec![
            text("I look."),
            call("a", "weather", r#"{"city":"Paris","n":1.50}"#),
            call("b", "files.read", "{}"),
            call("c", "gone tool", r#""{\"broken""#),
            call("ü:1", "weather", "{}"),
        ]),
        result("b", r#"{"t": 20.0}"#),
        result("foreign", "1"),
        result("a", r#""sunny""#),
        error("ü:1", ""),
        user("and tomorrow?"),
        user("quickly"),
    ];
    expect![[r#"
        {"role":"user","content":[{"type":"text","text":"weather in Paris and Rome?"}]}
        {"role":"assistant","content":[{"type":"text","text":"I look."},{"type":"tool_use","id":"a","name":"weather","input":{"city":"Paris","n":1.50}},{"type":"tool_use","id":"b","name":"files_read_748a5886","input":{}},{"type":"tool_use","id":"c","name":"gone_tool_531833cc","input":{}},{"type":"tool_use","id":"__1_0791adc9","name":"weather","input":{}}]}
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"sunny"},{"type":"tool_result","tool_use_id":"b","content":"{\"t\":20.0}"},{"type":"tool_result","tool_use_id":"c","content":"The tool gave no result.","is_error":true},{"type":"tool_result","tool_use_id":"__1_0791adc9","content":"error","is_error":true},{"type":"text","text":"and tomorrow?"},{"type":"text","text":"quickly"}]}
    "#]].assert_eq(&said(&with_tools(transcript)));
}

#[test]
fn a_user_speaks_first() {
    let greeting = vec![agent(vec![text("Welcome.")]), user("hello")];
    expect![[r#"
        {"role":"user","content":[{"type":"text","text":"[The agent speaks first.]"}]}
        {"role":"assistant","content":[{"type":"text","text":"Welcome."}]}
        {"role":"user","content":[{"type":"text","text":"hello"}]}
    "#]]
    .assert_eq(&said(&case(greeting)));
}

#[test]
fn what_nobody_can_read_is_left_out() {
    let mut interrupted = message(Role::Agent, vec![text("I was about to"), call("a", "weather", "{}")]);
    interrupted.body.interrupted = true;
    let thinking = Part::Thinking { text: "secret".into(), signature: Some("s".into()) };
    let transcript = vec![
        user("hello"),
        agent(vec![text(" \n"), thinking.clone()]),
        user("there"),
        interrupted.into(),
        user(" "),
        user("go on"),
        agent(vec![thinking, text("yes"), text("indeed")]),
        user("why?"),
    ];
    expect![[r#"
        {"role":"user","content":[{"type":"text","text":"hello"},{"type":"text","text":"there"}]}
        {"role":"assistant","content":[{"type":"text","text":"I was about to"}]}
        {"role":"user","content":[{"type":"text","text":"go on"}]}
        {"role":"assistant","content":[{"type":"text","text":"yes"},{"type":"text","text":"indeed"}]}
        {"role":"user","content":[{"type":"text","text":"why?"}]}
    "#]]
    .assert_eq(&said(&case(transcript)));
}

#[test]
fn pictures_and_files_go_out_as_far_as_the_model_reads_them() {
    let file = |media_type: &str, bytes: &'static [u8]| File { media_type: media_type.into(), bytes: bytes.into() };
    let picture = |number| Part::ImageFile { attachment: attachment(number), filename: Some("a.png".into()) };
    let named = |number, name: &str| Part::File {
        attachment: attachment(number),
        name: name.into(),
        media_type: "text/plain".into(),
        size_bytes: 1,
    };
    let url = || Part::Image { url: Some("https://x.example/a.png".into()), attachment: None, media_type: None };
    let parts = vec![
        text("look"),
        picture(1),
        picture(9),
        url(),
        named(2, "a.txt"),
        named(3, "a.pdf"),
        Part::Link { url: "https://x.example".into() },
    ];
    let case = |images, base_url| {
        case(vec![message(Role::User, parts.clone()).into()]).with(|case| {
            case.base_url = base_url;
            case.abilities = Some(Abilities { images, ..Abilities::default() });
            case.request.files = [
                (1, file("image/png", b"\x89PNG")),
                (2, file("text/plain", b"words")),
                (3, file("application/pdf", b"%PDF")),
            ]
            .into_iter()
            .map(|(number, file)| (attachment(number), file))
            .collect();
        })
    };
    expect![[r#"
        {"role":"user","content":[{"type":"text","text":"look"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw=="}},{"type":"text","text":"[image: a.png]"},{"type":"image","source":{"type":"url","url":"https://x.example/a.png"}},{"type":"text","text":"[a.txt]\nwords"},{"type":"text","text":"[a.pdf]"},{"type":"text","text":"[https://x.example]"}]}
    "#]].assert_eq(&said(&case(None, "https://api.anthropic.com/v1")));
    expect![[r#"
        {"role":"user","content":[{"type":"text","text":"look"},{"type":"text","text":"[image: a.png]"},{"type":"text","text":"[image: a.png]"},{"type":"text","text":"[https://x.example/a.png]"},{"type":"text","text":"[a.txt]\nwords"},{"type":"text","text":"[a.pdf]"},{"type":"text","text":"[https://x.example]"}]}
    "#]].assert_eq(&said(&case(Some(false), "https://api.anthropic.com/v1")));
    assert!(!said(&case(Some(true), "http://127.0.0.1:8080/v1")).contains(r#""type":"url""#));
}

#[test]
fn a_key_that_no_header_may_have_is_a_failure() {
    let case = case(vec![user("hello")]).with(|case| case.key = Some("a\nb"));
    assert!(case.wire.request(&case.call()).is_err());
}
