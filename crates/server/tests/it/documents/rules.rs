//! What generators of clients need of a document to make good types of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

/// Where the document breaks a rule, and which.
pub fn broken(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if document["servers"].as_array().is_none_or(Vec::is_empty) {
        found.push("no servers".into());
    }
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS.into_iter().filter(|method| item[method].is_object()) {
            match item[method]["operationId"].as_str() {
                Some(name) => *names.entry(name).or_default() += 1,
                None => found.push(format!("{method} {path} has no operationId")),
            }
        }
    }
    found.extend(names.iter().filter(|(_, times)| **times > 1).map(|(name, _)| format!("two operations are {name}")));
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        if ["Json", "Data", "Saying", "Empty", "BTreeMap"].contains(&name.as_str()) {
            found.push(format!("{name} says nothing of what it is"));
        }
        Rules { document, found: &mut found }.look(schema, name);
    }
    Rules { document, found: &mut found }.look(&document["paths"], "paths");
    found
}

struct Rules<'d> {
    document: &'d Value,
    found: &'d mut Vec<String>,
}

impl<'d> Rules<'d> {
    fn look(&mut self, value: &'d Value, at: &str) {
        match value {
            Value::Object(fields) => {
                self.schema(value, at);
                // What a property is called is no keyword, and what an example holds is no schema.
                for (name, field) in
                    fields.iter().filter(|(name, _)| !["example", "examples", "default"].contains(&name.as_str()))
                {
                    match (name.as_str(), field.as_object()) {
                        ("properties", Some(properties)) => {
                            properties.iter().for_each(|(name, schema)| self.look(schema, &format!("{at}/{name}")));
                        }
                        _ => self.look(field, &format!("{at}/{name}")),
                    }
                }
            }
            Value::Array(elements) => {
                elements.iter().enumerate().for_each(|(i, element)| self.look(element, &format!("{at}/{i}")));
            }
            _ => {}
        }
    }

    fn schema(&mut self, schema: &'d Value, at: &str) {
        if let Some(choices) = schema["oneOf"].as_array() {
            self.union(schema, choices, at);
        }
        let items = &schema["items"];
        if items["properties"].is_object() || items["oneOf"].is_array() || items["allOf"].is_array() {
            self.found.push(format!("{at}: the items have no name"));
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if property.get("default").is_some() {
                self.found.push(format!("{at}/{name}: a default makes clients give the field"));
            }
            if property["type"] == "null" {
                self.found.push(format!("{at}/{name}: null alone is no type"));
            }
        }
        if schema["type"].as_array().is_some_and(|types| types.iter().filter(|one| *one != "null").count() > 1) {
            self.found.push(format!("{at}: several types in one"));
        }
        let is_object = schema["type"] == "object"
            || schema["type"].as_array().is_some_and(|types| types.contains(&json!("object")));
        if is_object && schema["properties"].is_null() && schema["additionalProperties"].is_null() {
            self.found.push(format!("{at}: does not say whether it takes any fields"));
        }
    }

    fn union(&mut self, union: &'d Value, choices: &'d [Value], at: &str) {
        if choices.iter().any(|choice| choice["allOf"].is_array() || self.named(choice)["allOf"].is_array()) {
            self.found.push(format!("{at}: allOf within oneOf"));
        }
        let objects: Vec<&Value> =
            choices.iter().filter(|choice| self.named(choice)["properties"].is_object()).collect();
        if objects.len() < 2 {
            return;
        }
        let field = union["discriminator"]["propertyName"].as_str().unwrap_or_default();
        let told = |choice: &&Value| {
            let values =
                self.named(choice)["properties"][field]["enum"].as_array().filter(|values| values.len() == 1)?;
            let mapped = &union["discriminator"]["mapping"][values[0].as_str()?];
            (choice["$ref"].is_string() && *mapped == choice["$ref"]).then_some(())
        };
        if objects.iter().any(|choice| told(choice).is_none()) {
            self.found.push(format!("{at}: the choices are not told apart"));
        }
    }

    fn named(&self, schema: &'d Value) -> &'d Value {
        let target = schema["$ref"].as_str().and_then(|reference| self.document.pointer(reference.strip_prefix('#')?));
        target.unwrap_or(schema)
    }
}

fn document() -> Value {
    let part = |kind: &str| json!({"type": "object", "properties": {"type": {"enum": [kind]}}});
    json!({
        "servers": [{"url": "/"}],
        "paths": {"/a": {"get": {"operationId": "a"}, "post": {"operationId": "b"}}},
        "components": {"schemas": {
            "Part": {
                "oneOf": [{"$ref": "#/components/schemas/PartText"}, {"$ref": "#/components/schemas/PartLink"}],
                "discriminator": {"propertyName": "type", "mapping": {
                    "text": "#/components/schemas/PartText", "link": "#/components/schemas/PartLink",
                }},
            },
            "PartText": part("text"), "PartLink": part("link"),
            "Page": {"type": "object", "properties": {
                "data": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
                "any": {"type": ["object", "null"], "additionalProperties": true},
            }},
        }},
    })
}

#[test]
fn every_rule_is_seen_to_be_broken() {
    assert_eq!(broken(&document()), Vec::<String>::new());
    let at = "/components/schemas";
    for (place, value, expected) in [
        ("/servers".into(), json!([]), "no servers"),
        ("/paths/~1a/post/operationId".into(), Value::Null, "post /a has no operationId"),
        ("/paths/~1a/post/operationId".into(), json!("a"), "two operations are a"),
        (format!("{at}/Part/oneOf/0"), json!({"allOf": [{}]}), "Part: allOf within oneOf"),
        (format!("{at}/PartText"), json!({"allOf": [{}]}), "Part: allOf within oneOf"),
        (format!("{at}/Part/discriminator"), Value::Null, "Part: the choices are not told apart"),
        (format!("{at}/Part/discriminator/mapping/text"), json!("x"), "Part: the choices are not told apart"),
        (
            format!("{at}/Part/oneOf/0"),
            document()["components"]["schemas"]["PartText"].clone(),
            "Part: the choices are not told apart",
        ),
        (format!("{at}/PartText/properties/type"), json!({}), "Part: the choices are not told apart"),
        (
            format!("{at}/Page/properties/data/items"),
            json!({"type": "object", "properties": {}}),
            "Page/data: the items have no name",
        ),
        (
            format!("{at}/Page/properties/any/additionalProperties"),
            Value::Null,
            "Page/any: does not say whether it takes any fields",
        ),
    ] {
        let mut changed = document();
        *changed.pointer_mut(&place).expect(&place) = value;
        assert_eq!(broken(&changed), [expected], "{place}");
    }
    let any = |schema: Value| {
        let mut changed = document();
        changed["components"]["schemas"]["Page"]["properties"]["any"] = schema;
        broken(&changed)
    };
    assert_eq!(any(json!({"default": null})), ["Page/any: a default makes clients give the field"]);
    assert_eq!(any(json!({"type": "null"})), ["Page/any: null alone is no type"]);
    assert_eq!(any(json!({"type": ["string", "number", "null"]})), ["Page/any: several types in one"]);
    let mut named = document();
    named["components"]["schemas"]["Json"] = json!({});
    assert_eq!(broken(&named), ["Json says nothing of what it is"]);
}
