//! Whether a value is what a schema of the OpenAPI document says: types, required and unknown properties, enums, and
//! exactly one of several. As much of JSON Schema as the document uses.

use serde_json::Value;

/// What is wrong with the value; nothing when it is right.
pub fn faults(document: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let schema = resolved(document, schema);
    if let Some(choices) = schema["oneOf"].as_array() {
        let fits = choices.iter().filter(|choice| faults(document, choice, value, path).is_empty()).count();
        return if fits == 1 { Vec::new() } else { vec![format!("{path}: fits {fits} of {}", choices.len())] };
    }
    let mut faults = Vec::new();
    if !has_type(&schema["type"], value) {
        faults.push(format!("{path}: {} is no {}", value, schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        faults.push(format!("{path}: {value} is none of {}", schema["enum"]));
    }
    if let (Some(items), Some(elements)) = (schema.get("items"), value.as_array()) {
        for (i, element) in elements.iter().enumerate() {
            faults.extend(self::faults(document, items, element, &format!("{path}.{i}")));
        }
    }
    faults.extend(object(document, schema, value, path));
    faults
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        None => schema,
        Some(reference) => {
            let found = document.pointer(reference.strip_prefix('#').expect("a local reference"));
            resolved(document, found.unwrap_or_else(|| panic!("{reference} leads nowhere")))
        }
    }
}

fn has_type(expected: &Value, value: &Value) -> bool {
    match expected {
        Value::Array(types) => types.iter().any(|one| has_type(one, value)),
        Value::String(one) => match one.as_str() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("no type of JSON: {other}"),
        },
        _ => true,
    }
}

/// All of an object's own properties and those of `allOf`.
fn properties<'a>(
    document: &'a Value,
    schema: &'a Value,
    into: &mut Vec<(&'a str, &'a Value)>,
    required: &mut Vec<&'a str>,
) {
    let schema = resolved(document, schema);
    into.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, schema)| (name.as_str(), schema)));
    required.extend(schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str));
    for part in schema["allOf"].as_array().into_iter().flatten() {
        properties(document, part, into, required);
    }
}

fn object(document: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let Some(fields) = value.as_object() else { return Vec::new() };
    let (mut known, mut required) = (Vec::new(), Vec::new());
    properties(document, schema, &mut known, &mut required);
    if known.is_empty() {
        // A map, whatever is in it.
        return Vec::new();
    }
    let choices: Vec<&Value> = schema["allOf"].as_array().into_iter().flatten().collect();
    let choice = choices.into_iter().map(|part| resolved(document, part)).find(|part| part["oneOf"].is_array());
    let mut faults: Vec<String> = Vec::new();
    for (name, field) in fields {
        match known.iter().find(|(own, _)| own == name) {
            Some((_, schema)) => faults.extend(self::faults(document, schema, field, &format!("{path}.{name}"))),
            None if choice.is_some() => {}
            None => faults.push(format!("{path}.{name}: unknown")),
        }
    }
    faults.extend(
        required.iter().filter(|name| !fields.contains_key(**name)).map(|name| format!("{path}.{name}: missing")),
    );
    if let Some(choice) = choice {
        let own = |(name, field): (&String, &Value)| {
            let known = known.iter().any(|(own, _)| own == name);
            (!known).then(|| (name.clone(), field.clone()))
        };
        let rest = Value::Object(fields.iter().filter_map(own).collect());
        faults.extend(self::faults(document, choice, &rest, path));
    }
    faults
}
