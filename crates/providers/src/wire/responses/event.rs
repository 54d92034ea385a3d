//! The data of an event.

use domain::{Kept, usage::Usage};
use serde::Deserialize;

use crate::wire::lenient::lenient;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Event {
    #[serde(rename = "type", default, deserialize_with = "lenient")]
    pub kind: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub delta: String,
    #[serde(default, deserialize_with = "lenient")]
    pub output_index: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    item_id: String,
    #[serde(default, deserialize_with = "lenient")]
    content_index: u64,
    #[serde(default, deserialize_with = "lenient")]
    summary_index: u64,
    #[serde(default)]
    pub item: Option<Kept>,
    #[serde(default)]
    pub error: Option<Kept>,
    #[serde(default, deserialize_with = "lenient")]
    pub response: Response,
}

/// The answer as a whole.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Response {
    #[serde(default, deserialize_with = "lenient")]
    pub id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub model: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub status: String,
    #[serde(default, deserialize_with = "lenient")]
    pub output: Vec<Kept>,
    #[serde(default, deserialize_with = "lenient")]
    usage: Option<Counts>,
    #[serde(default, deserialize_with = "lenient")]
    pub incomplete_details: Incomplete,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Incomplete {
    #[serde(default, deserialize_with = "lenient")]
    pub reason: String,
}

/// An item of the output, as far as it is read.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Item {
    #[serde(rename = "type", default, deserialize_with = "lenient")]
    pub kind: String,
    #[serde(default, deserialize_with = "lenient")]
    pub id: String,
    #[serde(default, deserialize_with = "lenient")]
    pub status: String,
    #[serde(default, deserialize_with = "lenient")]
    pub call_id: String,
    #[serde(default, deserialize_with = "lenient")]
    pub name: String,
    #[serde(default, deserialize_with = "lenient")]
    pub arguments: String,
    #[serde(default, deserialize_with = "lenient")]
    pub encrypted_content: String,
    #[serde(default, deserialize_with = "lenient")]
    pub summary: Vec<Words>,
    #[serde(default, deserialize_with = "lenient")]
    pub content: Vec<Words>,
}

/// A part of an item: text, or a refusal.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Words {
    #[serde(default, deserialize_with = "lenient")]
    pub text: String,
    #[serde(default, deserialize_with = "lenient")]
    pub refusal: String,
}

impl Item {
    /// The readable thinking of a reasoning item.
    pub fn words(&self) -> &[Words] {
        if self.summary.is_empty() { &self.content } else { &self.summary }
    }
}

/// An item of the output, by its place there and its id. Some gateways change ids from event to event, and some servers
/// have no places.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub index: Option<u64>,
    pub id: String,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (self.index, other.index) {
            (Some(own), Some(other)) => own == other,
            _ => !self.id.is_empty() && self.id == other.id,
        }
    }
}

/// The place of a text within the answer: its item and its part.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    pub item: Key,
    pub part: u64,
}

impl Event {
    /// The place of a delta. A part of an item has either of the two indices.
    pub fn place(&self) -> Place {
        let item = Key { index: self.output_index, id: self.item_id.clone() };
        Place { item, part: self.content_index.max(self.summary_index) }
    }
}

#[derive(Debug, Default, Deserialize)]
struct Counts {
    /// All input, cached or not.
    #[serde(default, deserialize_with = "lenient")]
    input_tokens: u64,
    /// All output, thinking included.
    #[serde(default, deserialize_with = "lenient")]
    output_tokens: u64,
    #[serde(default, deserialize_with = "lenient")]
    input_tokens_details: InputDetails,
    #[serde(default, deserialize_with = "lenient")]
    output_tokens_details: OutputDetails,
}

#[derive(Debug, Default, Deserialize)]
struct InputDetails {
    #[serde(default, deserialize_with = "lenient")]
    cached_tokens: u64,
    #[serde(default, deserialize_with = "lenient")]
    cache_write_tokens: u64,
}

#[derive(Debug, Default, Deserialize)]
struct OutputDetails {
    #[serde(default, deserialize_with = "lenient")]
    reasoning_tokens: u64,
}

impl Response {
    pub fn usage(&self) -> Option<Usage> {
        let counts = self.usage.as_ref()?;
        let details = &counts.input_tokens_details;
        let input = counts.input_tokens.saturating_sub(details.cached_tokens);
        Some(Usage {
            input: input.saturating_sub(details.cache_write_tokens),
            cache_read: details.cached_tokens,
            cache_write: details.cache_write_tokens,
            output: counts.output_tokens,
            reasoning: counts.output_tokens_details.reasoning_tokens,
            ..Usage::default()
        })
    }
}
