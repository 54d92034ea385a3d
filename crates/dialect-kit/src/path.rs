//! Path parameters, decoded once and strictly.

use axum::extract::FromRequestParts;
use domain::Error;
use http::request::Parts;

use crate::Fault;

/// The parameters of the path. An extractor.
///
/// A value must be the text of one segment. An encoded slash or backslash, a control character, a malformed percent
/// escape, or bytes that are not UTF-8 make it invalid. An invalid value never parses, so the dialect answers as for
/// any malformed id.
#[derive(Clone, Debug, Default)]
pub struct Params(Vec<(Box<str>, Option<String>)>);

impl Params {
    pub(crate) fn decode<'a>(raw: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        Self(raw.map(|(name, value)| (name.into(), segment(value))).collect())
    }

    /// The decoded text. `None` if it is not the text of one segment.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| &**own == name)?.1.as_deref()
    }

    /// Parses the parameter with `read`.
    ///
    /// # Errors
    /// The error of `refuse`, if the value is not the text of one segment or `read` returns nothing.
    pub fn parse<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Option<T>,
        refuse: impl FnOnce() -> Error,
    ) -> Result<T, Error> {
        self.text(name).and_then(read).ok_or_else(refuse)
    }
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

fn segment(raw: &str) -> Option<String> {
    percent_decode(raw, false).filter(|text| !text.contains(|c: char| c == '/' || c == '\\' || c.is_control()))
}

/// Decodes percent escapes, and `+` as a space if `plus` is set. `None` for a malformed escape or bytes that are not
/// UTF-8.
pub(crate) fn percent_decode(raw: &str, plus: bool) -> Option<String> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            b'+' if plus => b' ',
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_the_text_of_one_segment_or_nothing() {
        for (raw, text) in [
            ("abc", Some("abc")),
            ("a%20b", Some("a b")),
            ("%D0%B0", Some("а")),
            ("a+b", Some("a+b")),
            ("..%2fadmin", None),
            ("..%5Cadmin", None),
            ("a%00", None),
            ("a%0a", None),
            ("%", None),
            ("%4", None),
            ("%zz", None),
            ("%ff", None),
            ("%+1", None),
        ] {
            let params = Params::decode([("id", raw)].into_iter());
            assert_eq!(params.text("id"), text, "{raw}");
        }
        assert_eq!(Params::default().text("id"), None);
    }
}
