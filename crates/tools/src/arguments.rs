//! Compares arguments with a tool's JSON Schema, before the tool runs.
//!
//! The checker knows the keywords of JSON Schema 2020-12 by which tools describe their arguments. It ignores others, as
//! the standard says of unknown keywords, so the tool may still refuse what passes here. References lead to places within
//! the schema alone: nothing is fetched.

use domain::Kept;
use fancy_regex::{Regex, RegexBuilder};
use serde_json::{Map, Value};

/// Depth of schemas within schemas. Deeper ones pass, so that a schema that refers to itself ends.
const DEPTH_MAX: usize = 64;
/// Schemas that one comparison visits. Further ones pass, so that nested unions take bounded time.
const VISITS_MAX: usize = 100_000;
/// Steps of a pattern that backtracks. A pattern beyond it passes.
const BACKTRACKS_MAX: usize = 100_000;

/// Checks the arguments, which are an object. A tool without a schema also takes what a script gives it, but no text: a
/// model's broken arguments are kept as text.
///
/// # Errors
/// The first misfit, in words for the model.
pub fn check(schema: Option<&Kept>, arguments: &Kept) -> Result<(), String> {
    // A call without arguments.
    let value = arguments.read().filter(|value: &Value| !value.is_null()).unwrap_or_else(|| Value::Object(Map::new()));
    let root = schema.and_then(Kept::read::<Value>);
    if value.is_string() || (root.is_some() && !value.is_object()) {
        return Err(format!("The arguments are not a JSON object: {}", beginning(arguments.text())));
    }
    let Some(root) = root else { return Ok(()) };
    let mut check = Check { root: &root, visits: 0 };
    check.fits(&root, &value, "", 0).map_err(|why| format!("The arguments do not fit the tool's schema: {why}"))
}

/// Checks that a schema can describe arguments: an object whose patterns and references can be read.
///
/// # Errors
/// The reason, starting with "must".
pub fn check_schema(schema: &Kept) -> Result<(), String> {
    let Some(root @ Value::Object(_)) = schema.read::<Value>() else { return Err("must be an object".into()) };
    match root.get("type") {
        None => {}
        Some(Value::String(word)) if word == "object" => {}
        Some(_) => return Err("must have the `type` \"object\"".into()),
    }
    readable(&root, &root)
}

fn readable(root: &Value, schema: &Value) -> Result<(), String> {
    match schema {
        Value::Object(members) => members.iter().try_for_each(|(name, inner)| match (name.as_str(), inner) {
            ("pattern", Value::String(text)) => match pattern(text) {
                Some(_) => Ok(()),
                None => Err(format!("must have readable patterns, unlike {}", beginning(text))),
            },
            ("$ref", Value::String(to)) => match target(root, to) {
                Some(_) => Ok(()),
                None => Err(format!("must refer to its own parts alone, unlike {}", beginning(to))),
            },
            // Values, in which a member that looks like a keyword is none.
            ("const" | "enum" | "default" | "examples", _) => Ok(()),
            _ => readable(root, inner),
        }),
        Value::Array(items) => items.iter().try_for_each(|inner| readable(root, inner)),
        _ => Ok(()),
    }
}

fn pattern(text: &str) -> Option<Regex> {
    RegexBuilder::new(text).backtrack_limit(BACKTRACKS_MAX).delegate_size_limit(1 << 20).build().ok()
}

/// The part of the schema that a reference names.
fn target<'s>(root: &'s Value, to: &str) -> Option<&'s Value> {
    root.pointer(to.strip_prefix('#')?)
}

struct Check<'s> {
    root: &'s Value,
    visits: usize,
}

impl<'s> Check<'s> {
    /// `at` is the place of the value as a JSON pointer.
    fn fits(&mut self, schema: &'s Value, value: &Value, at: &str, depth: usize) -> Result<(), String> {
        self.visits += 1;
        let schema = match schema {
            Value::Bool(false) => return Err(format!("{} is not allowed", named(at))),
            Value::Object(schema) if depth < DEPTH_MAX && self.visits < VISITS_MAX => schema,
            _ => return Ok(()),
        };
        if let Some(inner) = schema.get("$ref").and_then(Value::as_str).and_then(|to| target(self.root, to)) {
            self.fits(inner, value, at, depth + 1)?;
        }
        of_type(schema, value, at)?;
        self.combined(schema, value, at, depth)?;
        match value {
            Value::String(text) => string(schema, text, at),
            Value::Number(number) => self::number(schema, number.as_f64().unwrap_or_default(), at),
            Value::Array(items) => self.array(schema, items, at, depth),
            Value::Object(members) => self.object(schema, members, at, depth),
            Value::Null | Value::Bool(_) => Ok(()),
        }
    }

