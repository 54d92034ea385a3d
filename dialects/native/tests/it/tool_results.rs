//! Tools that the client runs.

use domain::agent::Settings;
use serde_json::json;

use crate::server::{Api, each, id_of};

/// A thread whose turn waits for the results of the calls `c1` and `c2`.
pub async fn waiting() -> (Api, String) {
    let api = Api::start().await;
    let settings: Settings = serde_json::from_value(json!({
        "model": "scripted",
        "script": [
            {"tool_calls": [{"id": "c1", "name": "ask", "arguments": {}}, {"id": "c2", "name": "ask", "arguments": {}}]},
            {"text": "thanks"},
        ],
        "tools": [{"name": "ask", "kind": "client"}],
    }))
    .expect("settings");
    api.test().default_agent(settings).await;
    let thread = api.thread().await;
    api.say(&thread, "x").await;
    let is_second_call = |item: &domain::event::Item| match item {
        domain::event::Item::Entry(entry) => {
            matches!(&entry.event, domain::event::Event::ToolCalled { call, .. } if call.id == "c2")
        }
        domain::event::Item::Delta(_) => false,
    };
    api.test().until(id_of(&thread), is_second_call).await;
    (api, thread)
}

#[tokio::test]
async fn a_turn_waits_for_its_results_and_goes_on_with_the_last() {
    let (api, thread) = waiting().await;
    assert_eq!(api.get(&thread).await.is(200)["run"]["waiting"], true);
    let calls = api.list(&format!("{thread}/events?types=tool.called")).await;
    assert_eq!(each(&calls, "data")[0]["kind"], "client");
    let path = format!("{thread}/tool-results");
    let one = api.post(&path, json!({"results": [{"tool_call_id": "c2", "result": null}]})).await.is(200);
    assert_eq!(one, json!({"turn": calls[0]["turn"], "accepted": 1, "open": 1}));
    let rest = api.post(&path, json!({"results": [{"tool_call_id": "c1", "error": "no"}]})).await.is(200);
    assert_eq!(rest["open"], 0);
    api.settle(&thread).await;
    let messages = api.list(&format!("{thread}/messages")).await;
    assert_eq!(each(&messages, "role"), ["user", "agent", "tool", "tool", "agent"]);
    let given = json!([{"type": "tool_result", "tool_call_id": "c2", "result": null}]);
    assert_eq!((&messages[2]["content"], &messages[4]["content"][0]["text"]), (&given, &json!("thanks")));
}

#[tokio::test]
async fn a_result_that_nobody_waits_for_is_refused_and_none_of_its_list_is_taken() {
    let (api, thread) = waiting().await;
    let path = format!("{thread}/tool-results");
    let before = api.last_seq(&thread).await;
    let good = json!({"tool_call_id": "c1", "result": 1});
    for (body, at) in [
        (json!({}), "results"),
        (json!({"results": []}), "results"),
        (json!({"results": {}}), "results"),
        (json!({"results": [good, {"tool_call_id": "c9", "result": 1}]}), "results.1.tool_call_id"),
        (json!({"results": [good, good]}), "results.1.tool_call_id"),
        (json!({"results": [good, {"result": 1}]}), "results.1.tool_call_id"),
        (json!({"results": [good, {"tool_call_id": "c2", "result": 1, "error": "e"}]}), "results.1.error"),
        (json!({"results": [good, {"tool_call_id": "c2", "error": 5}]}), "results.1.error"),
        (json!({"results": [good, {"tool_call_id": "c2", "x": 5}]}), "results.1.x"),
        (json!({"tool_results": [good]}), "tool_results"),
    ] {
        assert_eq!(api.post(&path, body.clone()).await.at_fault(), at, "{body}");
    }
    assert_eq!(api.last_seq(&thread).await, before);
    let idle = api.thread().await;
    let refused = api.post(&format!("{idle}/tool-results"), json!({"results": [good]})).await;
    assert_eq!(refused.refused(409), "not_waiting");
    assert_eq!(api.last_seq(&idle).await, 1);
}
