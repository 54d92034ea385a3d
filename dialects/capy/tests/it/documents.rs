//! The OpenAPI document says what the vendor's does.

use dialect_capy::Capy;
use dialect_kit::{openapi, testing::differences};
use serde_json::{Value, json};

use crate::{
    client::keys,
    send::{MODELS, REASONING},
};

fn document() -> Value {
    serde_json::from_slice(&openapi::json(&openapi::document(&Capy)).expect("a document")).expect("JSON")
}

/// The schema with what refers to another one put in its place, and without words for people.
fn resolved(document: &Value, schema: &Value) -> Value {
    match schema {
        Value::Object(object) => match object.get("$ref").and_then(Value::as_str) {
            Some(reference) => resolved(document, document.pointer(&reference[1..]).expect("a schema that is there")),
            None => {
                let of_words = |(name, value): &(&String, &Value)| *name == "description" && value.is_string();
                let rest = object.iter().filter(|entry| !of_words(entry));
                Value::Object(rest.map(|(name, value)| (name.clone(), resolved(document, value))).collect())
            }
        },
        Value::Array(elements) => elements.iter().map(|element| resolved(document, element)).collect(),
        scalar => scalar.clone(),
    }
}

fn schema(name: &str) -> Value {
    let document = document();
    let found = resolved(&document, &document["components"]["schemas"][name]);
    assert!(!found.to_string().contains("allOf"), "{found}");
    assert!(found.is_object(), "{name}");
    found
}

#[test]
fn the_body_of_a_send_is_the_contracts_with_its_two_extensions() {
    let model = json!({"type": "string", "enum": MODELS});
    let speed = json!({"type": "string", "enum": ["fast", "standard"]});
    let reasoning = json!({
        "type": "object", "properties": {"mode": {"type": "string", "enum": REASONING}},
        "required": ["mode"], "additionalProperties": false,
    });
    let pattern = r"^(?!\.)(?!.*\.\.)([A-Za-z0-9_'+\-\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$";
    let expected = json!({
        "type": "object",
        "properties": {
            "impersonateUserEmail": {"type": "string", "format": "email", "pattern": pattern},
            "message": {"type": "string", "minLength": 1},
            "model": model, "speed": speed, "reasoning": reasoning,
            "buildModel": model, "buildSpeed": speed, "buildReasoning": reasoning,
            "browserSnapshotIds": {"type": "array", "items": {"type": "string"}},
            "attachmentUrls": {"type": "array", "items": {"type": "string", "format": "uri"}},
            "messageId": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"^[\x21-\x7e]+$"},
            "mode": {"type": "string", "enum": ["interrupt", "queue"]},
        },
        "required": ["message"],
        "additionalProperties": false,
    });
    let found = schema("SendThreadMessageBody");
    for name in keys(&expected["properties"]) {
        assert_eq!(found["properties"][name], expected["properties"][name], "{name}");
    }
    assert_eq!(found, expected);
}

#[test]
fn the_answers_are_the_contracts() {
    assert_eq!(
        schema("SendMessageResponse"),
        json!({
            "type": "object",
            "properties": {"id": {"type": "string"}, "status": {"type": "string", "enum": ["sent"]}},
            "required": ["id", "status"], "additionalProperties": false,
        })
    );
    let source = json!({"type": "string", "enum": ["user", "assistant"]});
    let item = json!({
        "type": "object",
        "properties": {
            "id": {"type": "string"}, "source": source, "content": {"type": "string"}, "createdAt": {"type": "string"},
        },
        "required": ["id", "source", "content", "createdAt"], "additionalProperties": false,
    });
    assert_eq!(
        schema("ListMessagesResponse"),
        json!({
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": item}, "nextCursor": {"type": ["string", "null"]},
                "hasMore": {"type": "boolean"},
            },
            "required": ["items", "nextCursor", "hasMore"], "additionalProperties": false,
        })
    );
    let error = schema("ErrorResponse");
    assert_eq!((&error["required"], &error["additionalProperties"]), (&json!(["error"]), &json!(false)));
    assert_eq!(error["properties"]["error"]["required"], json!(["code", "message"]));
    assert_eq!(error["properties"]["error"]["additionalProperties"], false);
}

