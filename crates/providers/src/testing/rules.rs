//! What all vendors have in common.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{memory::Memory, plan::Plan};

/// A vendor's side of a wire.
pub(super) trait Vendor: Sync {
    fn wire(&self) -> &'static str;

    /// Tells whether an answer may pause.
    fn pauses(&self) -> bool {
        false
    }

    /// Reads a request.
    ///
    /// # Errors
    /// The first thing that the vendor refuses.
    fn read(&self, path: &str, body: &Value, memory: &Memory) -> Result<Asked, Complaint>;

    /// Tells an answer. `sign` makes a signature of a kind.
    fn tell(&self, asked: &Asked, plan: &Plan, sign: &mut dyn FnMut(&str) -> String) -> Told;

    /// The body of a refusal.
    fn refusal(&self, complaint: &Complaint) -> Value {
        self.error(400, complaint.code, &complaint.words)
    }

    /// The body of an error.
    fn error(&self, status: u16, code: &str, words: &str) -> Value;

    /// An error within a stream, as bytes of the stream.
    fn error_event(&self, status: u16, code: &str, words: &str) -> String {
        data(&self.error(status, code, words))
    }
}

/// What a request asks.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) model: String,
    /// The newest user text.
    pub(super) text: String,
    /// Number of the agent's messages behind that text.
    pub(super) round: usize,
    /// Tells whether encrypted items are wanted.
    pub(super) encrypted: bool,
}

impl Asked {
    /// The last line of the newest user text.
    pub(super) fn line(&self) -> &str {
        self.text.lines().last().unwrap_or_default()
    }
}

/// An answer in the words of a wire.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Server-sent events as bytes of the stream.
    pub(super) events: Vec<String>,
    /// The blocks that have to come back.
    pub(super) blocks: Vec<Value>,
}

/// The reason of a refusal.
#[derive(Debug)]
pub(super) struct Complaint {
    pub(super) code: &'static str,
    pub(super) words: String,
}

/// The member, if it is a text. Otherwise the empty text.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The member, if it is a list. Otherwise the empty list.
pub(super) fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Refuses unless the condition holds.
pub(super) fn demand(holds: bool, words: impl FnOnce() -> String) -> Result<(), Complaint> {
    if holds { Ok(()) } else { Err(words().into()) }
}

/// Holds that the name has only letters, digits, `_` and `-`, and at most so many of them.
pub(super) fn demand_name(name: &str, most: usize) -> Result<(), Complaint> {
    let is_of = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let holds = !name.is_empty() && name.len() <= most && name.chars().all(is_of);
    demand(holds, || format!("'{name}' does not match '^[a-zA-Z0-9_-]{{1,{most}}}$'"))
}

/// Holds that no two are equal.
pub(super) fn demand_unique<'n>(names: impl IntoIterator<Item = &'n str>, what: &str) -> Result<(), Complaint> {
    let mut seen = HashSet::new();
    for name in names {
        demand(seen.insert(name), || format!("{what} must be unique: {name}"))?;
    }
    Ok(())
}

/// Holds that the text is a JSON object.
pub(super) fn demand_object(text: &str) -> Result<(), Complaint> {
    let object = serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object());
    demand(object, || format!("the arguments are no JSON object: {text}"))
}

/// The arguments as they may come back: an object.
pub(super) fn sendable(arguments: &str) -> &str {
    if demand_object(arguments).is_ok() { arguments } else { "{}" }
}

/// The body of an error of OpenAI's.
pub(super) fn openai_error(status: u16, code: &str, words: &str) -> Value {
    let kind = if status < 500 { "invalid_request_error" } else { "server_error" };
    json!({"error": {"message": words, "type": kind, "code": code}})
}

/// A server-sent event without a name.
pub(super) fn data(value: &Value) -> String {
    format!("data: {value}\n\n")
}
