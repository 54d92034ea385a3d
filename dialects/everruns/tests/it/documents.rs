//! The OpenAPI document: true to the routes and to the contract.

use std::collections::BTreeSet;

use dialect_everruns::Everruns;
use dialect_kit::{openapi, testing::differences};
use serde_json::Value;

fn document() -> Value {
    let document = openapi::document(&Everruns::default());
    serde_json::from_slice(&openapi::json(&document).unwrap()).unwrap()
}

#[test]
fn every_path_stands_under_both_prefixes_with_an_operation_of_its_own() {
    let document = document();
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    for path in ["/v1/sessions/{session_id}/messages", "/v1/sessions/{session_id}/sse", "/v1/images/{image_id}"] {
        assert!(paths.iter().any(|p| *p == path) && paths.iter().any(|p| **p == format!("/api{path}")), "{paths:?}");
    }
    let operations: Vec<&str> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .filter_map(|operation| operation["operationId"].as_str())
        .collect();
    assert_eq!(operations.iter().collect::<BTreeSet<_>>().len(), operations.len(), "{operations:?}");
    assert_eq!(operations.len(), 2 * 45);
}

#[test]
fn the_contracts_statuses_and_content_types_are_documented() {
    let document = document();
    let create = &document["paths"]["/v1/sessions/{session_id}/messages"]["post"]["responses"];
    for status in ["201", "400", "401", "403", "404", "405", "409", "413", "415", "429", "500", "503"] {
        assert!(create[status].is_object(), "{status}: {create}");
    }
    assert!(create["404"]["content"]["application/problem+json"].is_object());
    let stream = &document["paths"]["/v1/sessions/{session_id}/sse"]["get"]["responses"]["200"]["content"];
    assert!(stream["text/event-stream"].is_object(), "{stream}");
}

#[test]
fn the_schemas_have_the_contracts_fields() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let check = |name: &str, required: &[&str], optional: &[&str]| {
        let schema = &schemas[name];
        let properties: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let all: BTreeSet<&str> = required.iter().chain(optional).copied().collect();
        assert_eq!(properties, all, "{name}");
        let needed: BTreeSet<&str> =
            schema["required"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
        assert_eq!(needed, required.iter().copied().collect(), "{name}");
    };
    check(
        "CreateMessageRequest",
        &["message"],
        &["controls", "metadata", "tags", "external_actor", "addressed_participant_id", "client_message_id"],
    );
    check(
        "Message",
        &["id", "session_id", "sequence", "role", "content", "created_at"],
        &["controls", "metadata", "external_actor", "phase", "thinking", "thinking_signature"],
    );
    check("InputMessage", &["content"], &["role"]);
    check("ExternalActor", &["actor_id", "source"], &["actor_name", "metadata"]);
    check("EventInputMessage", &["id", "type", "ts", "session_id", "context", "data"], &["sequence", "tags"]);
    check("ErrorResponse", &["title", "status", "code", "detail", "error"], &["retry_after_seconds"]);
    let roles = &schemas["MessageRole"]["enum"];
    assert_eq!(*roles, serde_json::json!(["system", "user", "agent", "tool_result"]));
    check("ContentPartImage", &["type"], &["base64", "media_type", "url"]);
}

/// Where our document is knowingly not the vendor's, and why, is in `differences.txt`: under each reason what differs, whichever
/// operation it is in; what is missing stands there with its operation. What the doors and the extractors refuse stands in every operation and is not repeated there.
#[test]
fn the_document_is_the_vendors_but_for_what_is_known() {
    const DOORS: [&str; 10] = ["400", "401", "403", "405", "408", "413", "415", "429", "431", "503"];
    let vendor: Value = serde_json::from_str(include_str!("../contract.json")).unwrap();
    let added = |line: &String| DOORS.iter().any(|status| line.ends_with(&format!("adds the status {status}")));
    let anywhere = |line: String| {
        let (operation, what) = line.split_once(": ").expect("an operation");
        let what = ["200.data[].", "200.", "201."]
            .iter()
            .fold(what.to_owned(), |what, status| what.replace(status, "answer."));
        match what == "is missing" || what.starts_with("lacks ") {
            true => format!("{operation}: {what}"),
            false => what,
        }
    };
    let differences = differences(&vendor, &document(), str::to_owned);
    let found: BTreeSet<String> = differences.into_iter().filter(|line| !added(line)).map(anywhere).collect();
    let lines = include_str!("../differences.txt").lines();
    let known: BTreeSet<String> =
        lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect();
    let new: Vec<&String> = found.difference(&known).collect();
    let gone: Vec<&String> = known.difference(&found).collect();
    assert!(new.is_empty() && gone.is_empty(), "new: {new:#?}\ngone: {gone:#?}");
}
