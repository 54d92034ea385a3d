//! The rules of fields, equal for every dialect. Each error names the invalid field.
//!
//! `path` is the field's dotted path, as in [`domain::error::Field`]. A function without it checks a field that has one
//! name everywhere.

mod address;
mod body;
mod envelope;
mod guests;
mod origin;
mod runner;
mod settings;

use domain::{Error, Limits, Map, Result, controls::Controls};
use providers::Models;

pub use address::parse_address;
pub(crate) use address::{address, plain_address, spelled_as_stored};
pub(crate) use body::body;
pub(crate) use envelope::envelope;
pub(crate) use guests::guests;
pub(crate) use origin::origins;
pub(crate) use runner::signing_key;
pub(crate) use settings::{budgets, overrides, settings};

/// The name of a project or an agent: `[a-z0-9]+(-[a-z0-9]+)*`.
pub(crate) fn slug(path: &str, name: &str, limits: &Limits) -> Result<()> {
    let words = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if name.is_empty() || !name.split('-').all(|word| !word.is_empty() && word.chars().all(words)) {
        return Err(Error::field(path, "must be lower-case letters and digits, with single hyphens between words"));
    }
    chars(path, name, limits.name_chars)
}

/// A name for people: one line with something visible.
pub(crate) fn label(path: &str, text: &str, chars_max: u64) -> Result<()> {
    not_blank(path, text)?;
    header_line(path, text)?;
    chars(path, text, chars_max)
}

/// A name for programs: like a label, without tabs.
pub(crate) fn identifier(path: &str, text: &str, chars_max: u64) -> Result<()> {
    not_blank(path, text)?;
    one_line(path, text)?;
    chars(path, text, chars_max)
}

/// Tells whether a text is more than one line or has invisible characters: control characters, and Unicode's line
/// separators.
pub fn breaks_line(text: &str) -> bool {
    text.chars().any(is_break)
}

fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

fn one_line(path: &str, text: &str) -> Result<()> {
    if breaks_line(text) { Err(Error::field(path, BROKEN)) } else { Ok(()) }
}

const BROKEN: &str = "must not contain line breaks or control characters";

/// Checks text for one line of an e-mail header: nothing in it may end the line. A tab counts as a blank, because
/// unfolded lines contain some.
pub(crate) fn header_line(path: &str, text: &str) -> Result<()> {
    match text.chars().any(|c| c != '\t' && is_break(c)) {
        true => Err(Error::field(path, BROKEN)),
        false => Ok(()),
    }
}

/// Checks text of any number of lines.
pub(crate) fn text(path: &str, text: &str, chars_max: u64) -> Result<()> {
    not_blank(path, text)?;
    chars(path, text, chars_max)
}

/// A thread's title.
pub(crate) fn title(title: &str, limits: &Limits) -> Result<()> {
    not_blank("title", title)?;
    chars("title", title, limits.title_chars)
}

/// Metadata of a thread, a message or an agent.
pub(crate) fn metadata(metadata: &Map, limits: &Limits) -> Result<()> {
    json_bytes("metadata", metadata, limits.metadata_bytes)
}

/// Tags of a thread: each is one line.
pub(crate) fn tag_names(names: &[String], limits: &Limits) -> Result<()> {
    tags(names, limits)?;
    names.iter().enumerate().try_for_each(|(i, name)| identifier(&format!("tags.{i}"), name, limits.tag_chars))
}

/// Settings that clients store without effect.
pub(crate) fn extras(extras: &Map, limits: &Limits) -> Result<()> {
    json_bytes("extras", extras, limits.extras_bytes)
}

/// Tags of a message or an agent.
pub(crate) fn tags(tags: &[String], limits: &Limits) -> Result<()> {
    at_most("tags", "tags", tags.len(), limits.tags)?;
    tags.iter().enumerate().try_for_each(|(i, tag)| {
        let path = format!("tags.{i}");
        not_blank(&path, tag)?;
        chars(&path, tag, limits.tag_chars)
    })
}

/// A model that a message or an agent may choose: one of the catalogue, or of the configuration.
pub(crate) fn model(path: &str, name: &str, limits: &Limits, models: &Models) -> Result<()> {
    match models.knows(name) {
        true => identifier(path, name, limits.name_chars),
        false => Err(unknown_model(path)),
    }
}

pub(crate) fn unknown_model(path: &str) -> Error {
    Error::field(path, "is not a known model")
}

/// Checks controls of a message, or an agent's defaults. `app::snapshots::check_snapshots` checks browser snapshots,
/// because that needs a transaction.
pub(crate) fn controls(controls: &Controls, limits: &Limits, models: &Models) -> Result<()> {
    for (path, name) in [("controls.model", &controls.model), ("controls.build_model", &controls.build_model)] {
        name.as_deref().map_or(Ok(()), |name| model(path, name, limits, models))?;
    }
    controls.locale.as_deref().map_or(Ok(()), |tag| locale("controls.locale", tag, limits))?;
    json_bytes("controls.hints", &controls.hints, limits.metadata_bytes)?;
    let snapshots = controls.browser_snapshots.as_ref().map_or(0, Vec::len);
    at_most("controls.browser_snapshots", "browser snapshots", snapshots, limits.snapshot_ids)
}

