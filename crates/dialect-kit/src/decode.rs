//! From a parsed value to a type, naming the field that is at fault.
//!
//! serde_json's own way reads an array for an object and forgets where it was; this one does neither, and moves every
//! string instead of copying it.

use std::fmt;

use domain::Error;
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, DeserializeSeed, Expected, Unexpected, Visitor, value::StrDeserializer},
    forward_to_deserialize_any,
};
use serde_json::{Map, Value, map};

/// # Errors
/// `invalid_parameter`, with the field that is at fault.
pub(crate) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(Node(value)).map_err(Wrong::into_error)
}

/// A field for which absent and null are two things. Needs `#[serde(default)]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Given<T> {
    #[default]
    Absent,
    Null,
    Value(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

/// Reads an optional field that may be absent but not null:
/// `#[serde(default, deserialize_with = "dialect_kit::json::not_null")]`.
pub fn not_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What is wrong, and where: the innermost name first, as the error finds it on its way out.
#[derive(Debug)]
pub(crate) struct Wrong {
    path: Vec<String>,
    message: String,
}

impl Wrong {
    fn new(message: String) -> Self {
        Self { path: Vec::new(), message: shown(&message, 300) }
    }

    pub fn text(message: &str) -> Self {
        Self::new(message.into())
    }

    fn at(name: &str, message: &str) -> Self {
        Self::text(message).under(name)
    }

    pub fn under(mut self, name: &str) -> Self {
        self.path.push(shown(name, 64));
        self
    }

    pub fn into_error(self) -> Error {
        let path: Vec<String> = self.path.into_iter().rev().collect();
        match path.is_empty() {
            true => Error::invalid("invalid_parameter", self.message),
            false => Error::field(path.join("."), self.message),
        }
    }
}

/// The first characters of what a client sent.
fn shown(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(got: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {}, got {}", in_json(&expected.to_string()), kind(got)))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {}", in_json(&expected.to_string())))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {}, got {length} elements", in_json(&expected.to_string())))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("expected one of {}", expected.join(", ")))
    }

    fn unknown_field(name: &str, _: &'static [&'static str]) -> Self {
        Self::at(name, "unknown field")
    }

    fn missing_field(name: &'static str) -> Self {
        Self::at(name, "required")
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::at(name, "given twice")
    }
}

/// serde's words for what it expects, in the words of JSON.
fn in_json(expected: &str) -> String {
    let words = match expected {
        "u8" => "an integer from 0 to 255",
        "u16" => "an integer from 0 to 65535",
        "u32" => "an integer from 0 to 4294967295",
        "u64" | "usize" => "an integer from 0",
        "i8" | "i16" | "i32" | "i64" | "isize" => "an integer in range",
        "f32" | "f64" => "a number",
        "a map" => "an object",
        "a sequence" => "an array",
        "unit" => "null",
        other if other.starts_with("struct ") || other.starts_with(INTERNALLY_TAGGED) => "an object",
        other if other.starts_with("enum ") || other == "variant identifier" => "a string",
        other if other.starts_with("tuple ") => "an array",
        other => other,
    };
    words.to_owned()
}

fn kind(got: Unexpected<'_>) -> &str {
    match got {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a fraction",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "a string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq | Unexpected::TupleVariant => "an array",
        Unexpected::Map | Unexpected::Enum | Unexpected::StructVariant => "an object",
        Unexpected::NewtypeStruct | Unexpected::UnitVariant | Unexpected::NewtypeVariant => "something else",
        Unexpected::Other(words) => words,
    }
}

/// How serde's visitor for `#[serde(tag = …)]` names itself.
const INTERNALLY_TAGGED: &str = "internally tagged enum";

/// One value of the body.
struct Node(Value);

impl Node {
    fn unexpected(&self) -> Unexpected<'_> {
        match &self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(value) => Unexpected::Bool(*value),
            Value::Number(number) if number.is_f64() => Unexpected::Float(0.0),
            Value::Number(_) => Unexpected::Unsigned(0),
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        }
    }

    fn refuse<T>(&self, expected: &dyn Expected) -> Result<T, Wrong> {
        Err(de::Error::invalid_type(self.unexpected(), expected))
    }
}

impl<'de> Deserializer<'de> for Node {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i64(value),
                (_, _, value) => visitor.visit_f64(value.unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_string(text),
            // A tagged enum would read `["text", …]` as its tag and content; in JSON it is an object.
            Value::Array(_) if (&visitor as &dyn Expected).to_string().starts_with(INTERNALLY_TAGGED) => {
                self.refuse(&visitor)
            }
            Value::Array(elements) => visit_array(elements, visitor),
            Value::Object(object) => visit_object(object, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// serde_json's own map would take null for an empty one.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Null => self.refuse(&visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Object(object) => visit_object(object, visitor),
            _ => self.refuse(&visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::String(word) => visitor.visit_enum(StrDeserializer::<Wrong>::new(&word)),
            _ => self.refuse(&"a string"),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct identifier
    }
}

fn visit_array<'de, V: Visitor<'de>>(elements: Vec<Value>, visitor: V) -> Result<V::Value, Wrong> {
    let count = elements.len();
    let mut access = Elements { at: 0, rest: elements.into_iter() };
    let value = visitor.visit_seq(&mut access)?;
    match access.rest.len() {
        0 => Ok(value),
        left => Err(de::Error::invalid_length(count, &format!("{} elements", count - left).as_str())),
    }
}

fn visit_object<'de, V: Visitor<'de>>(object: Map<String, Value>, visitor: V) -> Result<V::Value, Wrong> {
    visitor.visit_map(Entries { rest: object.into_iter(), entry: None })
}

struct Elements {
    at: usize,
    rest: std::vec::IntoIter<Value>,
}

impl<'de> de::SeqAccess<'de> for &mut Elements {
    type Error = Wrong;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Wrong> {
        let Some(element) = self.rest.next() else { return Ok(None) };
        let at = self.at;
        self.at += 1;
        seed.deserialize(Node(element)).map(Some).map_err(|wrong| wrong.under(&at.to_string()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Entries {
    rest: map::IntoIter,
    entry: Option<(String, Value)>,
}

impl<'de> de::MapAccess<'de> for Entries {
    type Error = Wrong;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Wrong> {
        self.entry = self.rest.next();
        self.entry.as_ref().map(|(key, _)| seed.deserialize(StrDeserializer::new(key))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        let (key, value) = self.entry.take().expect("serde asks for a value after its key");
        seed.deserialize(Node(value)).map_err(|wrong| wrong.under(&key))
    }
}
