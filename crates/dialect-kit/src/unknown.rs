//! Query parameters that the operation does not know.

use domain::{Error, Result};
use http::{HeaderName, HeaderValue};

use crate::{Fault, query};

/// Names the ignored parameters.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-threadline-ignored");
/// Most names in the header, and most characters of each.
const NAMES_MAX: usize = 10;
const NAME_CHARS_MAX: usize = 64;

/// The names in the query that are not in `known`, as sent.
///
/// # Errors
/// `invalid_query` for a malformed query.
pub(crate) fn names<'q>(query: &'q str, known: &[String]) -> Result<Vec<&'q str>> {
    let mut unknown: Vec<&str> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let raw = pair.split_once('=').map_or(pair, |(name, _)| name);
        let name = query::name(raw)?;
        if !known.contains(&name) && !unknown.contains(&raw) {
            unknown.push(raw);
        }
    }
    Ok(unknown)
}

/// The refusal of a name.
pub(crate) fn refusal(raw: &str) -> Fault {
    match query::name(raw) {
        Ok(name) => Error::field(name, "unknown parameter").into(),
        Err(error) => error.into(),
    }
}

/// The names as a header, shortened if there are many. They stay percent-encoded as sent, so that none contains a comma
/// or a control character.
pub(crate) fn value(names: &[&str]) -> Option<HeaderValue> {
    let shown = |name: &&&str| {
        (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic() && b != b',')
    };
    let shown: Vec<&str> = names.iter().filter(shown).take(NAMES_MAX).copied().collect();
    HeaderValue::from_str(&shown.join(", ")).ok().filter(|value| !value.is_empty())
}
