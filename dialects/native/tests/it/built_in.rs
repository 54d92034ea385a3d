//! Built-in tools over HTTP: what agents list, and what their programs and readers are told.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    external::program,
    server::{Api, reply, text},
};

#[tokio::test]
async fn an_agent_lists_a_built_in_tool_by_its_name_alone() {
    let api = Api::start().await;
    let tool = json!({"name": "ask_person", "kind": "built_in"});
    let shown = api.patch("/agents/default", json!({"tools": [tool], "ask_silent": true})).await.is(200);
    assert_eq!((&shown["tools"][0]["kind"], &shown["ask_silent"]), (&json!("built_in"), &json!(true)));
    assert!(shown["tools"][0].get("parameters").is_none(), "as it was sent");
    let with = |field: &str, value: Value| {
        let mut tool = tool.clone();
        tool[field] = value;
        json!({"tools": [tool]})
    };
    for (body, at) in [
        (with("name", json!("ask_persons")), "tools.0.name"),
        (with("name", json!("")), "tools.0.name"),
        (with("kind", json!("external")), "tools.0.kind"),
        (with("parameters", json!({"type": "object"})), "tools.0.parameters"),
        (with("result", json!(1)), "tools.0.result"),
        (with("error", json!("x")), "tools.0.error"),
        (with("delay_ms", json!(1)), "tools.0.delay_ms"),
        (json!({"tools": [tool, tool]}), "tools.1.name"),
        (json!({"ask_silent": "yes"}), "ask_silent"),
    ] {
        assert_eq!(api.patch("/agents/default", body.clone()).await.at_fault(), at, "{body}");
    }
    let own = with("description", json!("Rings the bell."));
    api.patch("/agents/default", own).await.is(200);
    let off = api.patch("/agents/default", json!({"ask_silent": null})).await.is(200);
    assert!(off.get("ask_silent").is_none());
}

#[tokio::test]
async fn a_program_is_told_of_the_tool_and_leaves_its_call_to_the_server() {
    let tools = json!([{"name": "ask_person", "kind": "built_in"}]);
    let (api, secret) = program(json!({"kind": "external", "tools": tools})).await;
    let as_program = async |path: &str, body: Value| {
        let url = format!("{}{}{path}", api.server.url, crate::server::BASE);
        reply(api.http.request(Method::POST, url).bearer_auth(&secret).json(&body)).await.is(200)
    };
    let thread = api.thread().await;
    api.say(&thread, "May I talk to someone?").await;
    let claimed = as_program("/turns/claim", json!({"wait": 20})).await["turns"][0].clone();
    let tool = &claimed["tools"][0];
    assert_eq!((&tool["kind"], &tool["parameters"]["required"]), (&json!("built_in"), &json!(["reason"])));
    let path = format!("/turns/{}", text(&claimed["turn"]));
    let call = json!({"type": "tool_call", "id": "c", "name": "ask_person", "arguments": {"reason": "a refund"}});
    let report = json!({"attempt": 1, "n": 1, "messages": [{"content": [call]}]});
    let told = as_program(&format!("{path}/messages"), report.clone()).await;
    assert_eq!((&told["waiting"], &told["held"], &told["again"]), (&json!(["c"]), &json!(false), &json!(true)));
    assert_eq!(as_program(&format!("{path}/messages"), report).await, told);
    let head = api.get(&thread).await.is(200);
    assert_eq!(
        (&head["wanted"]["reason"], &head["wanted"]["by"]["kind"]),
        (&json!("a refund"), &json!("agent")),
        "{head}"
    );
    let claimed = as_program("/turns/claim", json!({"wait": 20, "format": "openai"})).await["turns"][0].clone();
    assert!(text(&claimed["formatted"][2]["content"]).contains("asked_at"), "{claimed}");
}
