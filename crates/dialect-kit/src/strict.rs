//! Strict JSON: UTF-8, one value, no duplicate keys, no NUL, bounded nesting.
//!
//! Only the names of open objects are kept in memory. A refused body and an unread field cost no memory beyond their
//! bytes.

use std::{borrow::Cow, fmt};

use domain::{Error, codes};
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};

/// Text that is one JSON value by the rules of this module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checked<'b>(&'b str);

impl<'b> Checked<'b> {
    pub fn text(self) -> &'b str {
        self.0
    }
}

/// Checks that the bytes are one value.
///
/// # Errors
/// `invalid_json`, with the place.
pub(crate) fn check(bytes: &[u8], depth: u64) -> Result<Checked<'_>, Error> {
    let refuse = |message: String| Error::invalid(codes::INVALID_JSON, message);
    if bytes.is_empty() {
        return Err(refuse("The body is empty; JSON is expected".into()));
    }
    let text = std::str::from_utf8(bytes).map_err(|why| refuse(format!("The body is not UTF-8: {why}")))?;
    if text.starts_with('\u{feff}') {
        return Err(refuse("The body starts with a byte order mark".into()));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Strict { depth }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|why| refuse(format!("The body is not valid JSON: {why}")))?;
    Ok(Checked(text))
}

/// Checks a value with up to `depth` nested arrays and objects.
#[derive(Clone, Copy)]
struct Strict {
    depth: u64,
}

impl Strict {
    /// The check of values inside this array or object.
    fn below<E: de::Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth }),
            None => Err(E::custom("nested too deep")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        if value.is_finite() { Ok(()) } else { Err(E::custom("number out of range")) }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        without_nul(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let below = self.below()?;
        while elements.next_element_seed(below)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let below = self.below()?;
        let mut names = Vec::new();
        while let Some(name) = entries.next_key_seed(Name)? {
            without_nul(&name)?;
            names.push(name);
            entries.next_value_seed(below)?;
        }
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            None => Ok(()),
            Some(twice) => {
                let shown: String = twice[0].chars().take(64).collect();
                Err(de::Error::custom(format!("the key `{shown}` appears twice")))
            }
        }
    }
}

/// The name of an object's member, borrowed unless it contains escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

fn without_nul<E: de::Error>(text: &str) -> Result<(), E> {
    match text.contains('\0') {
        true => Err(E::custom("a string contains NUL")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        let error = check(bytes, 3).expect_err("refused");
        assert_eq!(error.code, codes::INVALID_JSON);
        error.message
    }

    #[test]
    fn good_json_is_taken() {
        for text in [
            r#"{"a":[1,-2,1.5,true,null,"\ud83d\ude00\u0001"]}"#,
            "0",
            r#""x""#,
            "[[[]]]",
            r#"{"a":{"a":1},"b":{"a":-0}}"#,
            "[[[1]]]",
        ] {
            assert_eq!(check(text.as_bytes(), 3).unwrap().text(), text);
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
            (br#"{"a":1,"a":1}"#, "`a` appears twice"),
            (br#"{"a":1,"\u0061":1}"#, "`a` appears twice"),
            (br#"{"a":[{"b":1,"b":2}]}"#, "`b` appears twice"),
            (br#"{"a":1,"b":{"a":1},"c":2,"a":3}"#, "`a` appears twice"),
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
