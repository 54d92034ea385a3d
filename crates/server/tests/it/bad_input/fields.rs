//! What can be wrong with the fields of a JSON body, by what the document says of them.

use serde_json::{Map, Value, json};

use super::{
    classes::{Case, Good},
    world::World,
};

/// How deep fields are looked for: a field of a field of a field.
const DEPTH: usize = 3;
/// Longer values than this would be refused for their size alone.
const CHARS_MAX: u64 = 20_000;
const ELEMENTS_MAX: u64 = 2_000;
/// Fields that hold addresses, of which headers are made.
const ADDRESSES: [&str; 9] =
    ["to", "cc", "bcc", "from", "emails", "contacts", "email", "impersonateUserEmail", "reply_to"];
/// Fields of which headers are made, or names of things.
const HEADERS: [&str; 8] = [
    "subject",
    "mailbox_id",
    "ext_msg_id",
    "reply_to_ext_msg_id",
    "external_id",
    "messageId",
    "client_message_id",
    "client_id",
];

pub fn add(world: &World, good: &Good<'_>, cases: &mut Vec<Case>) {
    let Some(value) = good.value.as_ref().filter(|_| good.operation.takes("application/json")) else { return };
    let document = &world.documents[good.operation.dialect];
    let schema = resolved(document, good.operation.schema());
    let mut wrong = Vec::new();
    object(document, schema, &Place { root: value, path: Vec::new() }, &mut wrong);
    let door = good.door();
    for (class, body) in wrong {
        let refused =
            if class.ends_with("is no UUID") { vec![door.invalid, door.malformed_id] } else { vec![door.invalid] };
        cases.push(Case { body: body.to_string().into_bytes(), ..good.case(class, &refused) });
    }
}

/// Where in the body something stands.
struct Place<'v> {
    /// The good body.
    root: &'v Value,
    path: Vec<String>,
}

impl Place<'_> {
    fn below(&self, name: &str) -> Self {
        Self { root: self.root, path: [&self.path[..], &[name.to_owned()]].concat() }
    }

    /// The body with this in the place; what is missing on the way is made.
    fn holding(&self, value: Option<Value>) -> Value {
        let mut body = self.root.clone();
        set(&mut body, &self.path, value);
        body
    }

    fn name(&self) -> String {
        self.path.join(".")
    }
}

/// `[]` in a path is the first element of a list.
fn set(at: &mut Value, path: &[String], value: Option<Value>) {
    let [first, rest @ ..] = path else {
        *at = value.unwrap_or_default();
        return;
    };
    if first == "[]" {
        if at.as_array().is_none_or(Vec::is_empty) {
            *at = json!([null]);
        }
        return set(&mut at[0], rest, value);
    }
    if !at.is_object() {
        *at = Value::Object(Map::new());
    }
    let object = at.as_object_mut().expect("it was made one");
    match (rest, &value) {
        ([], None) => drop(object.remove(first)),
        _ => set(object.entry(first.clone()).or_insert(Value::Null), rest, value),
    }
}

fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => {
            let target = document.pointer(reference.trim_start_matches('#')).expect("a reference within the document");
            resolved(document, target)
        }
        None => schema,
    }
}

/// What a value may be: the schema itself, or each of its choices.
fn choices<'d>(document: &'d Value, schema: &'d Value) -> Vec<&'d Value> {
    let schema = resolved(document, schema);
    let below = ["oneOf", "anyOf", "allOf"].iter().filter_map(|key| schema[*key].as_array()).flatten();
    let below: Vec<&Value> = below.flat_map(|choice| choices(document, choice)).collect();
    if below.is_empty() { vec![schema] } else { below }
}

fn object(document: &Value, schema: &Value, place: &Place<'_>, wrong: &mut Vec<(String, Value)>) {
    let schema = match choices(document, schema).into_iter().find(|choice| choice["properties"].is_object()) {
        Some(schema) if place.path.len() < DEPTH => schema,
        _ => return,
    };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let place = place.below(name);
        wrong.push((format!("{} is missing", place.name()), place.holding(None)));
    }
    if schema["additionalProperties"] == false {
        let place = place.below("unknown_to_all");
        wrong.push((format!("{} is not known", place.name()), place.holding(Some(1.into()))));
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        values(document, schema, &place.below(name), wrong);
    }
}

