//! The record of a finished step.

use serde::{Deserialize, Serialize};

use crate::{
    controls::{Reasoning, Speed, words},
    usage::{Usage, Usd},
};

words! {
    /// The reason why a model stopped.
    Stop {
        /// The answer is whole.
        End = "end",
        /// The model waits for tool results.
        ToolCalls = "tool_calls",
        /// The answer reached the largest output.
        MaxTokens = "max_tokens",
        /// The model wrote a stop sequence.
        Sequence = "sequence",
        /// The provider paused a long answer. The answer goes back unchanged, and the model continues.
        Pause = "pause",
        /// The model refused to answer.
        Refusal = "refusal",
        /// The provider's filter stopped the answer.
        Filter = "filter",
        /// The conversation filled the model's window.
        Window = "window",
    }
}

words! {
    /// A fact about a call that its caller should know, although the call succeeded.
    Warning {
        /// The provider has read far less than it was sent. It may have cut the prompt without a word.
        InputCut = "input_cut",
    }
}

/// The log's record of one finished model call. It rides with the message that the call made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The configured name of the provider. Absent for `echo` and `scripted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The provider's name of the model.
    pub model: String,
    pub usage: Usage,
    pub stop: Stop,
    /// The cost of the call. Absent if the price is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Usd>,
    /// Number of failed calls before it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failed_tries: u32,
    /// The reasoning that was asked for, after controls were lowered to words that the model takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Reasoning>,
    /// The speed that was asked for, after controls were lowered to words that the model takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
    /// The provider's id of the request, for its support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// True if the agent's own program reported it. The server has only bounded the numbers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reported: bool,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}
