//! Decodes a checked text to a type, and names the invalid field.
//!
//! serde_json itself would accept an array for an object, and would not tell the place of an error.

use std::{borrow::Cow, fmt, iter::once};

use domain::{Error, codes};
use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeOwned, DeserializeSeed, Expected, Unexpected, Visitor,
        value::{MapDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::Number;

use crate::{strict::Checked, walk::Walk};

/// # Errors
/// `invalid_parameter`, with the invalid field.
pub(crate) fn typed<T: DeserializeOwned>(text: Checked<'_>) -> Result<T, Error> {
    T::deserialize(Node(&mut Walk::new(text))).map_err(Wrong::into_error)
}

/// A field for which absent and null differ. Needs `#[serde(default)]`.
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

/// Decodes an optional field that may be absent but not null. Use: `#[serde(default, deserialize_with =
/// "dialect_kit::json::not_null")]`.
pub fn not_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The error and its path. The innermost name comes first, because the error collects names on its way out.
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
            true => Error::invalid(codes::INVALID_PARAMETER, self.message),
            false => Error::field(path.join("."), self.message),
        }
    }
}

/// The first characters of a client's text.
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

/// serde's description of the expected type, in terms of JSON.
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

/// The name of serde's visitor for `#[serde(tag = …)]`.
const INTERNALLY_TAGGED: &str = "internally tagged enum";

/// The name by which serde_json's `RawValue`, and so [`domain::Kept`], asks for a value's text.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// The next value of the body.
struct Node<'w, 'de>(&'w mut Walk<'de>);

impl<'de> Node<'_, 'de> {
    /// An error names the kind of the found value, and never the value.
    fn refuse<T>(self, expected: &dyn Expected) -> Result<T, Wrong> {
        let found = match self.0.peek() {
            b'n' => Unexpected::Unit,
            b't' | b'f' => Unexpected::Bool(true),
            b'"' => Unexpected::Str(""),
            b'[' => Unexpected::Seq,
            b'{' => Unexpected::Map,
            _ if self.number()?.is_f64() => Unexpected::Float(0.0),
            _ => Unexpected::Unsigned(0),
        };
        Err(de::Error::invalid_type(found, expected))
    }

    fn number(self) -> Result<Number, Wrong> {
        serde_json::from_str(self.0.scalar()).map_err(de::Error::custom)
    }

    fn visit_array<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let Self(walk) = self;
        walk.enter();
        let mut elements = Elements { walk, taken: 0, left: false };
        let value = visitor.visit_seq(&mut elements)?;
        let taken = elements.taken;
        match elements.rest() {
            0 => Ok(value),
            more => Err(de::Error::invalid_length(taken + more, &format!("{taken} elements").as_str())),
        }
    }

    fn visit_object<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let Self(walk) = self;
        walk.enter();
        visitor.visit_map(Entries { walk, name: Cow::Borrowed("") })
    }
}

impl<'de> Deserializer<'de> for Node<'_, 'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0.peek() {
            b'n' => {
                self.0.skip();
                visitor.visit_unit()
            }
            b't' | b'f' => visitor.visit_bool(self.0.scalar() == "true"),
            b'"' => match self.0.string() {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                Cow::Owned(text) => visitor.visit_string(text),
            },
            // A tagged enum would read `["text", …]` as its tag and content. In JSON, it is an object.
            b'[' if (&visitor as &dyn Expected).to_string().starts_with(INTERNALLY_TAGGED) => self.refuse(&visitor),
            b'[' => self.visit_array(visitor),
            b'{' => self.visit_object(visitor),
            _ => {
                let number = self.number()?;
                match (number.as_u64(), number.as_i64(), number.as_f64()) {
                    (Some(value), _, _) => visitor.visit_u64(value),
                    (_, Some(value), _) => visitor.visit_i64(value),
                    (_, _, value) => visitor.visit_f64(value.unwrap_or(f64::NAN)),
                }
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0.peek() {
            b'n' => {
                self.0.skip();
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

    /// serde_json's own map would accept null as an empty map.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0.peek() {
            b'n' => self.refuse(&visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        match name {
            RAW_VALUE => visitor.visit_map(MapDeserializer::new(once((RAW_VALUE, self.0.text())))),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.0.peek() {
            b'{' => self.visit_object(visitor),
            _ => self.refuse(&visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.0.peek() {
            b'"' => visitor.visit_enum(StrDeserializer::<Wrong>::new(&self.0.string())),
            _ => self.refuse(&"a string"),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.0.skip();
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct identifier
    }
}

struct Elements<'w, 'de> {
    walk: &'w mut Walk<'de>,
    taken: usize,
    /// True once the array's end has been passed.
    left: bool,
}

impl Elements<'_, '_> {
    /// Skips the remaining elements, and returns their number.
    fn rest(mut self) -> usize {
        let mut count = 0;
        while self.has_more() {
            self.walk.skip();
            count += 1;
        }
        count
    }

    fn has_more(&mut self) -> bool {
        self.left = self.left || !self.walk.has_more();
        !self.left
    }
}

impl<'de> de::SeqAccess<'de> for &mut Elements<'_, 'de> {
    type Error = Wrong;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Wrong> {
        if !self.has_more() {
            return Ok(None);
        }
        let at = self.taken;
        self.taken += 1;
        seed.deserialize(Node(self.walk)).map(Some).map_err(|wrong| wrong.under(&at.to_string()))
    }
}

/// The members of an object. Every visitor asks for all of them.
struct Entries<'w, 'de> {
    walk: &'w mut Walk<'de>,
    name: Cow<'de, str>,
}

impl<'de> de::MapAccess<'de> for Entries<'_, 'de> {
    type Error = Wrong;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Wrong> {
        if !self.walk.has_more() {
            return Ok(None);
        }
        self.name = self.walk.name();
        seed.deserialize(StrDeserializer::new(&self.name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        seed.deserialize(Node(self.walk)).map_err(|wrong| wrong.under(&self.name))
    }
}
