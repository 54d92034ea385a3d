//! Schemas of fields with rules beyond their JSON type, as in Capy's document.

use serde_json::{Value, json};
use utoipa::openapi::{
    Object, ObjectBuilder, RefOr, Schema, SchemaFormat,
    schema::{Array, ArrayBuilder, Type},
};

use super::{
    field::{DATE_TIME, EMAIL, TAGS_MAX},
    model::{MODELS, listed_names},
};

/// The possible payers.
const ROUTED: [&str; 8] = [
    "paid",
    "no_cost",
    "oss",
    "external_copilot",
    "external_codex",
    "external_byok",
    "external_azure",
    "external_unknown",
];

pub fn email() -> Object {
    formatted("email").pattern(Some(EMAIL)).build()
}

pub fn model() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(MODELS)).build()
}

pub fn listed_model() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(listed_names())).build()
}

pub fn tag() -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(64));
    text.pattern(Some("^[a-z0-9][a-z0-9_-]{0,63}$")).build()
}

pub fn tags() -> Array {
    ArrayBuilder::new().items(tag()).max_items(Some(TAGS_MAX)).build()
}

pub fn date_time() -> Object {
    formatted("date-time").pattern(Some(DATE_TIME)).build()
}

pub fn routed() -> Object {
    let words = ROUTED.iter().copied().chain(["all"]);
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).default(Some("paid".into())).build()
}

/// `UsageResponse.items.diffSummaryByMode`.
pub fn diff_summary() -> RefOr<Schema> {
    let number = json!({"type": "number"});
    let text = json!({"type": "string"});
    let summary = json!({
        "type": "object",
        "properties": {
            "additions": number, "deletions": number, "hasChanges": {"type": "boolean"}, "generatedAt": text,
            "baselineRef": text, "fileCount": number, "changedFiles": {"type": "array", "items": text},
        },
        "required": ["additions", "deletions", "hasChanges", "generatedAt", "baselineRef"],
        "additionalProperties": false,
    });
    let modes = json!({
        "type": "object", "properties": {"uncommitted": summary, "pr": summary, "run": summary},
        "additionalProperties": false,
    });
    constant(json!({"anyOf": [modes, {"type": "null"}]}))
}

/// `UsageResponse.items.routedSpendDollars`.
pub fn routed_spend() -> RefOr<Schema> {
    let spend = json!({
        "type": "object", "propertyNames": {"type": "string", "enum": ROUTED},
        "additionalProperties": {"type": "number"},
    });
    constant(json!({"anyOf": [spend, {"type": "null"}]}))
}

pub fn constant(json: Value) -> RefOr<Schema> {
    serde_json::from_value(json).expect("a schema that is a constant")
}

pub fn uris() -> Array {
    ArrayBuilder::new().items(formatted("uri")).build()
}

fn formatted(format: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::Custom(format.into())))
}
