//! As much of JSON Schema as the documents' error bodies need.

use serde_json::Value;

/// What of the value is not as the schema has it; nothing when all is.
pub fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(document, schema, value, "body", &mut found);
    found
}

fn walk(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#')).expect("a reference within the document");
        return walk(document, target, value, at, found);
    }
    let is_one_of = |key: &str| schema[key].as_array();
    for part in is_one_of("allOf").into_iter().flatten() {
        walk(document, part, value, at, found);
    }
    for choices in ["oneOf", "anyOf"].into_iter().filter_map(is_one_of) {
        if !choices.iter().any(|choice| faults(document, choice, value).is_empty()) {
            found.push(format!("{at} is none of what it may be: {value}"));
        }
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect::<Vec<_>>(),
    };
    if !types.is_empty() && !types.iter().any(|kind| is_of(kind, value)) {
        found.push(format!("{at} is no {types:?}: {value}"));
    }
    if schema["enum"].as_array().is_some_and(|allowed| !allowed.contains(value)) {
        found.push(format!("{at} is none of {}: {value}", schema["enum"]));
    }
    if let Some(object) = value.as_object() {
        fields(document, schema, object, at, found);
    }
    if let (Some(elements), true) = (value.as_array(), schema["items"].is_object()) {
        for (i, element) in elements.iter().enumerate() {
            walk(document, &schema["items"], element, &format!("{at}.{i}"), found);
        }
    }
}

fn fields(
    document: &Value,
    schema: &Value,
    object: &serde_json::Map<String, Value>,
    at: &str,
    found: &mut Vec<String>,
) {
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(name) {
            found.push(format!("{at}.{name} is missing"));
        }
    }
    for (name, value) in object {
        match &schema["properties"][name] {
            Value::Null if schema["additionalProperties"] == false => found.push(format!("{at}.{name} is not known")),
            Value::Null => {}
            schema => walk(document, schema, value, &format!("{at}.{name}"), found),
        }
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("a schema of type {other}"),
    }
}

#[test]
fn each_way_to_differ_is_seen() {
    let document = serde_json::json!({"a": {"type": "object", "required": ["n"], "additionalProperties": false,
        "properties": {"n": {"type": "integer"}, "list": {"type": "array", "items": {"enum": ["x", null]}}}}});
    let schema = serde_json::json!({"$ref": "#/a"});
    for (value, expected) in [
        (serde_json::json!({"n": 1, "list": ["x", null]}), 0),
        (serde_json::json!({"n": "1"}), 1),
        (serde_json::json!({}), 1),
        (serde_json::json!({"n": 1, "m": 1}), 1),
        (serde_json::json!({"n": 1, "list": ["y", 1]}), 2),
        (serde_json::json!([]), 1),
    ] {
        let found = faults(&document, &schema, &value);
        assert_eq!(found.len(), expected, "{value}: {found:?}");
    }
}
