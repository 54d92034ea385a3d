//! The OpenAPI document: whole, and true of what is answered.

use std::collections::BTreeSet;

use dialect_kit::{Surface, openapi};
use dialect_native::Native;
use domain::{event::Event, script::Reply};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
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
    let conflicting = [
        "/agents/{agent}",
        "patch /threadline/v1/members/",
        "delete /threadline/v1/members/",
        "patch /threadline/v1/customers/",
        "patch /threadline/v1/threads/{thread}/messages/",
        "/threadline/v1/providers/{provider}",
        "/threadline/v1/routes/{route}",
        "put /threadline/v1/threads/{thread}/assignee",
        "patch /threadline/v1/saved-replies/",
    ];
    conflicting.iter().any(|one| shown.contains(one))
}

/// Whether it is about a claimed turn: each call of its program has a number.
fn is_of_a_program(path: &str) -> bool {
    path.starts_with("/threadline/v1/turns/{turn}/")
}

/// Whether it stores nothing, or has no sender whose key it could be.
fn is_another_each_time(path: &str) -> bool {
    let makers = [
        "/threads/{thread}/tokens",
        "/threads/{thread}/tickets",
        "/threads/{thread}/presence",
        "/customers/{customer}/tokens",
        "/guests",
        "/providers/{provider}/check",
        "/routes/{route}/check",
    ];
    makers.iter().any(|end| path.ends_with(end))
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
            let is_keyless = is_another_each_time(path) || path.starts_with("/threadline/v1/turns/");
            assert_eq!(keyed, method == "post" && !is_keyless, "{shown}");
            assert_eq!(
                operation["responses"]["409"].is_object(),
                keyed || is_of_a_program(path) || conflicts(&shown) && method != "get" && !is_another_each_time(path),
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
    let event = &document["components"]["schemas"]["Event"]["discriminator"];
    assert_eq!(event["propertyName"], "type");
    let mut kinds: Vec<&str> = event["mapping"].as_object().unwrap().keys().map(String::as_str).collect();
    let mut expect: Vec<&str> = Event::KINDS.iter().copied().chain(["message.delta", Event::INTERNAL]).collect();
    kinds.sort_unstable();
    expect.sort_unstable();
    assert_eq!(kinds, expect);
}

/// The server holds each of them against the document.
#[tokio::test]
async fn the_answers_are_what_the_document_says() {
    let (api, thread) = waiting().await;
    let state = json!({"cookies": [], "origins": []});
    for (template, body) in [
        ("/threads", json!({"title": "T", "metadata": {"a": 1}})),
        ("/agents", json!({"name": "a", "controls": {"speed": "fast"}, "tools": [{"name": "t", "kind": "client"}]})),
        ("/members", json!({"email": "ann@example.com", "name": "Ann"})),
        ("/projects", json!({"name": "p"})),
        ("/keys", json!({"name": "k", "scopes": ["read"], "expires_at": "2999-01-01T00:00:00Z"})),
        ("/browser-snapshots", json!({"name": "s", "storage_state": state})),
    ] {
        api.post(template, body).await.is(201);
        api.get(template).await.is(200);
        api.post(template, json!({"x": 1})).await.is(400);
    }
    let body = json!({"text": "x", "author": {"member": "ann@example.com"}, "controls": {"model": "gpt-5.5"}, "tags": ["a"], "when_busy": "steer"});
    let sent = api.post(&format!("{thread}/messages"), body).await.is(201);
    let results = json!({"results": [{"tool_call_id": "c1", "result": {}}, {"tool_call_id": "c2", "error": "e"}]});
    api.post(&format!("{thread}/tool-results"), results).await.is(200);
    api.settle(&thread).await;
    for path in ["", "/messages", "/events", "/turns"] {
        api.get(&format!("{thread}{path}")).await.is(200);
    }
    let (message, turn) = (text(&sent["message"]["id"]), text(&sent["turn"]["id"]));
    api.get(&format!("{thread}/messages/{message}")).await.is(200);
    api.act(&format!("{thread}/turns/{turn}/cancel")).await.is(200);
    for act in ["close", "reopen", "cancel"] {
        api.act(&format!("{thread}/{act}")).await.is(200);
    }
    reply(api.request(Method::POST, "/attachments?name=a").body("x")).await.is(201);
    for list in ["/audit", "/models", "/limits"] {
        api.get(list).await.is(200);
    }
    api.get("/threads/x").await.is(404);
    api.patch("/agents/default", json!({"name": "x"})).await.is(409);
}

#[tokio::test]
async fn what_a_stream_shows_is_what_the_document_says() {
    let api = Api::start().await;
    let script =
        Reply { thinking: Some("hm hm".into()), text: Some("a b".into()), chunks: Some(2), ..Reply::default() };
    api.test().script(vec![Reply { delay_ms: Some(100), ..script }]).await;
    let thread = api.thread().await;
    let mut stream = api.stream(&thread, "?after=0").await;
    api.say(&thread, "x").await;
    let events = stream.until("turn.completed").await;
    assert!(events.iter().any(|event| event.event == "message.delta"));
}

#[tokio::test]
async fn the_server_serves_the_document_and_every_path_of_it() {
    let api = Api::start().await;
    let served = reply(api.bare(Method::GET, "/openapi/native.json")).await.is(200);
    assert_eq!(served, document());
    for (path, item) in served["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["security"] == json!([]) {
                continue;
            }
            let path = path.replace('{', "%7B").replace('}', "%7D");
            let answer = reply(api.bare(method.to_uppercase().parse().unwrap(), &path)).await;
            assert_eq!(answer.refused(401), "unauthorized", "{method} {path}");
        }
    }
    assert_eq!(Native.name(), "native");
}
