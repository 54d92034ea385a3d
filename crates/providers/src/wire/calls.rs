//! Ids and arguments of tool calls, which models get wrong.

use std::collections::HashSet;

use domain::Kept;

use crate::names::replaced;

/// Most bytes of an id that OpenAI takes.
const ID_BYTES: usize = 64;

/// The ids of the calls of one answer. Each id is given out once.
#[derive(Debug)]
pub(super) struct Ids {
    /// Number of the answer's model call within its turn, from 1.
    call: u32,
    count: usize,
    given_out: HashSet<String>,
}

impl Ids {
    /// For the answer to a request with this number of earlier calls ([`crate::Request::call`]).
    pub fn new(call: u32) -> Self {
        Self { call: call.saturating_add(1), count: 0, given_out: HashSet::new() }
    }

    /// The id of the next call: the provider's, or an own one if it is missing, empty or taken.
    pub fn next(&mut self, provided: Option<&str>) -> String {
        self.count += 1;
        let provided = provided.filter(|id| !id.is_empty() && !self.given_out.contains(*id)).map(str::to_owned);
        let id = provided.unwrap_or_else(|| self.own());
        self.given_out.insert(id.clone());
        id
    }

    fn own(&self) -> String {
        let mut id = format!("call_{}_{}", self.call, self.count);
        while self.given_out.contains(&id) {
            id.push('_');
        }
        id
    }
}

/// The id of an earlier call as it goes back: another provider's long id is cut, always in the same way.
pub(super) fn id(own: &str) -> String {
    if own.len() <= ID_BYTES { own.to_owned() } else { replaced(own, 0) }
}

/// The arguments of a call, read once when the call is complete. No text is an object without members. A text that is
/// not a JSON object becomes a JSON string of it, which the caller turns into an error for the model.
pub(super) fn arguments(text: &str) -> Kept {
    if text.trim().is_empty() {
        return Kept::from(domain::Map::new());
    }
    serde_json::from_str::<Kept>(text).ok().filter(Kept::is_object).unwrap_or_else(|| Kept::from(text))
}

/// The arguments of an earlier call as they go back: an object as its own text, anything else as `{}`.
pub(super) fn sendable(arguments: &Kept) -> &str {
    if arguments.is_object() { arguments.text() } else { "{}" }
}

/// The same as a value.
pub(super) fn object(arguments: &Kept) -> Kept {
    if arguments.is_object() { arguments.clone() } else { domain::Map::new().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_providers_unless_it_is_missing_or_taken() {
        let mut ids = Ids::new(1);
        let given = [Some("a"), None, Some(""), Some("a"), Some("call_2_6"), Some("a"), Some("b")];
        let ids: Vec<String> = given.into_iter().map(|id| ids.next(id)).collect();
        assert_eq!(ids, ["a", "call_2_2", "call_2_3", "call_2_4", "call_2_6", "call_2_6_", "b"]);
    }

    #[test]
    fn arguments_are_an_object_or_the_text_that_is_none() {
        for (text, read) in [
            ("", "{}"),
            (" \n", "{}"),
            ("{}", "{}"),
            (r#"{"z": 1.50, "a": 12345678901234567890123}"#, r#"{"z":1.50,"a":12345678901234567890123}"#),
            ("[1]", r#""[1]""#),
            ("null", r#""null""#),
            (r#"{"a": "#, r#""{\"a\": ""#),
            (r#"{"a":1}{"a":1}"#, r#""{\"a\":1}{\"a\":1}""#),
            (r#""x""#, r#""\"x\"""#),
        ] {
            assert_eq!(arguments(text).text(), read, "{text}");
        }
    }

    #[test]
    fn only_an_object_goes_back() {
        for (text, sent) in [(r#"{"a":1.0}"#, r#"{"a":1.0}"#), (r#""{\"a""#, "{}"), ("null", "{}"), ("[]", "{}")] {
            assert_eq!(sendable(&serde_json::from_str::<Kept>(text).unwrap()), sent);
        }
    }
}
