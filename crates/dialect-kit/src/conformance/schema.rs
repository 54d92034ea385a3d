//! JSON Schema of OpenAPI documents: parsed into one form, and checked against values.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
};

use serde_json::{Map, Value};

/// A schema in one form: references resolved, `const` as an `enum` of one value, null apart.
#[derive(Debug, Default)]
pub(crate) struct Shape<'d> {
    /// Without `null`. Empty: any type.
    pub types: BTreeSet<String>,
    pub nullable: bool,
    /// Allowed values as JSON. `None`: all.
    pub values: Option<BTreeSet<String>>,
    pub properties: BTreeMap<String, &'d Value>,
    pub required: BTreeSet<String>,
    /// True if no other properties are allowed.
    pub closed: bool,
    /// The schema of other properties, if given.
    pub more: Option<&'d Value>,
    pub items: Option<&'d Value>,
    /// Alternatives: one must fit. Empty if there are none.
    pub choices: Vec<&'d Value>,
    /// The field that distinguishes the alternatives, with its values.
    pub discriminator: Option<&'d Value>,
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
        self.more = schema.get("additionalProperties").filter(|more| **more != false).or(self.more);
        self.discriminator = schema.get("discriminator").or(self.discriminator);
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

/// The parts of `value` that do not fit the schema of the document, each with its place. Empty if the value fits. An
/// object with an open schema may have further fields.
pub fn misfits(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    Comparison::new(document, false).misfits(schema, value)
}

/// The same, but an object may have only named fields, unless the schema names none or allows others.
pub(super) fn strict_misfits(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    Comparison::new(document, true).misfits(schema, value)
}

struct Comparison<'d> {
    document: &'d Value,
    strict: bool,
    /// Shapes by the address of their schema.
    shapes: HashMap<*const Value, Rc<Shape<'d>>>,
}

impl<'d> Comparison<'d> {
    fn new(document: &'d Value, strict: bool) -> Self {
        Self { document, strict, shapes: HashMap::new() }
    }

    fn misfits(&mut self, schema: &'d Value, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.hold(schema, value, "", &mut found);
        found
    }

    fn shape(&mut self, schema: &'d Value) -> Rc<Shape<'d>> {
        let document = self.document;
        Rc::clone(self.shapes.entry(std::ptr::from_ref(schema)).or_insert_with(|| Rc::new(Shape::of(document, schema))))
    }

    fn hold(&mut self, schema: &'d Value, value: &Value, at: &str, found: &mut Vec<String>) {
        let shape = self.shape(schema);
        if value.is_null() && (shape.nullable || shape.types.is_empty() && shape.choices.is_empty()) {
            return;
        }
        if !shape.types.is_empty() && !shape.types.iter().any(|name| is(value, name)) {
            return found.push(format!("{at}: {value} is none of {:?}", shape.types));
        }
        if shape.values.as_ref().is_some_and(|values| !values.contains(&value.to_string())) {
            found.push(format!("{at}: {value} is no value of the enum"));
        }
        bounds(&shape, value, at, found);
        if !shape.choices.is_empty() {
            return self.choose(&shape, value, at, found);
        }
        match value {
            Value::Object(fields) => self.fields(&shape, fields, at, found),
            Value::Array(elements) => {
                for (i, (element, items)) in elements.iter().zip(shape.items.into_iter().cycle()).enumerate() {
                    self.hold(items, element, &format!("{at}/{i}"), found);
                }
            }
            _ => {}
        }
    }

    fn choose(&mut self, shape: &Shape<'d>, value: &Value, at: &str, found: &mut Vec<String>) {
        let told = shape.discriminator.and_then(|field| {
            let kind = value[field["propertyName"].as_str()?].as_str()?;
            field["mapping"][kind].as_str()
        });
        if let Some(choice) = told.and_then(|named| shape.choices.iter().find(|choice| choice["$ref"] == named)) {
            return self.hold(choice, value, at, found);
        }
        if !shape.choices.iter().any(|choice| self.misfits(choice, value).is_empty()) {
            found.push(format!("{at}: {value} fits none of the choices"));
        }
    }

    fn fields(&mut self, shape: &Shape<'d>, fields: &Map<String, Value>, at: &str, found: &mut Vec<String>) {
        for name in shape.required.iter().filter(|name| !fields.contains_key(*name)) {
            found.push(format!("{at}/{name}: is missing"));
        }
        let closed = shape.closed || self.strict && shape.more.is_none() && !shape.properties.is_empty();
        for (name, field) in fields {
            let at = format!("{at}/{name}");
            match shape.properties.get(name).copied().or(shape.more.filter(|more| more.is_object())) {
                Some(property) => self.hold(property, field, &at, found),
                None if closed => found.push(format!("{at}: is too much")),
                None => {}
            }
        }
    }
}

/// Checks numbers against their bounds, and texts and lists against bounds of length.
fn bounds(shape: &Shape<'_>, value: &Value, at: &str, found: &mut Vec<String>) {
    let (number, length) = match value {
        Value::Number(number) => (number.as_f64(), None),
        Value::String(text) => (None, Some(("Length", text.chars().count()))),
        Value::Array(elements) => (None, Some(("Items", elements.len()))),
        _ => return,
    };
    for (end, sign) in [("min", -1.0), ("max", 1.0)] {
        let (name, measured) = match length {
            None => (format!("{end}imum"), number),
            Some((what, length)) => (format!("{end}{what}"), Some(length as f64)),
        };
        let bound = shape.facts.get(name.as_str()).and_then(Value::as_f64);
        if let (Some(bound), Some(measured)) = (bound, measured)
            && (measured - bound) * sign > 0.0
        {
            found.push(format!("{at}: {value} lies beyond the {name} {bound}"));
        }
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
