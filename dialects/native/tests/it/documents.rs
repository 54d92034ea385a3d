//! The OpenAPI document: whole, and true of what is answered.

use std::collections::BTreeSet;

use dialect_kit::{Dialect, openapi};
use dialect_native::Native;
use domain::{event::Event, script::Reply};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    schema::faults,
    server::{Api, reply, text},
    tool_results::waiting,
};

fn document() -> Value {
    serde_json::from_slice(&openapi::json(&openapi::document(&Native)).unwrap()).unwrap()
}

/// Every object below a value.
fn below<'a>(value: &'a Value, visit: &mut impl FnMut(&'a Value)) {
    visit(value);
    match value {
        Value::Object(object) => object.values().for_each(|value| below(value, visit)),
        Value::Array(array) => array.iter().for_each(|value| below(value, visit)),
        _ => {}
    }
}

#[test]
fn the_document_is_of_openapi_3_1_and_every_reference_leads_somewhere() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "Threadline");
    assert_eq!(document["security"], json!([{"key": []}]));
    below(&document, &mut |value| {
        if let Some(reference) = value["$ref"].as_str() {
            assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
        }
    });
}

/// Changes that may stand against what is there, though they take no key.
fn conflicts(shown: &str) -> bool {
    ["/agents/{agent}", "patch /threadline/v1/customers/", "patch /threadline/v1/threads/{thread}/messages/"]
        .iter()
        .any(|one| shown.contains(one))
}

#[test]
fn every_operation_has_a_name_of_its_own_and_a_body_with_a_schema() {
    let document = document();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let shown = format!("{method} {path}");
            assert!(names.insert(text(&operation["operationId"])), "{shown}");
            let summary = text(&operation["summary"]);
            assert!(summary.ends_with('.') && !summary.contains('\n') && summary.len() < 80, "{shown}: {summary}");
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{shown}");
            let good: Vec<&String> =
                operation["responses"].as_object().unwrap().keys().filter(|s| s.starts_with('2')).collect();
            assert!(!good.is_empty(), "{shown}");
            for status in good {
                let content = &operation["responses"][status]["content"];
                assert_eq!(content.is_null(), status == "204", "{shown}");
            }
            let keyed = operation["parameters"].to_string().contains("Idempotency-Key");
            assert_eq!(keyed, method == "post", "{shown}");
            assert_eq!(
                operation["responses"]["409"].is_object(),
                keyed || conflicts(&shown) && method != "get",
                "{shown}"
            );
            for named in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let parameters = operation["parameters"].as_array().unwrap();
                assert!(parameters.iter().any(|p| p["in"] == "path" && p["name"] == named), "{shown}");
            }
        }
    }
}

#[test]
fn every_type_of_event_has_a_schema_and_none_has_two() {
    let document = document();
    let data = &document["components"]["schemas"]["Data"]["oneOf"];
    let mut kinds: Vec<&str> =
        data.as_array().unwrap().iter().filter_map(|one| one["properties"]["type"]["enum"][0].as_str()).collect();
    let mut expect: Vec<&str> = Event::KINDS.iter().copied().chain(["message.delta", Event::INTERNAL]).collect();
    kinds.sort_unstable();
    expect.sort_unstable();
    assert_eq!(kinds, expect);
}

/// The schema of an answer.
fn schema_of<'a>(document: &'a Value, method: &str, template: &str, status: u16, content_type: &str) -> &'a Value {
    let response = &document["paths"][format!("/threadline/v1{template}")][method]["responses"][status.to_string()];
    let schema = &response["content"][content_type]["schema"];
    assert!(schema.is_object(), "{method} {template} documents no {status} of {content_type}");
    schema
}

fn check(document: &Value, method: &str, template: &str, status: u16, body: &Value) {
    let content_type = if status < 400 { "application/json" } else { "application/problem+json" };
    let schema = schema_of(document, method, template, status, content_type);
    assert_eq!(faults(document, schema, body, ""), Vec::<String>::new(), "{method} {template} {status}: {body}");
}

