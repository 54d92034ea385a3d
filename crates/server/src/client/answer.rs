//! The server's answers, unchanged.

use std::ops::Deref;

use domain::{Kept, Map};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// The server's JSON, for reading, and for printing in its own order.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    json: Kept,
    value: Value,
}

impl Answer {
    pub fn of(json: Kept) -> Self {
        Self { value: json.read().unwrap_or_default(), json }
    }

    /// Replaces a field in the shown form. The JSON stays unchanged.
    pub fn reword(&mut self, field: &str, words: &str) {
        self.value[field] = words.into();
    }
}

impl Deref for Answer {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}

/// Keeps the server's order of members, and its digits.
impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Shown(&self.json).serialize(serializer)
    }
}

/// Serialized part by part, so that a serializer may indent.
struct Shown<'a>(&'a Kept);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(members) = self.0.read::<Map>().filter(|_| self.0.is_object()) {
            return serializer.collect_map(members.iter().map(|(name, value)| (name, Shown(value))));
        }
        match self.0.read::<Vec<Kept>>() {
            Some(items) => serializer.collect_seq(items.iter().map(Shown)),
            None => self.0.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_digits_are_the_servers() {
        let text = r#"{
  "z": 12345678901234567890123,
  "a": [
    {
      "b": 1.50,
      "a": "x: {"
    },
    []
  ]
}"#;
        let answer = Answer::of(serde_json::from_str(text).unwrap());
        assert_eq!(serde_json::to_string_pretty(&answer).unwrap(), text);
        assert_eq!(answer["a"][0]["a"], "x: {");
    }
}
