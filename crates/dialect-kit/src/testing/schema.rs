//! JSON Schema as OpenAPI documents use it: read into one form, and held against a value.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A schema in one form, however its document spells it: references followed, `const` as an `enum` of one, null apart.
#[derive(Debug, Default)]
pub(super) struct Shape<'d> {
    /// Without `null`; empty: any.
    pub types: BTreeSet<String>,
    pub nullable: bool,
    /// Allowed values as JSON; `None`: all.
    pub values: Option<BTreeSet<String>>,
    pub properties: BTreeMap<String, &'d Value>,
    pub required: BTreeSet<String>,
    /// No other properties than those named.
    pub closed: bool,
    pub items: Option<&'d Value>,
    /// Of which one must fit; empty where there is no choice.
    pub choices: Vec<&'d Value>,
    /// Bounds by name.
    pub facts: BTreeMap<&'static str, Value>,
}

const FACTS: [&str; 9] =
    ["format", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "default"];

impl<'d> Shape<'d> {
    pub fn of(document: &'d Value, schema: &'d Value) -> Self {
        let mut shape = Self::default();
        shape.add(document, schema);
        shape
    }

    fn add(&mut self, document: &'d Value, schema: &'d Value) {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = document.pointer(&reference[1..]);
            self.add(document, target.unwrap_or_else(|| panic!("{reference} is not there")));
        }
        self.add_types(&schema["type"]);
        self.nullable |= schema["nullable"] == true;
        if let Some(only) = schema.get("const") {
            self.add_values(std::slice::from_ref(only));
        }
        if let Some(values) = schema["enum"].as_array() {
            self.add_values(values);
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            self.properties.insert(name.clone(), property);
        }
        self.required.extend(schema["required"].as_array().into_iter().flatten().map(text));
        self.closed |= schema["additionalProperties"] == false;
        self.items = schema.get("items").or(self.items);
        for name in FACTS {
            if let Some(fact) = schema.get(name) {
                self.facts.insert(name, fact.clone());
            }
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.add(document, part);
        }
        let choices = ["anyOf", "oneOf"].iter().filter_map(|name| schema[name].as_array()).flatten();
        let (nulls, choices): (Vec<_>, Vec<_>) = choices.partition(|choice| choice["type"] == "null");
        self.nullable |= !nulls.is_empty();
        match choices.as_slice() {
            [] => {}
            [only] => self.add(document, only),
            _ => self.choices = choices,
        }
    }

    fn add_types(&mut self, types: &Value) {
        let each = |one: &Value| one.as_str().map(str::to_owned);
        let types = types
            .as_array()
            .map_or(each(types).into_iter().collect(), |all| all.iter().filter_map(each).collect::<Vec<_>>());
        for name in types {
            match name.as_str() {
                "null" => self.nullable = true,
                _ => drop(self.types.insert(name)),
            }
        }
    }

    fn add_values(&mut self, values: &[Value]) {
        self.nullable |= values.iter().any(Value::is_null);
        let values = values.iter().filter(|value| !value.is_null()).map(Value::to_string);
        self.values.get_or_insert_default().extend(values);
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What of `value` does not fit the schema of the document, each with its place; empty: it fits. An object that the schema
/// leaves open may have more.
pub fn misfits(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    hold(document, schema, value, "", &mut found);
    found
}

fn hold(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let shape = Shape::of(document, schema);
    if value.is_null() && (shape.nullable || shape.types.is_empty() && shape.choices.is_empty()) {
        return;
    }
    if !shape.types.is_empty() && !shape.types.iter().any(|name| is(value, name)) {
        return found.push(format!("{at}: {value} is none of {:?}", shape.types));
    }
    if shape.values.as_ref().is_some_and(|values| !values.contains(&value.to_string())) {
        found.push(format!("{at}: {value} is no value of the enum"));
    }
    let fits = |choice: &&&Value| misfits(document, choice, value).is_empty();
    if !shape.choices.is_empty() && shape.choices.iter().find(fits).is_none() {
        found.push(format!("{at}: {value} fits none of the choices"));
    }
    for (name, bound) in [("minimum", -1.0), ("maximum", 1.0)] {
        let (Some(most), Some(number)) = (shape.facts.get(name).and_then(Value::as_f64), value.as_f64()) else {
            continue;
        };
        if (number - most) * bound > 0.0 {
            found.push(format!("{at}: {value} lies beyond the {name} {most}"));
        }
    }
    match value {
        Value::Object(fields) => {
            for name in shape.required.iter().filter(|name| !fields.contains_key(*name)) {
                found.push(format!("{at}/{name}: is missing"));
            }
            for (name, field) in fields {
                match shape.properties.get(name) {
                    Some(property) => hold(document, property, field, &format!("{at}/{name}"), found),
                    None if shape.closed => found.push(format!("{at}/{name}: is too much")),
                    None => {}
                }
            }
        }
        Value::Array(elements) => {
            for (i, (element, items)) in elements.iter().zip(shape.items.into_iter().cycle()).enumerate() {
                hold(document, items, element, &format!("{at}/{i}"), found);
            }
        }
        _ => {}
    }
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_misfit_is_found_where_it_is() {
        let document = json!({"components": {"schemas": {"Color": {"type": "string", "enum": ["red", "blue"]}}}});
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["color", "n", "next"],
            "properties": {
                "color": {"$ref": "#/components/schemas/Color"},
                "n": {"type": "integer", "minimum": 0},
                "next": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "list": {"type": "array", "items": {"type": ["boolean", "null"]}},
                "kind": {"const": "x"},
                "one": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            },
        });
        let fits = json!({"color": "red", "n": 0, "next": null, "list": [true, null], "kind": "x", "one": 1});
        assert_eq!(misfits(&document, &schema, &fits), Vec::<String>::new());
        for (change, place) in [
            (json!({"color": "green"}), "/color:"),
            (json!({"color": null}), "/color:"),
            (json!({"n": -1}), "/n:"),
            (json!({"n": 1.5}), "/n:"),
            (json!({"next": 1}), "/next:"),
            (json!({"list": [true, 1]}), "/list/1:"),
            (json!({"kind": "y"}), "/kind:"),
            (json!({"one": true}), "/one:"),
            (json!({"more": 1}), "/more:"),
        ] {
            let mut value = fits.clone();
            value.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let found = misfits(&document, &schema, &value);
            assert!(found.len() == 1 && found[0].starts_with(place), "{change}: {found:?}");
        }
        assert_eq!(misfits(&document, &schema, &json!({"n": 1, "next": "x"})), ["/color: is missing"]);
    }
}
