//! Requests: the whole body, the shape of contents, controls.

use domain::{
    controls::{Reasoning, Speed},
    message::{Part, Role},
    model::{Abilities, Style},
};
use expect_test::expect;
use providers::File;

use super::{case, said, with_tools};
use crate::harness::{agent, attachment, call, error, message, result, text, user};

#[test]
fn a_request_has_its_parts_in_order() {
    let case = with_tools(vec![user("one"), agent(vec![text("two")]), user("three")]).with(|case| {
        case.request.controls.reasoning = Some(Reasoning::High);
        case.request.controls.speed = Some(Speed::Fast);
        case.request.most_output = Some(900);
    });
    expect![[r#"
        POST https://generativelanguage.googleapis.com/v1beta/models/gemini-3-flash-preview:streamGenerateContent?alt=sse
        accept: text/event-stream
        content-type: application/json
        x-goog-api-key: AIza-secret (secret)
        systemInstruction = {"parts":[{"text":"Be brief."}]}
        tools:
          {"functionDeclarations":[{"name":"files_read_748a5886","description":"Reads a file"},{"name":"weather","description":"Tells the weather","parametersJsonSchema":{"type":"object","properties":{"city":{"type":"string","minLength":1.0}}}}]}
        contents:
          {"role":"user","parts":[{"text":"one"}]}
          {"role":"model","parts":[{"text":"two"}]}
          {"role":"user","parts":[{"text":"three"}]}
        generationConfig = {"maxOutputTokens":900,"thinkingConfig":{"thinkingLevel":"high","includeThoughts":true}}
        serviceTier = "priority""#]].assert_eq(&case.sent());
}

#[test]
fn a_request_without_settings_has_only_its_contents() {
    let plain = case(vec![user("hello")]).with(|case| {
        case.model = "models/gemini-2.5-flash";
        case.key = None;
    });
    expect![[r#"
        POST https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse
        accept: text/event-stream
        content-type: application/json
        contents:
          {"role":"user","parts":[{"text":"hello"}]}"#]]
    .assert_eq(&plain.sent());
}

#[test]
fn results_stand_first_behind_their_calls_and_users_are_joined() {
    let transcript = vec![
        agent(vec![text("Welcome.")]),
        user("weather in Paris and Rome?"),
        agent(vec![
            text("I look."),
            call("a", "weather", r#"{"city":"Paris","n":1.50}"#),
            call("b", "files.read", "{}"),
            call("c", "gone tool", r#""{\"broken""#),
        ]),
        error("b", "no such file"),
        result("foreign", "1"),
        result("a", r#"{"t": 20.0}"#),
        user("and tomorrow?"),
        user("quickly"),
    ];
    expect![[r#"
        {"role":"user","parts":[{"text":"[The agent speaks first.]"}]}
        {"role":"model","parts":[{"text":"Welcome."}]}
        {"role":"user","parts":[{"text":"weather in Paris and Rome?"}]}
        {"role":"model","parts":[{"text":"I look."},{"functionCall":{"name":"weather","args":{"city":"Paris","n":1.50}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"name":"files_read_748a5886","args":{}}},{"functionCall":{"name":"gone_tool_531833cc","args":{}}}]}
        {"role":"user","parts":[{"functionResponse":{"name":"weather","response":{"output":"{\"t\":20.0}"}}},{"functionResponse":{"name":"files_read_748a5886","response":{"error":"no such file"}}},{"functionResponse":{"name":"gone_tool_531833cc","response":{"error":"The tool gave no result."}}},{"text":"and tomorrow?"},{"text":"quickly"}]}
    "#]].assert_eq(&said(&with_tools(transcript)));
}

#[test]
fn pictures_go_out_as_bytes_and_addresses_as_names() {
    let url = Part::Image { url: Some("https://x.example/a.png".into()), attachment: None, media_type: None };
    let picture = Part::ImageFile { attachment: attachment(1), filename: Some("a.png".into()) };
    let case = |images| {
        case(vec![message(Role::User, vec![text("look"), picture.clone(), url.clone()]).into()]).with(|case| {
            case.abilities = Some(Abilities { images, ..Abilities::default() });
            let file = File { media_type: "image/png".into(), bytes: b"\x89PNG".as_slice().into() };
            case.request.files.insert(attachment(1), file);
        })
    };
    expect![[r#"
        {"role":"user","parts":[{"text":"look"},{"inlineData":{"mimeType":"image/png","data":"iVBORw=="}},{"text":"[https://x.example/a.png]"}]}
    "#]].assert_eq(&said(&case(None)));
    expect![[r#"
        {"role":"user","parts":[{"text":"look"},{"text":"[image: a.png]"},{"text":"[https://x.example/a.png]"}]}
    "#]]
    .assert_eq(&said(&case(Some(false))));
}

#[test]
fn reasoning_is_told_in_the_style_of_the_model() {
    let told = |model, style: Option<Style>, word| {
        let case = case(vec![user("hello")]).with(|case| {
            case.model = model;
            case.abilities = style.map(|style| Abilities { style, ..Abilities::default() });
            case.request.controls.reasoning = Some(word);
        });
        let style = style.map_or("unknown".into(), |style| format!("{style:?}"));
        format!("{model} {style} {}: {}\n", word.as_str(), case.member("generationConfig"))
    };
    let mut all = String::new();
    for (model, style) in [
        ("gemini-3-flash-preview", Some(Style::Effort)),
        ("gemini-2.5-flash", Some(Style::Budget)),
        ("gemini-3-flash-preview", Some(Style::Fixed)),
        ("gemini-4", None),
        ("gemini-2.5-pro", None),
    ] {
        for word in [Reasoning::Off, Reasoning::On, Reasoning::Minimal, Reasoning::High, Reasoning::Max] {
            all.push_str(&told(model, style, word));
        }
    }
    expect![[r#"
        gemini-3-flash-preview Effort off: {"thinkingConfig":{"thinkingBudget":0}}
        gemini-3-flash-preview Effort on: {"thinkingConfig":{"includeThoughts":true}}
        gemini-3-flash-preview Effort minimal: {"thinkingConfig":{"thinkingLevel":"minimal","includeThoughts":true}}
        gemini-3-flash-preview Effort high: {"thinkingConfig":{"thinkingLevel":"high","includeThoughts":true}}
        gemini-3-flash-preview Effort max: {"thinkingConfig":{"includeThoughts":true}}
        gemini-2.5-flash Budget off: {"thinkingConfig":{"thinkingBudget":0}}
        gemini-2.5-flash Budget on: {"thinkingConfig":{"thinkingBudget":-1,"includeThoughts":true}}
        gemini-2.5-flash Budget minimal: {"thinkingConfig":{"thinkingBudget":1024,"includeThoughts":true}}
        gemini-2.5-flash Budget high: {"thinkingConfig":{"thinkingBudget":24576,"includeThoughts":true}}
        gemini-2.5-flash Budget max: {"thinkingConfig":{"thinkingBudget":24576,"includeThoughts":true}}
        gemini-3-flash-preview Fixed off: null
        gemini-3-flash-preview Fixed on: {"thinkingConfig":{"includeThoughts":true}}
        gemini-3-flash-preview Fixed minimal: {"thinkingConfig":{"includeThoughts":true}}
        gemini-3-flash-preview Fixed high: {"thinkingConfig":{"includeThoughts":true}}
        gemini-3-flash-preview Fixed max: {"thinkingConfig":{"includeThoughts":true}}
        gemini-4 unknown off: {"thinkingConfig":{"thinkingBudget":0}}
        gemini-4 unknown on: {"thinkingConfig":{"includeThoughts":true}}
        gemini-4 unknown minimal: {"thinkingConfig":{"thinkingLevel":"minimal","includeThoughts":true}}
        gemini-4 unknown high: {"thinkingConfig":{"thinkingLevel":"high","includeThoughts":true}}
        gemini-4 unknown max: {"thinkingConfig":{"includeThoughts":true}}
        gemini-2.5-pro unknown off: {"thinkingConfig":{"thinkingBudget":0}}
        gemini-2.5-pro unknown on: {"thinkingConfig":{"thinkingBudget":-1,"includeThoughts":true}}
        gemini-2.5-pro unknown minimal: {"thinkingConfig":{"thinkingBudget":1024,"includeThoughts":true}}
        gemini-2.5-pro unknown high: {"thinkingConfig":{"thinkingBudget":24576,"includeThoughts":true}}
        gemini-2.5-pro unknown max: {"thinkingConfig":{"thinkingBudget":24576,"includeThoughts":true}}
    "#]]
    .assert_eq(&all);
}

#[test]
fn the_speed_is_a_tier() {
    let tier =
        |speed| case(vec![user("hello")]).with(|case| case.request.controls.speed = Some(speed)).member("serviceTier");
    let tiers: Vec<String> = Speed::ALL.iter().map(|speed| format!("{} {}", speed.as_str(), tier(*speed))).collect();
    expect![[r#"
        fast "priority"
        standard null
        flex "flex"
        default null
        priority "priority"
        ultrafast null"#]]
    .assert_eq(&tiers.join("\n"));
}