#[tokio::test]
async fn the_answers_are_what_the_document_says() {
    let (document, (api, thread)) = (document(), waiting().await);
    let t = "/threads/{thread}";
    let state = json!({"cookies": [], "origins": []});
    for (template, body) in [
        ("/threads", json!({"title": "T", "metadata": {"a": 1}})),
        ("/agents", json!({"name": "a", "controls": {"speed": "fast"}, "tools": [{"name": "t", "kind": "client"}]})),
        ("/members", json!({"email": "ann@example.com", "name": "Ann"})),
        ("/projects", json!({"name": "p"})),
        ("/keys", json!({"name": "k", "scopes": ["read"], "expires_at": "2999-01-01T00:00:00Z"})),
        ("/browser-snapshots", json!({"name": "s", "storage_state": state})),
    ] {
        check(&document, "post", template, 201, &api.post(template, body).await.is(201));
        check(&document, "get", template, 200, &api.get(template).await.is(200));
        check(&document, "post", template, 400, &api.post(template, json!({"x": 1})).await.is(400));
    }
    let body = json!({"text": "x", "author": {"member": "ann@example.com"}, "controls": {"model": "gpt-5.5"}, "tags": ["a"], "when_busy": "steer"});
    let sent = api.post(&format!("{thread}/messages"), body).await.is(201);
    check(&document, "post", &format!("{t}/messages"), 201, &sent);
    let results = json!({"results": [{"tool_call_id": "c1", "result": {}}, {"tool_call_id": "c2", "error": "e"}]});
    let accepted = api.post(&format!("{thread}/tool-results"), results).await.is(200);
    check(&document, "post", &format!("{t}/tool-results"), 200, &accepted);
    api.settle(&thread).await;
    for path in ["", "/messages", "/events", "/turns"] {
        check(&document, "get", &format!("{t}{path}"), 200, &api.get(&format!("{thread}{path}")).await.is(200));
    }
    let (message, turn) = (text(&sent["message"]["id"]), text(&sent["turn"]["id"]));
    let one = api.get(&format!("{thread}/messages/{message}")).await.is(200);
    check(&document, "get", &format!("{t}/messages/{{message}}"), 200, &one);
    let one = api.act(&format!("{thread}/turns/{turn}/cancel")).await.is(200);
    check(&document, "post", &format!("{t}/turns/{{turn}}/cancel"), 200, &one);
    for act in ["close", "reopen", "cancel"] {
        let done = api.act(&format!("{thread}/{act}")).await.is(200);
        check(&document, "post", &format!("{t}/{act}"), 200, &done);
    }
    let file = reply(api.request(Method::POST, "/attachments?name=a").body("x")).await.is(201);
    check(&document, "post", "/attachments", 201, &file);
    for list in ["/audit", "/models", "/limits"] {
        check(&document, "get", list, 200, &api.get(list).await.is(200));
    }
    check(&document, "get", t, 404, &api.get("/threads/x").await.is(404));
    check(
        &document,
        "patch",
        "/agents/{agent}",
        409,
        &api.patch("/agents/default", json!({"name": "x"})).await.is(409),
    );
}

#[tokio::test]
async fn what_a_stream_shows_is_what_the_document_says() {
    let (document, api) = (document(), Api::start().await);
    let script =
        Reply { thinking: Some("hm hm".into()), text: Some("a b".into()), chunks: Some(2), ..Reply::default() };
    api.test().script(vec![Reply { delay_ms: Some(100), ..script }]).await;
    let thread = api.thread().await;
    let mut stream = api.stream(&thread, "?after=0").await;
    api.say(&thread, "x").await;
    let events = stream.until("turn.completed").await;
    assert!(events.iter().any(|event| event.event == "message.delta"));
    let schema = schema_of(&document, "get", "/threads/{thread}/events", 200, "text/event-stream");
    for event in events {
        assert_eq!(faults(&document, schema, &event.data, ""), Vec::<String>::new(), "{}", event.data);
    }
}

#[tokio::test]
async fn the_server_serves_the_document_and_every_path_of_it() {
    let api = Api::start().await;
    let served = reply(api.bare(Method::GET, "/openapi/native.json")).await.is(200);
    assert_eq!(served, document());
    for (path, item) in served["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let path = path.replace('{', "%7B").replace('}', "%7D");
            let answer = reply(api.bare(method.to_uppercase().parse().unwrap(), &path)).await;
            assert_eq!(answer.refused(401), "unauthorized", "{method} {path}");
        }
    }
    assert_eq!(Native.name(), "native");
}
