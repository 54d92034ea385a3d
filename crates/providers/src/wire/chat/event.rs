//! The data of an event, in every server's spelling.

use domain::{Kept, Map, usage::Usage};
use serde::Deserialize;

use crate::wire::lenient::lenient;

/// One chunk of an answer.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Event {
    #[serde(default, deserialize_with = "lenient")]
    pub id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub model: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    object: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub choices: Vec<Choice>,
    #[serde(default, deserialize_with = "lenient")]
    usage: Option<Counts>,
    #[serde(default)]
    error: Option<Kept>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Choice {
    #[serde(default, deserialize_with = "lenient")]
    pub index: u64,
    #[serde(default, deserialize_with = "lenient")]
    pub delta: Delta,
    #[serde(default, deserialize_with = "lenient")]
    pub finish_reason: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    usage: Option<Counts>,
    #[serde(default)]
    pub error: Option<Kept>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Delta {
    #[serde(default, deserialize_with = "lenient")]
    pub content: String,
    #[serde(default, deserialize_with = "lenient")]
    pub refusal: String,
    #[serde(default, deserialize_with = "lenient")]
    pub reasoning_content: String,
    #[serde(default, deserialize_with = "lenient")]
    pub reasoning: String,
    #[serde(default, deserialize_with = "lenient")]
    pub reasoning_details: Vec<Map>,
    #[serde(default, deserialize_with = "lenient")]
    pub tool_calls: Vec<CallPiece>,
}

/// A piece of a call. Each field may be missing.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct CallPiece {
    #[serde(default, deserialize_with = "lenient")]
    pub index: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    pub id: String,
    #[serde(default, deserialize_with = "lenient")]
    pub function: FunctionPiece,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct FunctionPiece {
    #[serde(default, deserialize_with = "lenient")]
    pub name: String,
    /// The next piece of a text, or the whole as an object.
    #[serde(default)]
    arguments: Option<Kept>,
}

impl FunctionPiece {
    pub fn arguments(&self) -> String {
        self.arguments.clone().map(Kept::into_plain).unwrap_or_default()
    }
}

impl Event {
    /// Tells whether the event is an error and no chunk.
    pub fn is_error(&self) -> bool {
        self.error.is_some() || self.object.as_deref() == Some("error")
    }

    /// The usage so far. Moonshot tells it within the choice.
    pub fn usage(&self) -> Option<Usage> {
        let counts = self.usage.as_ref().or_else(|| self.choices.iter().find_map(|choice| choice.usage.as_ref()));
        counts.map(Counts::usage)
    }
}

/// The tokens of an answer.
#[derive(Debug, Default, Deserialize)]
struct Counts {
    /// All input, cached or not.
    #[serde(default, deserialize_with = "lenient")]
    prompt_tokens: u64,
    #[serde(default, deserialize_with = "lenient")]
    completion_tokens: u64,
    #[serde(default, deserialize_with = "lenient")]
    total_tokens: u64,
    #[serde(default, deserialize_with = "lenient")]
    prompt_tokens_details: PromptDetails,
    #[serde(default, deserialize_with = "lenient")]
    completion_tokens_details: CompletionDetails,
    /// DeepSeek's name of the cached input.
    #[serde(default, deserialize_with = "lenient")]
    prompt_cache_hit_tokens: Option<u64>,
    /// Moonshot's name of the cached input.
    #[serde(default, deserialize_with = "lenient")]
    cached_tokens: Option<u64>,
    /// LiteLLM's name of the input that was written to a cache.
    #[serde(default, deserialize_with = "lenient")]
    cache_creation_input_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct PromptDetails {
    #[serde(default, deserialize_with = "lenient")]
    cached_tokens: Option<u64>,
    /// OpenRouter's name of the input that was written to a cache.
    #[serde(default, deserialize_with = "lenient")]
    cache_write_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct CompletionDetails {
    #[serde(default, deserialize_with = "lenient")]
    reasoning_tokens: u64,
}

impl Counts {
    /// xAI leaves thinking out of `completion_tokens`, though not out of the total.
    fn usage(&self) -> Usage {
        let details = &self.prompt_tokens_details;
        let read = details.cached_tokens.or(self.prompt_cache_hit_tokens).or(self.cached_tokens).unwrap_or(0);
        let write = details.cache_write_tokens.or(self.cache_creation_input_tokens).unwrap_or(0);
        Usage {
            input: self.prompt_tokens.saturating_sub(read).saturating_sub(write),
            cache_read: read,
            cache_write: write,
            output: self.completion_tokens.max(self.total_tokens.saturating_sub(self.prompt_tokens)),
            reasoning: self.completion_tokens_details.reasoning_tokens,
            ..Usage::default()
        }
    }
}
