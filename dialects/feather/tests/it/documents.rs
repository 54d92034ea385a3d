//! The OpenAPI document says what the vendor's does, and what the door answers.

use dialect_feather::Feather;
use dialect_kit::openapi;
use serde_json::{Value, json};

use crate::client::{Door, keys};

fn document() -> Value {
    serde_json::from_slice(&openapi::json(&openapi::document(&Feather)).expect("a document")).expect("JSON")
}

/// The schema of that name, without words for people.
fn schema(name: &str) -> Value {
    fn bare(value: &Value) -> Value {
        match value {
            Value::Object(object) => {
                let rest = object.iter().filter(|(name, value)| !(*name == "description" && value.is_string()));
                Value::Object(rest.map(|(name, value)| (name.clone(), bare(value))).collect())
            }
            Value::Array(elements) => elements.iter().map(bare).collect(),
            scalar => scalar.clone(),
        }
    }
    bare(&document()["components"]["schemas"][name])
}

#[test]
fn a_sends_body_and_answer_are_the_contracts() {
    assert_eq!(
        schema("SendMessageBody"),
        json!({"type": "object", "properties": {"message": {"type": "string", "minLength": 1}}, "required": ["message"]})
    );
    let answer = schema("SendMessageResponse");
    assert_eq!(answer["required"], json!(["status", "threadId", "messageId", "windowExpiresIn"]));
    let types =
        ["status", "threadId", "messageId", "windowExpiresIn"].map(|name| answer["properties"][name]["type"].clone());
    assert_eq!(types, [json!("string"), json!("string"), json!("string"), json!("number")]);
    let error = schema("ErrorResponse");
    assert_eq!(error["required"], json!(["status", "message", "code", "success"]));
}

#[test]
fn every_operation_and_its_refusals_are_documented() {
    let document = document();
    let paths = &document["paths"];
    assert_eq!(
        keys(paths),
        [
            "/api/v1/chat/agents/{agentId}/widget",
            "/api/v1/chat/identify",
            "/api/v1/chat/threads",
            "/api/v1/chat/threads/{threadId}",
            "/api/v1/chat/threads/{threadId}/ask",
            "/api/v1/chat/threads/{threadId}/attachments",
            "/api/v1/chat/threads/{threadId}/contact",
            "/api/v1/chat/threads/{threadId}/identity",
            "/api/v1/chat/threads/{threadId}/logout",
            "/api/v1/chat/threads/{threadId}/messages",
            "/api/v1/chat/threads/{threadId}/messages/{messageId}/read",
            "/api/v1/chat/threads/{threadId}/read",
            "/api/v1/chat/threads/{threadId}/stream",
            "/api/v1/chat/threads/{threadId}/stream-ticket",
            "/api/v1/chat/threads/{threadId}/token",
            "/api/v1/chat/threads/{threadId}/typing",
            "/api/v1/threads",
            "/api/v1/threads/web",
            "/api/v1/threads/{threadId}",
            "/api/v1/threads/{threadId}/close",
            "/api/v1/threads/{threadId}/messages",
            "/api/v1/threads/{threadId}/messages/{messageId}/read",
            "/api/v1/threads/{threadId}/stream",
        ]
    );
    let messages = &paths["/api/v1/threads/{threadId}/messages"];
    for status in ["200", "400", "403", "404", "405", "413", "415", "429", "500", "503"] {
        assert!(messages["post"]["responses"][status].is_object(), "{status}");
    }
    assert!(messages["post"]["responses"]["401"].is_null() && messages["post"]["responses"]["422"].is_null());
    assert_eq!(messages["post"]["parameters"][0]["schema"], json!({"type": "string", "format": "uuid"}));
    let stream = &paths["/api/v1/threads/{threadId}/stream"]["get"];
    assert_eq!(stream["responses"]["200"]["content"]["text/event-stream"]["schema"]["type"], "string");
    assert_eq!(document["components"]["securitySchemes"]["ApiKey"]["in"], "header");
}

#[tokio::test]
async fn a_pages_schema_names_exactly_the_fields_of_a_page() {
    let door = Door::open().await;
    door.send(&json!({"message": "x"})).await;
    door.server.test.settle(door.thread).await;
    let page = door.list("").await.json();
    let message = &page["thread"]["messages"][0];
    for (name, value) in [
        ("ThreadMessages", &page["thread"]),
        ("AgentDetails", &page["thread"]["agentDetails"]),
        ("Pagination", &page["thread"]["pagination"]),
        ("ThreadMessage", message),
    ] {
        let schema = schema(name);
        assert_eq!(keys(&schema["properties"]), keys(value));
        let mut required: Vec<&str> =
            schema["required"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        required.sort_unstable();
        assert_eq!(required, keys(value));
    }
}