/// A language tag, BCP 47.
pub(crate) fn locale(path: &str, tag: &str, limits: &Limits) -> Result<()> {
    if tag.is_empty() || !tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
        return Err(Error::field(path, "must be a language tag like `en` or `uk-UA`"));
    }
    chars(path, tag, limits.name_chars)
}

/// Checks the size of the stored JSON.
pub(crate) fn json_bytes(path: &str, value: &impl serde::Serialize, max: u64) -> Result<()> {
    let json = serde_json::to_vec(value).map_err(Error::internal)?;
    at_most(path, "bytes of JSON", json.len(), max)
}

/// Checks a number of items in the field against its limit. `what` names the items.
pub(crate) fn at_most(path: &str, what: &str, count: usize, max: u64) -> Result<()> {
    match count as u64 <= max {
        true => Ok(()),
        false => Err(Error::field(path, format!("must have at most {max} {what}"))),
    }
}

/// Checks the number of characters. Clients count characters, not bytes.
pub(crate) fn chars(path: &str, text: &str, max: u64) -> Result<()> {
    at_most(path, "characters", text.chars().count(), max)
}

fn not_blank(path: &str, text: &str) -> Result<()> {
    match text.trim().is_empty() {
        false => Ok(()),
        true => Err(Error::field(path, "must not be empty")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The path of the error; empty if there is none.
    fn at_fault(outcome: Result<()>) -> String {
        outcome.err().map(|e| e.fields[0].path.clone()).unwrap_or_default()
    }

    #[test]
    fn a_slug_is_words_joined_by_single_hyphens() {
        let limits = Limits::default();
        for good in ["a", "0", "support-2", "a-b-c", &"a".repeat(64)] {
            assert_eq!(at_fault(slug("name", good, &limits)), "", "{good}");
        }
        for bad in ["", "-", "a-", "-a", "a--b", "A", "a b", "a_b", "ä", "a\n", &"a".repeat(65)] {
            assert_eq!(at_fault(slug("name", bad, &limits)), "name", "{bad:?}");
        }
    }

    #[test]
    fn limits_hold_at_the_limit_and_refuse_one_past_it() {
        let limits =
            Limits { title_chars: 3, tags: 2, tag_chars: 2, metadata_bytes: 8, extras_bytes: 9, ..Limits::default() };
        let map = |value: serde_json::Value| serde_json::from_value(value).expect("an object");
        let words = |words: &[&str]| words.iter().map(|w| String::from(*w)).collect::<Vec<_>>();
        assert_eq!(at_fault(title("äöü", &limits)), "");
        assert_eq!(at_fault(title("abcd", &limits)), "title");
        assert_eq!(at_fault(title(" \t", &limits)), "title");
        assert_eq!(at_fault(tags(&words(&["aa", "b"]), &limits)), "");
        assert_eq!(at_fault(tags(&words(&["aa", "bbb"]), &limits)), "tags.1");
        assert_eq!(at_fault(tags(&words(&["", "b"]), &limits)), "tags.0");
        assert_eq!(at_fault(tags(&words(&["a", "b", "c"]), &limits)), "tags");
        assert_eq!(at_fault(metadata(&map(json!({"a": 12})), &limits)), "");
        assert_eq!(at_fault(metadata(&map(json!({"a": 123})), &limits)), "metadata");
        assert_eq!(at_fault(extras(&map(json!({"a": 123})), &limits)), "");
        assert_eq!(at_fault(extras(&map(json!({"a": 1234})), &limits)), "extras");
    }

    #[test]
    fn controls_name_models_of_the_catalogue() {
        let check = |value: serde_json::Value| {
            let parsed: Controls = serde_json::from_value(value).expect("controls");
            at_fault(controls(&parsed, &Limits::default(), &Models::default()))
        };
        assert_eq!(check(json!({"model": "gpt-5.5", "build_model": "echo", "locale": "uk-UA"})), "");
        assert_eq!(check(json!({"model": "gpt-5.6"})), "controls.model");
        assert_eq!(check(json!({"model": "scripted"})), "controls.model");
        assert_eq!(check(json!({"build_model": ""})), "controls.build_model");
        assert_eq!(check(json!({"locale": "uk UA"})), "controls.locale");
        assert_eq!(check(json!({"hints": {"a": "x".repeat(70_000)}})), "controls.hints");
    }

    #[test]
    fn nothing_in_a_header_line_ends_the_line() {
        assert_eq!(at_fault(header_line("subject", "Re: Ünïcödé \u{202e}")), "");
        assert_eq!(at_fault(header_line("subject", "One\tTwo")), "");
        for bad in ["a\r\nBcc: b@c", "a\n", "a\r", "a\0", "a\u{85}", "a\u{2028}", "a\u{2029}"] {
            assert_eq!(at_fault(header_line("subject", bad)), "subject", "{bad:?}");
        }
    }

    #[test]
    fn a_label_is_one_visible_line() {
        assert_eq!(at_fault(label("name", "Anna – on-call 🚒", 64)), "");
        assert_eq!(at_fault(label("name", "Ann\tLee", 64)), "");
        assert_eq!(at_fault(label("name", "\t", 64)), "name");
        assert_eq!(at_fault(identifier("id", "a\tb", 64)), "id");
        for bad in ["", "  ", "a\nb", "a\u{0}", "a\u{85}b", "a\u{2028}b", "abcdefghi"] {
            assert_eq!(at_fault(label("name", bad, 8)), "name", "{bad:?}");
        }
    }
}