    fn combined(
        &mut self,
        schema: &'s Map<String, Value>,
        value: &Value,
        at: &str,
        depth: usize,
    ) -> Result<(), String> {
        let list = |name: &str| schema.get(name).and_then(Value::as_array);
        for inner in list("allOf").into_iter().flatten() {
            self.fits(inner, value, at, depth + 1)?;
        }
        if let Some(any) = list("anyOf") {
            let mut first = None;
            if !any
                .iter()
                .any(|inner| self.fits(inner, value, at, depth + 1).map_err(|why| first.get_or_insert(why)).is_ok())
            {
                return Err(first.unwrap_or_else(|| format!("{} fits none of `anyOf`", named(at))));
            }
        }
        if let Some(one) = list("oneOf") {
            let fitting = one.iter().filter(|inner| self.fits(inner, value, at, depth + 1).is_ok()).count();
            if fitting != 1 {
                return Err(format!("{} fits {fitting} of the schemas of `oneOf`, and must fit one", named(at)));
            }
        }
        if schema.get("not").is_some_and(|inner| self.fits(inner, value, at, depth + 1).is_ok()) {
            return Err(format!("{} fits the schema of `not`", named(at)));
        }
        if let Some(condition) = schema.get("if") {
            let then = if self.fits(condition, value, at, depth + 1).is_ok() { "then" } else { "else" };
            if let Some(inner) = schema.get(then) {
                self.fits(inner, value, at, depth + 1)?;
            }
        }
        Ok(())
    }

    fn array(&mut self, schema: &'s Map<String, Value>, items: &[Value], at: &str, depth: usize) -> Result<(), String> {
        counted(schema, ("minItems", "maxItems"), items.len(), "items", at)?;
        let first = schema.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (i, item) in items.iter().enumerate() {
            if let Some(inner) = first.get(i).or_else(|| schema.get("items")) {
                self.fits(inner, item, &format!("{at}/{i}"), depth + 1)?;
            }
        }
        let is_unique = schema.get("uniqueItems") == Some(&Value::Bool(true));
        if is_unique && items.len() <= 1_000 && items.iter().enumerate().any(|(i, item)| items[..i].contains(item)) {
            return Err(format!("{} has an item twice", named(at)));
        }
        Ok(())
    }

    fn object(
        &mut self,
        schema: &'s Map<String, Value>,
        members: &Map<String, Value>,
        at: &str,
        depth: usize,
    ) -> Result<(), String> {
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                return Err(format!("{} lacks `{name}`", named(at)));
            }
        }
        counted(schema, ("minProperties", "maxProperties"), members.len(), "members", at)?;
        let properties = schema.get("properties").and_then(Value::as_object);
        let patterns: Vec<(Option<Regex>, &Value)> = schema
            .get("patternProperties")
            .and_then(Value::as_object)
            .map(|all| all.iter().map(|(text, inner)| (pattern(text), inner)).collect())
            .unwrap_or_default();
        for (name, member) in members {
            let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
            let own = properties.and_then(|all| all.get(name));
            let matching = patterns
                .iter()
                .filter(|(pattern, _)| pattern.as_ref().is_some_and(|p| matches!(p.is_match(name), Ok(true))));
            let mut inner: Vec<&'s Value> = own.into_iter().chain(matching.map(|(_, inner)| *inner)).collect();
            if inner.is_empty() {
                inner.extend(schema.get("additionalProperties"));
            }
            for inner in inner {
                self.fits(inner, member, &at, depth + 1)?;
            }
        }
        Ok(())
    }
}

