//! Compares our OpenAPI document with a vendor's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{conformance::Shape, openapi::EVENT_SCHEMA};

/// The largest integer of JavaScript. A bound with this value counts as none.
const SAFE_INTEGER: u64 = 9_007_199_254_740_991;

/// The differences of `ours` from the vendor's document, each as `METHOD /path: what`, sorted. `path` translates the
/// vendor's path to ours.
///
/// Each operation of the vendor must exist, with its parameters, its body, its statuses and the bodies of its 2xx.
/// Descriptions and examples are not compared. In requests, fields, their presence, enums and bounds must be equal. In
/// answers, each required field must exist and be required, and enums must be equal. Nothing may be added or null that
/// the vendor's clients do not expect.
pub fn differences(vendor: &Value, ours: &Value, path: impl Fn(&str) -> String) -> Vec<String> {
    let mut found = Vec::new();
    for (template, item) in object(&vendor["paths"]) {
        for (method, operation) in object(item).filter(|(method, _)| METHODS.contains(&method.as_str())) {
            let name = format!("{} {template}", method.to_uppercase());
            let own = &ours["paths"][path(template)][method];
            let mut compare = Comparison { vendor, ours, name, found: &mut found };
            match own.is_object() {
                false => compare.say("is missing"),
                true => compare.operation(operation, own),
            }
        }
    }
    found.sort();
    found
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

struct Comparison<'a> {
    vendor: &'a Value,
    ours: &'a Value,
    /// The operation.
    name: String,
    found: &'a mut Vec<String>,
}

/// The writer of a value that a schema describes.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Client,
    Server,
}

impl<'a> Comparison<'a> {
    fn say(&mut self, what: impl std::fmt::Display) {
        self.found.push(format!("{}: {what}", self.name));
    }

    fn operation(&mut self, vendor: &'a Value, ours: &'a Value) {
        self.parameters(vendor, ours);
        let (body, own) = (resolve(self.vendor, &vendor["requestBody"]), resolve(self.ours, &ours["requestBody"]));
        if body.is_object() != own.is_object() {
            self.say("only one of the two takes a body");
        } else if body.is_object() {
            if (body["required"] == true) != (own["required"] == true) {
                self.say("the body is required by one of the two");
            }
            self.content(body, own, By::Client, "body");
        }
        let (expected, own) = (statuses(vendor), statuses(ours));
        for status in expected.difference(&own) {
            self.say(format!("lacks the status {status}"));
        }
        for status in own.difference(&expected) {
            self.say(format!("adds the status {status}"));
        }
        for status in expected.intersection(&own).filter(|status| status.starts_with('2')) {
            let (answer, own) = (&vendor["responses"][status], &ours["responses"][status]);
            let (answer, own) = (resolve(self.vendor, answer), resolve(self.ours, own));
            self.content(answer, own, By::Server, status);
        }
    }

    fn parameters(&mut self, vendor: &'a Value, ours: &'a Value) {
        let (expected, own) = (parameters(self.vendor, vendor), parameters(self.ours, ours));
        for (place, parameter) in &expected {
            let Some(mine) = own.get(place) else {
                self.say(format!("lacks {place}"));
                continue;
            };
            if (parameter["required"] == true) != (mine["required"] == true) {
                self.say(format!("{place} is required by one of the two"));
            }
            self.schemas(&parameter["schema"], &mine["schema"], By::Client, place);
        }
        for place in own.keys().filter(|place| !expected.contains_key(*place)) {
            self.say(format!("adds {place}"));
        }
    }

    /// Compares the schemas of each content type that both name.
    fn content(&mut self, vendor: &'a Value, ours: &'a Value, by: By, place: &str) {
        for (kind, media) in object(&vendor["content"]) {
            match ours["content"].get(kind) {
                Some(own) => {
                    let own = own.get(EVENT_SCHEMA).unwrap_or(&own["schema"]);
                    self.schemas(&media["schema"], own, by, place);
                }
                None => self.say(format!("{place} is not {kind}")),
            }
        }
    }

    fn schemas(&mut self, vendor: &'a Value, ours: &'a Value, by: By, place: &str) {
        let (expected, own) = (Shape::of(self.vendor, vendor), Shape::of(self.ours, ours));
        if expected.types != own.types && !expected.types.is_empty() {
            return self.say(format!("{place} is {:?} and not {:?}", own.types, expected.types));
        }
        let null_is_new = match by {
            By::Client => expected.nullable && !own.nullable,
            By::Server => own.nullable && !expected.nullable && !expected.types.is_empty(),
        };
        if null_is_new {
            self.say(format!("{place} may be null for one of the two"));
        }
        if expected.values != own.values {
            self.say(format!("{place} has another enum"));
        }
        if by == By::Client {
            self.facts(&expected, &own, place);
        }
        self.properties(&expected, &own, by, place);
        if let (Some(items), Some(mine)) = (expected.items, own.items) {
            self.schemas(items, mine, by, &format!("{place}[]"));
        }
        self.choices(&expected, &own, by, place);
    }

