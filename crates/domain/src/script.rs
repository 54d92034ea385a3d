//! Scripts of the model `scripted`: a documented feature, and the basis of all black-box tests.

use serde::{Deserialize, Serialize};

use crate::{Kept, fault::Fault, step::Stop, usage::Usage};

/// One reply of a scripted model. An agent's script is a list of replies, one for each call of the model within a turn;
/// the last repeats. Without `text` (and without `recite`, `tool_calls`, `error` or `hang`), it echoes the user's text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reply {
    /// Answers with the user's text: all messages since the agent's last one, joined by blank lines.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub echo: bool,
    /// Answers with the model's instructions.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub recite: bool,
    /// Answers with the transcript that the model was given, as JSON: a list of messages, each with `role`, `content`
    /// and, where the message has blocks, their `origin`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub recite_transcript: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Number of pieces into which the text is cut for streaming. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<u32>,
    /// Pause before each piece, in milliseconds. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Thinking before the text, cut into the same number of pieces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ScriptedCall>,
    /// Answers only when messages are left out of the transcript and a summary is made in their place.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub summary: bool,
    /// The reason for stopping that is reported. Default: `tool_calls` with calls, else `end`. After `pause` the model is
    /// called again at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// Blocks that the model gives with the answer, as a provider does.
    #[serde(skip_serializing_if = "<[Kept]>::is_empty")]
    pub blocks: Box<[Kept]>,
    /// Fails with this kind instead of ending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Fault>,
    /// With `error`: seconds after which a retry makes sense, as a provider reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    /// Never ends.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hang: bool,
    /// Ends the stream early after this many pieces, like a lost connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_after: Option<u32>,
    /// The tokens that the call reports, also if it fails. Default: an approximation; nothing for a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<Usage>>,
}

/// A tool call of a scripted model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedCall {
    /// Default: `call_<step>_<position>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub name: String,
    #[serde(default)]
    pub arguments: Kept,
}