fn of_type(schema: &Map<String, Value>, value: &Value, at: &str) -> Result<(), String> {
    let is = |word: &str| match word {
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    };
    let fits = match schema.get("type") {
        Some(Value::String(word)) => is(word),
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).any(is),
        _ => true,
    };
    if !fits {
        return Err(format!("{} must be of the type {}", named(at), schema["type"]));
    }
    if schema.get("const").is_some_and(|only| !same(only, value)) {
        return Err(format!("{} must be {}", named(at), beginning(&schema["const"].to_string())));
    }
    match schema.get("enum").and_then(Value::as_array) {
        Some(all) if !all.iter().any(|one| same(one, value)) => {
            Err(format!("{} must be one of {}", named(at), beginning(&schema["enum"].to_string())))
        }
        _ => Ok(()),
    }
}

/// Numbers are the same by their value: 1 is 1.0.
fn same(one: &Value, other: &Value) -> bool {
    one == other || one.as_f64().zip(other.as_f64()).is_some_and(|(one, other)| one == other)
}

fn string(schema: &Map<String, Value>, text: &str, at: &str) -> Result<(), String> {
    counted(schema, ("minLength", "maxLength"), text.chars().count(), "characters", at)?;
    let Some(pattern) = schema.get("pattern").and_then(Value::as_str) else { return Ok(()) };
    match self::pattern(pattern).map(|pattern| pattern.is_match(text)) {
        Some(Ok(false)) => Err(format!("{} must match the pattern {}", named(at), beginning(pattern))),
        _ => Ok(()),
    }
}

/// Tells whether a number holds within a bound.
type Holds = fn(f64, f64) -> bool;

fn number(schema: &Map<String, Value>, number: f64, at: &str) -> Result<(), String> {
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    let bounds: [(&str, Holds, &str); 4] = [
        ("minimum", |n, b| n >= b, "at least"),
        ("maximum", |n, b| n <= b, "at most"),
        ("exclusiveMinimum", |n, b| n > b, "more than"),
        ("exclusiveMaximum", |n, b| n < b, "less than"),
    ];
    for (name, holds, words) in bounds {
        if let Some(bound) = bound(name).filter(|bound| !holds(number, *bound)) {
            return Err(format!("{} must be {words} {bound}", named(at)));
        }
    }
    match bound("multipleOf").filter(|of| *of > 0.0) {
        Some(of) if ((number / of) - (number / of).round()).abs() > 1e-9 => {
            Err(format!("{} must be a multiple of {of}", named(at)))
        }
        _ => Ok(()),
    }
}

fn counted(
    schema: &Map<String, Value>,
    (least, most): (&str, &str),
    count: usize,
    unit: &str,
    at: &str,
) -> Result<(), String> {
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    if let Some(least) = bound(least).filter(|least| (count as f64) < *least) {
        return Err(format!("{} must have at least {least} {unit}", named(at)));
    }
    match bound(most).filter(|most| count as f64 > *most) {
        Some(most) => Err(format!("{} must have at most {most} {unit}", named(at))),
        None => Ok(()),
    }
}

fn named(at: &str) -> &str {
    if at.is_empty() { "the object" } else { at }
}

