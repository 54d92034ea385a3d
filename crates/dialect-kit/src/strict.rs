//! JSON as it must be: UTF-8, one value, no key twice, no NUL, not too deep.

use std::fmt;

use domain::Error;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The one value that the bytes are.
///
/// # Errors
/// `invalid_json`, saying where.
pub(crate) fn parse(bytes: &[u8], depth: u64) -> Result<Value, Error> {
    let refuse = |message: String| Error::invalid("invalid_json", message);
    if bytes.is_empty() {
        return Err(refuse("The body is empty; JSON is expected".into()));
    }
    let text = std::str::from_utf8(bytes).map_err(|why| refuse(format!("The body is not UTF-8: {why}")))?;
    if text.starts_with('\u{feff}') {
        return Err(refuse("The body starts with a byte order mark".into()));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Strict { depth }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|why| refuse(format!("The body is not valid JSON: {why}")))?;
    Ok(value)
}

/// Builds a [`Value`] that may nest `depth` arrays and objects.
#[derive(Clone, Copy)]
struct Strict {
    depth: u64,
}

impl Strict {
    /// What stands within an array or an object that stands here.
    fn below<E: de::Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth }),
            None => Err(E::custom("nested too deep")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        without_nul(text).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(below)? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let key = without_nul(key)?;
            if object.contains_key(&key) {
                let shown: String = key.chars().take(64).collect();
                return Err(de::Error::custom(format!("the key `{shown}` stands twice")));
            }
            let value = entries.next_value_seed(below)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

fn without_nul<E: de::Error>(text: String) -> Result<String, E> {
    match text.contains('\0') {
        true => Err(E::custom("a string contains NUL")),
        false => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        let error = parse(bytes, 3).expect_err("refused");
        assert_eq!(error.code, "invalid_json");
        error.message
    }

    #[test]
    fn good_json_is_kept_as_it_is() {
        for text in [r#"{"a":[1,-2,1.5,true,null,"\ud83d\ude00\u0001"]}"#, "0", r#""x""#, "[[[]]]", "[[[1]]]"] {
            let expected: Value = serde_json::from_str(text).unwrap();
            assert_eq!(parse(text.as_bytes(), 3).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn each_way_to_be_wrong_is_refused_with_its_reason() {
        for (bytes, reason) in [
            (&b""[..], "empty"),
            (b" ", "EOF"),
            (b"{\"a\":1", "EOF"),
            (b"{} {}", "trailing"),
            (b"{}x", "trailing"),
            (b"\xef\xbb\xbf{}", "byte order mark"),
            (b"{\"a\":\"\xff\"}", "UTF-8"),
            (b"\xfe\xff\x00{", "UTF-8"),
            (br#"{"a":1,"a":1}"#, "`a` stands twice"),
            (br#"{"a":1,"\u0061":1}"#, "`a` stands twice"),
            (br#"{"a":[{"b":1,"b":2}]}"#, "`b` stands twice"),
            (br#"{"a":"\u0000"}"#, "NUL"),
            (br#"{"\u0000":1}"#, "NUL"),
            (b"\"a\x00\"", "control character"),
            (br#""\ud800""#, "hex escape"),
            (br#""\udc00""#, "surrogate"),
            (br#""\ud800\u0041""#, "surrogate"),
            (b"[[[[1]]]]", "too deep"),
            (br#"{"a":{"a":{"a":{}}}}"#, "too deep"),
            (b"1e999", "out of range"),
            (b"NaN", "expected"),
            (b"01", "invalid number"),
            (b"{'a':1}", "key must be a string"),
            (b"[1,]", "trailing comma"),
        ] {
            let message = refusal(bytes);
            assert!(message.contains(reason), "{}: {message}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_bomb_of_brackets_is_refused_and_not_followed() {
        assert!(refusal("[".repeat(1_000_000).as_bytes()).contains("too deep"));
    }
}