    /// Compares choices with a `type` one by one, and others by their number.
    fn choices(&mut self, expected: &Shape<'a>, own: &Shape<'a>, by: By, place: &str) {
        let (vendors, ours) = (kinds(self.vendor, expected), kinds(self.ours, own));
        let (Some(vendors), Some(ours)) = (vendors, ours) else {
            if expected.choices.len() != own.choices.len() {
                self.say(format!("{place} has {} choices and not {}", own.choices.len(), expected.choices.len()));
            }
            return;
        };
        for (kind, choice) in &vendors {
            match ours.get(kind) {
                Some(mine) => self.schemas(choice, mine, by, &format!("{place}({kind})")),
                None => self.say(format!("lacks {place}({kind})")),
            }
        }
        for kind in ours.keys().filter(|kind| !vendors.contains_key(*kind)) {
            self.say(format!("adds {place}({kind})"));
        }
    }

    fn facts(&mut self, expected: &Shape<'_>, own: &Shape<'_>, place: &str) {
        let names: BTreeSet<_> = expected.facts.keys().chain(own.facts.keys()).collect();
        for name in names {
            let (expected, own) = (bound(expected, name), bound(own, name));
            if expected != own {
                let show = |fact: Option<Value>| fact.map_or("nothing".into(), |fact| fact.to_string());
                self.say(format!("{place} has the {name} {} and not {}", show(own), show(expected)));
            }
        }
    }

    fn properties(&mut self, expected: &Shape<'a>, own: &Shape<'a>, by: By, place: &str) {
        if expected.closed && !own.closed {
            self.say(format!("{place} is open to other fields"));
        }
        if own.properties.is_empty() && !expected.properties.is_empty() {
            return self.say(format!("{place} names none of its fields"));
        }
        for (name, property) in &expected.properties {
            let place = format!("{place}.{name}");
            let Some(mine) = own.properties.get(name) else {
                self.say(format!("lacks {place}"));
                continue;
            };
            let required = (expected.required.contains(name), own.required.contains(name));
            match (required, by) {
                ((true, false), _) => self.say(format!("{place} is not required")),
                ((false, true), By::Client) => self.say(format!("{place} is required")),
                _ => {}
            }
            self.schemas(property, mine, by, &place);
        }
        for name in own.properties.keys().filter(|name| !expected.properties.contains_key(*name)) {
            self.say(format!("adds {place}.{name}"));
        }
    }
}

/// The choices by the only value of their `type`. `None` if one has no such value, or two have the same.
fn kinds<'d>(document: &'d Value, shape: &Shape<'d>) -> Option<BTreeMap<String, &'d Value>> {
    let kind = |choice: &'d Value| {
        let values = Shape::of(document, Shape::of(document, choice).properties.get("type")?).values?;
        values.first().filter(|_| values.len() == 1).map(|kind| kind.trim_matches('"').to_owned())
    };
    let kinds: Option<BTreeMap<_, _>> = shape.choices.iter().map(|choice| Some((kind(choice)?, *choice))).collect();
    kinds.filter(|kinds| kinds.len() == shape.choices.len())
}

/// A bound, unless it has no effect.
fn bound(shape: &Shape<'_>, name: &str) -> Option<Value> {
    let says_nothing = |fact: &Value| {
        fact.as_i64().map(i64::unsigned_abs) == Some(SAFE_INTEGER) && (name == "minimum" || name == "maximum")
            || name == "format" && fact.as_str().is_some_and(|format| format.starts_with("int") || format == "double")
    };
    shape.facts.get(name).filter(|fact| !says_nothing(fact)).map(|fact| match fact.as_f64() {
        // 1 and 1.0 are the same number.
        Some(number) => number.into(),
        None => fact.clone(),
    })
}

fn statuses(operation: &Value) -> BTreeSet<String> {
    object(&operation["responses"]).map(|(status, _)| status.clone()).collect()
}

/// Parameters by place and name.
fn parameters<'d>(document: &'d Value, operation: &'d Value) -> BTreeMap<String, &'d Value> {
    let all = operation["parameters"].as_array().into_iter().flatten().map(|parameter| resolve(document, parameter));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.map(|parameter| (format!("{} {}", text(&parameter["in"]), text(&parameter["name"])), parameter)).collect()
}

fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).unwrap_or_else(|| panic!("{reference} is not there")),
        None => value,
    }
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "paths": {"/things/{id}": {"put": {
                "parameters": [
                    {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 20, "maximum": 100}},
                ],
                "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}}}},
                "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}},
            }}},
            "components": {"schemas": {
                "New": {
                    "type": "object", "required": ["name"], "additionalProperties": false,
                    "properties": {
                        "name": {"type": "string", "minLength": 1}, "kind": {"type": "string", "enum": ["a", "b"]},
                        "parts": {"type": "array", "items": {"oneOf": [part("text"), part("link")]}},
                    },
                },
                "Thing": {
                    "type": "object", "required": ["id", "next"], "additionalProperties": false,
                    "properties": {"id": {"type": "string"}, "next": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
                },
            }},
        })
    }

    fn part(kind: &str) -> Value {
        json!({
            "type": "object", "required": ["type", "value"],
            "properties": {"type": {"const": kind}, "value": {"type": "string", "maxLength": 9}},
        })
    }

    fn found(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut ours = document();
        change(&mut ours);
        let found = differences(&document(), &ours, str::to_owned);
        found.into_iter().map(|line| line.strip_prefix("PUT /things/{id}: ").unwrap_or(&line).to_owned()).collect()
    }

    #[test]
    fn two_spellings_of_one_contract_do_not_differ() {
        let same = found(|ours| {
            let schemas = &mut ours["components"]["schemas"];
            schemas["Thing"]["properties"]["next"] = json!({"type": ["string", "null"]});
            schemas["New"]["properties"]["kind"] = json!({"$ref": "#/components/schemas/Kind"});
            schemas["Kind"] = json!({"type": "string", "enum": ["b", "a"], "description": "Either"});
            schemas["Text"] = part("text");
            schemas["Text"]["properties"]["type"] = json!({"type": "string", "enum": ["text"]});
            schemas["New"]["properties"]["parts"]["items"] =
                json!({"anyOf": [part("link"), {"$ref": "#/components/schemas/Text"}]});
        });
        assert_eq!(same, Vec::<String>::new());
    }

    #[test]
    fn every_difference_is_said() {
        let at = "/components/schemas";
        for (pointer, value, expected) in [
            (format!("{at}/New/required"), json!([]), "body.name is not required"),
            (format!("{at}/New/required"), json!(["name", "kind"]), "body.kind is required"),
            (format!("{at}/New/additionalProperties"), json!(true), "body is open to other fields"),
            (format!("{at}/New/properties/kind/enum"), json!(["a"]), "body.kind has another enum"),
            (format!("{at}/New/properties/name/minLength"), json!(2), "body.name has the minLength 2.0 and not 1.0"),
            (
                format!("{at}/New/properties/kind"),
                json!({"type": "integer"}),
                r#"body.kind is {"integer"} and not {"string"}"#,
            ),
            (
                format!("{at}/New/properties/parts/items/oneOf/1/properties/value/maxLength"),
                json!(8),
                "body.parts[](link).value has the maxLength 8.0 and not 9.0",
            ),
            (format!("{at}/Thing/properties"), json!({}), "200 names none of its fields"),
            (format!("{at}/Thing/required"), json!(["id"]), "200.next is not required"),
            (
                format!("{at}/Thing/properties/id/type"),
                json!(["string", "null"]),
                "200.id may be null for one of the two",
            ),
            (
                "/paths/~1things~1{id}/put/parameters/1/schema/default".into(),
                json!(50),
                "query limit has the default 50.0 and not 20.0",
            ),
            (
                "/paths/~1things~1{id}/put/requestBody/required".into(),
                json!(false),
                "the body is required by one of the two",
            ),
        ] {
            let said = found(|ours| *ours.pointer_mut(&pointer).expect(&pointer) = value);
            assert_eq!(said, [expected], "{pointer}");
        }
        let more = found(|ours| {
            ours["components"]["schemas"]["Thing"]["properties"]["more"] = json!({"type": "string"});
            ours["paths"]["/things/{id}"]["put"]["responses"]["404"] = json!({});
            ours["paths"]["/things/{id}"]["put"]["parameters"][1]["name"] = json!("most");
        });
        assert_eq!(more, ["adds 200.more", "adds query most", "adds the status 404", "lacks query limit"]);
        let choices = |choices: Value| {
            found(|ours| ours["components"]["schemas"]["New"]["properties"]["parts"]["items"]["oneOf"] = choices)
        };
        let other = choices(json!([part("text"), part("image")]));
        assert_eq!(other, ["adds body.parts[](image)", "lacks body.parts[](link)"]);
        let unnamed = choices(json!([part("text"), part("link"), {"type": "object"}]));
        assert_eq!(unnamed, ["body.parts[] has 3 choices and not 2"]);
        assert_eq!(found(|ours| ours["paths"] = json!({})), ["is missing"]);
    }
}