/// Enough of a text for a model to know which one is meant.
fn beginning(text: &str) -> String {
    const CHARS: usize = 200;
    match text.char_indices().nth(CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The place and the words of the misfit. Empty: the arguments fit.
    fn misfit(schema: &Value, arguments: Value) -> String {
        let checked = check(Some(&schema.clone().into()), &arguments.into());
        checked.err().map(|why| why.replace("The arguments do not fit the tool's schema: ", "")).unwrap_or_default()
    }

    #[test]
    fn each_keyword_refuses_what_it_says() {
        for (keyword, good, bad) in [
            (json!({"type": "string"}), json!("a"), json!(1)),
            (json!({"type": ["string", "null"]}), json!(null), json!(false)),
            (json!({"type": "integer"}), json!(1.0), json!(1.5)),
            (json!({"type": "number"}), json!(1.5), json!("1.5")),
            (json!({"type": "boolean"}), json!(true), json!("true")),
            (json!({"const": 1}), json!(1.0), json!(2)),
            (json!({"enum": ["a", null]}), json!(null), json!("b")),
            (json!({"minLength": 2}), json!("ää"), json!("ä")),
            (json!({"maxLength": 1}), json!("€"), json!("ab")),
            (json!({"pattern": "^a+$"}), json!("aa"), json!("b")),
            (json!({"minimum": 1}), json!(1), json!(0)),
            (json!({"maximum": 1}), json!(1), json!(2)),
            (json!({"exclusiveMinimum": 1}), json!(2), json!(1)),
            (json!({"exclusiveMaximum": 1}), json!(0), json!(1)),
            (json!({"multipleOf": 0.1}), json!(0.3), json!(0.35)),
            (json!({"items": {"type": "string"}}), json!(["a"]), json!([1])),
            (json!({"prefixItems": [true], "items": false}), json!([1]), json!([1, 2])),
            (json!({"minItems": 1}), json!([1]), json!([])),
            (json!({"maxItems": 1}), json!([1]), json!([1, 2])),
            (json!({"uniqueItems": true}), json!([1, 2]), json!([1, 1])),
            (json!({"required": ["b"]}), json!({"b": 1}), json!({})),
            (json!({"properties": {"b": {"type": "string"}}}), json!({"b": ""}), json!({"b": 1})),
            (json!({"properties": {"b": true}, "additionalProperties": false}), json!({"b": 1}), json!({"c": 1})),
            (json!({"patternProperties": {"^x": {"type": "string"}}}), json!({"xa": "", "y": 1}), json!({"xa": 1})),
            (json!({"maxProperties": 1}), json!({"b": 1}), json!({"b": 1, "c": 1})),
            (json!({"allOf": [{"minimum": 1}, {"maximum": 2}]}), json!(2), json!(3)),
            (json!({"anyOf": [{"const": 1}, {"const": 2}]}), json!(2), json!(3)),
            (json!({"oneOf": [{"minimum": 1}, {"minimum": 5}]}), json!(2), json!(6)),
            (json!({"not": {"const": 1}}), json!(2), json!(1)),
            (json!({"if": {"minimum": 5}, "then": {"maximum": 7}, "else": {"maximum": 1}}), json!(6), json!(3)),
            (json!({"$ref": "#/$defs/word"}), json!("a"), json!(1)),
            (json!(true), json!(1), json!(null)),
        ] {
            let schema = json!({"type": "object", "properties": {"a": keyword}, "$defs": {"word": {"type": "string"}}});
            assert_eq!(misfit(&schema, json!({"a": good})), "", "{keyword} takes {good}");
            if keyword != json!(true) {
                assert!(misfit(&schema, json!({"a": bad})).starts_with("/a"), "{keyword} refuses {bad}");
            }
        }
    }

    #[test]
    fn text_is_refused_without_a_schema_and_all_but_an_object_with_one() {
        let any = Kept::from(json!({}));
        for (other, alone) in [(json!({"a": 1}), true), (json!([1]), true), (json!(true), true), (json!("{}"), false)] {
            assert_eq!(check(None, &other.clone().into()).is_ok(), alone, "{other}");
            assert_eq!(check(Some(&any), &other.clone().into()).is_ok(), other.is_object(), "{other}");
        }
    }

    #[test]
    fn a_schema_that_turns_in_circles_or_explodes_ends() {
        let circle = json!({"type": "object", "$ref": "#"});
        assert_eq!(misfit(&circle, json!({"a": 1})), "");
        let mut wide = json!({"type": "integer"});
        for _ in 0..30 {
            wide = json!({"anyOf": [{"allOf": [wide, {"type": "string"}]}, {"allOf": [wide, {"type": "string"}]}]});
            if wide.to_string().len() > 65_536 {
                break;
            }
        }
        misfit(&json!({"properties": {"a": wide}}), json!({"a": 1}));
        let slow = json!({"properties": {"a": {"pattern": "^(a|a)*\\1$"}}});
        misfit(&slow, json!({"a": "a".repeat(100)}));
    }

    #[test]
    fn only_a_schema_of_an_object_with_readable_parts_is_taken() {
        let check = |schema: Value| check_schema(&schema.into()).err().unwrap_or_default();
        assert_eq!(check(json!({})), "");
        assert_eq!(check(json!({"type": "object", "properties": {"a": {"const": {"$ref": "x"}}}})), "");
        for bad in [
            json!(true),
            json!([]),
            json!({"type": "string"}),
            json!({"type": ["object", "null"]}),
            json!({"properties": {"a": {"pattern": "("}}}),
            json!({"$ref": "#/$defs/none"}),
            json!({"$ref": "https://a.example/schema"}),
        ] {
            assert!(check(bad.clone()).starts_with("must"), "{bad}");
        }
    }
}
