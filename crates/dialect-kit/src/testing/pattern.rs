//! Texts and values with placeholders for parts that change in each run.

use std::collections::BTreeMap;

use serde_json::Value;

/// The values of bound placeholders.
pub(super) type Names = BTreeMap<String, String>;

/// The text with each `{{name}}` replaced.
///
/// # Panics
/// For an unbound name.
pub(super) fn filled(text: &str, names: &Names) -> String {
    let mut whole = String::new();
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => whole.push_str(text),
            Piece::Place { name, .. } => {
                whole.push_str(names.get(name).unwrap_or_else(|| panic!("nothing is called {name} yet")));
            }
        }
    }
    whole
}

/// The value with each placeholder in its texts replaced.
pub(super) fn filled_value(value: &Value, names: &Names) -> Value {
    match value {
        Value::String(text) => filled(text, names).into(),
        Value::Array(elements) => elements.iter().map(|element| filled_value(element, names)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (filled(name, names), filled_value(value, names))).collect()
        }
        other => other.clone(),
    }
}

/// The differences between the actual value and the expected one. Empty if there are none. Each placeholder is bound at
/// its first use.
pub(super) fn differences(expected: &Value, actual: &Value, at: &str, names: &mut Names) -> Vec<String> {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            let mut found: Vec<String> = Vec::new();
            found.extend(
                actual.keys().filter(|name| !expected.contains_key(*name)).map(|name| format!("{at}.{name} is new")),
            );
            for (name, expected) in expected {
                match actual.get(name) {
                    Some(actual) => found.extend(differences(expected, actual, &format!("{at}.{name}"), names)),
                    None => found.push(format!("{at}.{name} is missing")),
                }
            }
            found
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            let pairs = expected.iter().zip(actual).enumerate();
            pairs
                .flat_map(|(i, (expected, actual))| differences(expected, actual, &format!("{at}.{i}"), names))
                .collect()
        }
        (Value::String(pattern), Value::String(actual))
            if !is_new_number(pattern) && matches(pattern, actual, names) =>
        {
            Vec::new()
        }
        (Value::String(pattern), Value::Number(actual))
            if (is_new_number(pattern) || is_known(pattern, names)) && matches(pattern, &actual.to_string(), names) =>
        {
            Vec::new()
        }
        (expected, actual) if expected == actual => Vec::new(),
        (expected, actual) => vec![format!("{at} is {actual}, not {expected}")],
    }
}

/// Tells whether the pattern is one placeholder for a number, which matches a number and not a text of digits.
fn is_new_number(pattern: &str) -> bool {
    matches!(pieces(pattern).as_slice(), [Piece::Place { form: Form::Number, .. }])
}

/// Tells whether the pattern is one placeholder that is already bound, perhaps to a number.
fn is_known(pattern: &str, names: &Names) -> bool {
    matches!(pieces(pattern).as_slice(), [Piece::Place { name, .. }] if names.contains_key(*name))
}

/// Tells whether the text matches the pattern. Binds the names of its placeholders.
pub(super) fn matches(pattern: &str, actual: &str, names: &mut Names) -> bool {
    let (mut rest, mut bound) = (actual, names.clone());
    let pieces = pieces(pattern);
    for (i, piece) in pieces.iter().enumerate() {
        let taken = match piece {
            Piece::Text(text) => rest.starts_with(text).then_some(text.len()),
            Piece::Place { name, form } => match bound.get(*name) {
                Some(known) => rest.starts_with(known.as_str()).then_some(known.len()),
                None => form.take(rest, pieces.get(i + 1)),
            },
        };
        let Some(taken) = taken else { return false };
        if let Piece::Place { name, .. } = piece
            && !name.is_empty()
        {
            bound.entry((*name).into()).or_insert_with(|| rest[..taken].into());
        }
        rest = &rest[taken..];
    }
    if rest.is_empty() {
        *names = bound;
    }
    rest.is_empty()
}

pub(super) enum Piece<'p> {
    Text(&'p str),
    /// `{{name:form}}`. Without a name, nothing is bound.
    Place {
        name: &'p str,
        form: Form,
    },
}