#[test]
fn a_snapshots_state_is_documented_to_its_last_field() {
    let body = schema("CreateBrowserSnapshotBody");
    assert_eq!((&body["required"], &body["additionalProperties"]), (&json!(["name", "storageState"]), &json!(false)));
    let cookie = &body["properties"]["storageState"]["properties"]["cookies"]["items"];
    let fields = ["name", "value", "domain", "path", "expires", "httpOnly", "secure", "sameSite"];
    assert_eq!((&cookie["required"], &cookie["additionalProperties"]), (&json!(fields), &json!(false)));
    assert_eq!(cookie["properties"]["sameSite"], json!({"type": "string", "enum": ["Strict", "Lax", "None"]}));
    let detail = schema("BrowserSnapshotDetail");
    let fields =
        ["id", "projectId", "name", "domains", "isPrivate", "isDefault", "createdAt", "updatedAt", "storageState"];
    assert_eq!(detail["required"], json!(fields));
    assert_eq!(detail["properties"]["storageState"]["oneOf"][1], json!({"type": "null"}));
}

/// Capy's document of 2026-06-26, without words for people.
pub fn contract() -> Value {
    serde_json::from_str(include_str!("../contract-2026-06-26.json")).expect("JSON")
}

/// What stands in every operation: the doors answer it in Capy's schema.
const ADDED: [&str; 5] = ["400", "405", "429", "431", "503"];
/// And where a body is taken.
const ADDED_WITH_BODY: [&str; 3] = ["408", "413", "415"];
/// And what every POST has, so that it can be repeated.
const ADDED_TO_POSTS: [&str; 2] = [": adds header Idempotency-Key", ": adds the status 409"];

#[test]
fn the_document_is_the_vendors_but_for_what_is_listed_here() {
    let ours = document();
    let found = differences(&contract(), &ours, |path| format!("/api{path}"));
    let added = |line: &&String| {
        let all = ADDED.iter().chain(&ADDED_WITH_BODY);
        let is_of_posts = line.starts_with("POST ") && ADDED_TO_POSTS.iter().any(|what| line.ends_with(what));
        is_of_posts || all.into_iter().any(|status| line.ends_with(&format!(": adds the status {status}")))
    };
    let rest: Vec<&String> = found.iter().filter(|line| !added(line)).collect();
    assert_eq!(
        rest,
        [
            // Ours.
            "GET /v1/threads/{threadId}/messages: adds the status 304",
            // Of a machine in a cloud: 404.
            "GET /v1/threads/{threadId}/session-token: is missing",
            "GET /v1/threads/{threadId}: adds the status 304",
            // Of the revision of 2026-07-10.
            "POST /v1/threads/{threadId}/message: adds body.messageId",
            "POST /v1/threads/{threadId}/message: adds body.mode",
        ]
    );
    for (path, method) in [("/api/v1/threads", "post"), ("/api/v1/threads", "get")] {
        for status in ADDED {
            assert!(ours["paths"][path][method]["responses"][status].is_object(), "{method} {path} {status}");
        }
    }
}

#[test]
fn every_operation_stands_under_both_bases_and_each_name_once() {
    let document = document();
    let (api, bare): (Vec<&str>, Vec<&str>) =
        keys(&document["paths"]).into_iter().partition(|path| path.starts_with("/api/v1/"));
    let mut under_api: Vec<&str> = api.iter().filter_map(|path| path.strip_prefix("/api")).collect();
    // Another dialect's where there is no `/api`.
    under_api.retain(|path| *path != "/v1/models");
    assert_eq!(under_api, bare);
    assert_eq!(bare.len(), 16);
    let operation = &document["paths"]["/api/v1/threads/{threadId}/message"]["post"];
    assert_eq!((&operation["operationId"], &operation["tags"]), (&json!("sendThreadMessage"), &json!(["threads"])));
    for path in bare {
        let item = &document["paths"][path];
        for method in keys(item) {
            let name = item[method]["operationId"].as_str().expect("a name");
            assert_eq!(document["paths"][format!("/api{path}")][method]["operationId"], name.trim_end_matches("Bare"));
            assert!(name.ends_with("Bare"), "{method} {path}");
        }
    }
    for status in ["200", "401", "403", "404", "405", "409", "413", "415", "422", "429", "500", "503"] {
        assert!(operation["responses"][status].is_object(), "{status}");
    }
}