/// What is wrong for one field, and for what stands below it.
fn values(document: &Value, schema: &Value, place: &Place<'_>, wrong: &mut Vec<(String, Value)>) {
    let choices = choices(document, schema);
    let is_any = choices.iter().any(|choice| choice["type"].is_null() && choice["enum"].is_null());
    if is_any {
        return;
    }
    let kinds: Vec<&str> = choices.iter().flat_map(|choice| kinds(choice)).collect();
    let mut add =
        |what: &str, value: Value| wrong.push((format!("{} is {what}", place.name()), place.holding(Some(value))));
    for (kind, value) in [
        ("null", Value::Null),
        ("boolean", json!(true)),
        ("number", json!(1.5)),
        ("string", json!("neighbour")),
        ("array", json!([])),
        ("object", json!({})),
    ] {
        if !kinds.contains(&kind) {
            add(&format!("of the kind {kind}"), value);
        }
    }
    if kinds.contains(&"integer") && !kinds.contains(&"string") {
        add("a number in quotes", json!("1"));
        add("beyond 64 bits", json!(1e30));
    }
    if kinds.contains(&"string") {
        add("a text with NUL", json!("a\0b"));
    }
    let closed = choices.iter().all(|choice| choice["enum"].is_array() || choice["type"] == "null");
    if closed {
        add("a neighbour", json!("neighbour"));
        add("an empty word", json!(""));
    }
    if let [only] = choices.iter().filter(|choice| choice["type"] != "null").collect::<Vec<_>>()[..] {
        edges(only, &mut add);
    }
    headers(place, &kinds, &mut add);
    for choice in &choices {
        object(document, choice, place, wrong);
        if choice["items"].is_object() && place.path.len() < DEPTH {
            values(document, &choice["items"], &place.below("[]"), wrong);
        }
    }
}

fn kinds(schema: &Value) -> Vec<&str> {
    let mut kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    for value in schema["enum"].as_array().into_iter().flatten() {
        kinds.push(match value {
            Value::Number(_) => "integer",
            Value::Null => "null",
            _ => "string",
        });
    }
    kinds
}

/// One past each end that the schema tells of.
fn edges(schema: &Value, add: &mut impl FnMut(&str, Value)) {
    let bound = |name: &str, most: u64| schema[name].as_u64().filter(|edge| *edge <= most);
    if let Some(edge) = bound("maxLength", CHARS_MAX) {
        add("too long by one", json!("a".repeat(edge as usize + 1)));
    }
    if bound("minLength", CHARS_MAX).is_some_and(|edge| edge > 0) {
        add("empty", json!(""));
    }
    if let Some(edge) = bound("maxItems", ELEMENTS_MAX) {
        add("a list with one too many", json!(vec!["a"; edge as usize + 1]));
    }
    if bound("minItems", ELEMENTS_MAX).is_some_and(|edge| edge > 0) {
        add("an empty list", json!([]));
    }
    if let Some(edge) = schema["minimum"].as_i64() {
        add("too small by one", json!(edge - 1));
    }
    if let Some(edge) = schema["maximum"].as_i64() {
        add("too large by one", json!(edge + 1));
    }
    if schema["pattern"].is_string() {
        add("not as its pattern has it", json!("\u{202e}?"));
    }
    match schema["format"].as_str() {
        Some("uuid") => add("no UUID", json!("0199a0b0-0000-7000-8000-00000000000g")),
        Some("email") => add("no address", json!("ann@@example.com")),
        Some("uri") => add("no URL", json!("ht tp://example.com")),
        Some("date-time") => add("no time", json!("yesterday")),
        _ => {}
    }
}

/// What would end up in a header.
fn headers(place: &Place<'_>, kinds: &[&str], add: &mut impl FnMut(&str, Value)) {
    let name = place.path.iter().rev().find(|name| *name != "[]").map(String::as_str).unwrap_or_default();
    let is_address = ADDRESSES.contains(&name);
    if !kinds.contains(&"string") || !(is_address || HEADERS.contains(&name)) {
        return;
    }
    for (what, text) in [
        ("a text with a header behind it", "ann@example.com\r\nBcc: eve@example.com"),
        ("a text with a line break", "ann@example.com\n"),
        ("a text with a bare return", "ann\r@example.com"),
        ("a text with a line separator", "ann@example.com\u{2028}"),
    ] {
        add(what, json!(text));
    }
    if is_address {
        add("a group", json!("friends: ann@example.com, ben@example.com;"));
        add("a thousand addresses", json!(vec!["ann@example.com"; 1_000].join(", ")));
        add("an address of 400 characters", json!(format!("{}@example.com", "a".repeat(400))));
    }
}