/// The form that a placeholder accepts.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// 36 characters.
    Uuid,
    /// 32 hexadecimal digits.
    Hex,
    /// RFC 3339 with six fraction digits and `Z`.
    Time,
    /// A decimal number.
    Number,
    /// Any text up to the following literal.
    Text,
}

fn pieces(pattern: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest) = (Vec::new(), pattern);
    while let Some((before, (place, after))) =
        rest.split_once("{{").and_then(|(before, after)| Some((before, after.split_once("}}")?)))
    {
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let (name, form) = place.split_once(':').unwrap_or((place, "text"));
        pieces.push(Piece::Place { name, form: Form::named(form) });
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

impl Form {
    fn named(name: &str) -> Self {
        match name {
            "uuid" => Self::Uuid,
            "hex" => Self::Hex,
            "time" => Self::Time,
            "number" => Self::Number,
            "text" => Self::Text,
            other => panic!("there are no places of the form {other}"),
        }
    }

    /// Number of bytes of the text that the placeholder takes.
    pub fn take(self, text: &str, next: Option<&Piece<'_>>) -> Option<usize> {
        let exactly = |bytes: usize, good: fn(&str) -> bool| text.get(..bytes).filter(|text| good(text)).map(|_| bytes);
        match self {
            Self::Uuid => exactly(36, |text| domain::id::plain(text).is_some()),
            Self::Hex => exactly(32, |text| domain::id::simple(text).is_some()),
            Self::Time => exactly(27, |text| text.ends_with('Z') && domain::Timestamp::parse(text).is_some()),
            Self::Number => {
                let end = text.find(|c: char| !c.is_ascii_digit() && !"+-.e".contains(c)).unwrap_or(text.len());
                text[..end].parse::<f64>().ok().map(|_| end)
            }
            Self::Text => match next {
                Some(Piece::Text(follows)) => text.find(follows).filter(|end| *end > 0),
                _ => Some(text.len()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(pattern: Value, actual: Value, expected: &[&str]) {
        let mut names = Names::from([("known".into(), "abc".into())]);
        assert_eq!(differences(&pattern, &actual, "body", &mut names), expected, "{pattern}");
    }

    #[test]
    fn what_is_new_in_each_run_has_a_place_and_all_else_is_as_expected() {
        let (id, time) = ("0199a0b0-0000-7000-8000-000000000000", "2026-11-22T05:22:00.000001Z");
        check(json!({"id": "{{a:uuid}}", "same": "{{a}}"}), json!({"id": id, "same": id}), &[]);
        check(json!("jam_{{:hex}}"), json!(format!("jam_{}", id.replace('-', ""))), &[]);
        check(json!(["{{:time}}", "{{known}}", "{{:number}}"]), json!([time, "abc", 7_199.5]), &[]);
        check(json!("id: {{a:uuid}}\ndata: {{:text}}"), json!(format!("id: {id}\ndata: x")), &[]);
        check(json!({"a": 1}), json!({"b": 1}), &["body.b is new", "body.a is missing"]);
        check(
            json!(["{{a:uuid}}", "{{a}}"]),
            json!([id, time]),
            &[&format!("body.1 is \"{time}\", not \"{{{{a}}}}\"")],
        );
        check(json!("{{known}}"), json!("abd"), &["body is \"abd\", not \"{{known}}\""]);
        check(
            json!("{{:time}}"),
            json!("2026-11-22T05:22:00Z"),
            &["body is \"2026-11-22T05:22:00Z\", not \"{{:time}}\""],
        );
        check(json!(["{{n:number}}", "{{n}}"]), json!([7, 7]), &[]);
        check(json!("{{:number}}"), json!("1"), &["body is \"1\", not \"{{:number}}\""]);
        check(json!("{{:text}}"), json!(1), &["body is 1, not \"{{:text}}\""]);
        check(json!("1"), json!(1), &["body is 1, not \"1\""]);
        check(json!([1]), json!([1, 2]), &["body is [1,2], not [1]"]);
        check(json!(1), json!(1.5), &["body is 1.5, not 1"]);
    }
}
