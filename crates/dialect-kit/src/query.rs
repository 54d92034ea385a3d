//! Query strings, decoded to a type, with the invalid parameter named.

use axum::extract::FromRequestParts;
use domain::{Error, codes};
use http::request::Parts;
use serde::{
    Deserializer,
    de::{self, DeserializeOwned, DeserializeSeed, Expected, Unexpected, Visitor, value::StrDeserializer},
    forward_to_deserialize_any,
};

use crate::{Fault, decode::Wrong, path::percent_decode};

/// The query as a struct. An extractor.
///
/// Unknown parameters are ignored here, because `Doors` checks them. A single parameter must not appear twice, and a
/// list parameter may be repeated. A parameter without `=` is an empty text.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        Ok(Self(parse(parts.uri.query().unwrap_or_default())?))
    }
}

/// # Errors
/// `invalid_parameter`, naming the parameter; `invalid_query` for a malformed query.
pub fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Error> {
    let parameters = group(query)?;
    T::deserialize(Parameters(parameters)).map_err(Wrong::into_error)
}

/// Name and values of each parameter, in the order of their first appearance.
fn group(query: &str) -> Result<Vec<(String, Vec<String>)>, Error> {
    let mut parameters: Vec<(String, Vec<String>)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = self::name(name)?;
        let value = text(value).ok_or_else(|| Wrong::text("not percent-encoded UTF-8").under(&name).into_error())?;
        match parameters.iter_mut().find(|(own, _)| *own == name) {
            Some((_, values)) => values.push(value),
            None => parameters.push((name, vec![value])),
        }
    }
    Ok(parameters)
}

/// The decoded name of a parameter.
///
/// # Errors
/// `invalid_query` for a malformed name.
pub(crate) fn name(raw: &str) -> Result<String, Error> {
    text(raw).ok_or_else(|| Error::invalid(codes::INVALID_QUERY, "The query is not percent-encoded UTF-8"))
}

fn text(raw: &str) -> Option<String> {
    percent_decode(raw, true).filter(|text| !text.contains('\0'))
}

struct Parameters(Vec<(String, Vec<String>)>);

impl<'de> Deserializer<'de> for Parameters {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_map(Entries { rest: self.0.into_iter(), entry: None })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Entries {
    rest: std::vec::IntoIter<(String, Vec<String>)>,
    entry: Option<(String, Vec<String>)>,
}

impl<'de> de::MapAccess<'de> for Entries {
    type Error = Wrong;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Wrong> {
        self.entry = self.rest.next();
        self.entry.as_ref().map(|(name, _)| seed.deserialize(StrDeserializer::new(name))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        let (name, values) = self.entry.take().expect("serde asks for a value after its key");
        seed.deserialize(Values(values)).map_err(|wrong| wrong.under(&name))
    }
}

/// All values of one parameter.
struct Values(Vec<String>);

impl Values {
    fn one(self) -> Result<String, Wrong> {
        let mut values = self.0.into_iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            _ => Err(Wrong::text("given more than once")),
        }
    }

    /// Parses the value as a `P` if it is `plain`, or returns an error that names the expected form.
    fn parsed<P: std::str::FromStr>(self, plain: fn(&str) -> bool, expected: &dyn Expected) -> Result<P, Wrong> {
        let value = self.one()?;
        let parsed = Some(&value).filter(|value| plain(value)).and_then(|value| value.parse().ok());
        parsed.ok_or_else(|| de::Error::invalid_value(Unexpected::Str(&value), expected))
    }
}

/// A whole number in its usual form: no plus sign, no leading zeros.
fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'))
}

/// A number in the form of JSON.
fn is_number(text: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(text).is_ok()
}

fn is_any(_: &str) -> bool {
    true
}

macro_rules! parse_as {
    ($($method:ident $visit:ident $as:ty, $plain:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            let value: $as = self.parsed($plain, &visitor)?;
            visitor.$visit(value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Values {
    type Error = Wrong;

    parse_as! {
        deserialize_bool visit_bool bool, is_any;
        deserialize_i8 visit_i64 i64, is_whole;
        deserialize_i16 visit_i64 i64, is_whole;
        deserialize_i32 visit_i64 i64, is_whole;
        deserialize_i64 visit_i64 i64, is_whole;
        deserialize_u8 visit_u64 u64, is_whole;
        deserialize_u16 visit_u64 u64, is_whole;
        deserialize_u32 visit_u64 u64, is_whole;
        deserialize_u64 visit_u64 u64, is_whole;
        deserialize_f32 visit_f64 f64, is_number;
        deserialize_f64 visit_f64 f64, is_number;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_string(self.one()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_seq(de::value::SeqDeserializer::new(self.0.into_iter().map(One)))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_enum(StrDeserializer::<Wrong>::new(&self.one()?))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier
    }
}

/// One of several values of a list.
struct One(String);

impl<'de> de::IntoDeserializer<'de, Wrong> for One {
    type Deserializer = Values;

    fn into_deserializer(self) -> Values {
        Values(vec![self.0])
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Page {
        limit: Option<u16>,
        cursor: Option<String>,
        wait: bool,
        types: Vec<String>,
        order: Option<Order>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Order {
        Asc,
        Desc,
    }

    #[test]
    fn known_parameters_are_read_and_others_ignored() {
        let page: Page = parse("limit=5&cursor=a%2Fb+c&utm=1&utm=2&types=x&types=y&order=desc&wait=true&&").unwrap();
        let types = vec!["x".into(), "y".into()];
        let cursor = Some("a/b c".into());
        assert_eq!(page, Page { limit: Some(5), cursor, wait: true, types, order: Some(Order::Desc) });
        assert_eq!(parse::<Page>("").unwrap(), Page::default());
    }

    #[test]
    fn the_parameter_at_fault_is_named() {
        for (query, path) in [
            ("limit=", "limit"),
            ("limit", "limit"),
            ("limit=x", "limit"),
            ("limit=-1", "limit"),
            ("limit=1.0", "limit"),
            ("limit=65536", "limit"),
            ("limit=%201", "limit"),
            ("limit=+5", "limit"),
            ("limit=%2B5", "limit"),
            ("limit=05", "limit"),
            ("limit=00", "limit"),
            ("limit=-0", "limit"),
            ("limit=%D9%A5", "limit"),
            ("limit=1&limit=2", "limit"),
            ("limit=1&limit=1", "limit"),
            ("wait=1", "wait"),
            ("order=up", "order"),
            ("cursor=%ff", "cursor"),
            ("cursor=%zz", "cursor"),
            ("cursor=%00", "cursor"),
        ] {
            let error = parse::<Page>(query).expect_err(query);
            assert_eq!(error.fields.first().map(|field| field.path.as_str()), Some(path), "{query}: {error:?}");
        }
        assert_eq!(parse::<Page>("%ff=1").expect_err("not UTF-8").code, codes::INVALID_QUERY);
    }
}
