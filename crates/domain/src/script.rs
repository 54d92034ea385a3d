//! What a scripted model says: a documented feature, and what every black-box test runs on.

use serde::{Deserialize, Serialize};

use crate::{Kept, fault::Fault};

/// One reply of a scripted model. An agent's script is a list of them, one for each call of the model within a turn;
/// the last repeats. Without `text` (and without `recite`, `tool_calls`, `error` or `hang`) it echoes the user's text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reply {
    /// Answer with what the user said: all messages since the agent last spoke, joined by blank lines.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub echo: bool,
    /// Answer with the instructions that the model was given.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub recite: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Into how many pieces the text is cut for streaming; 1 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<u32>,
    /// Pause before each piece, in milliseconds; 0 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Thought aloud before the text, cut into the same number of pieces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ScriptedCall>,
    /// Fail with this kind instead of ending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Fault>,
    /// With `error`: after how many seconds another try makes sense, as a provider says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    /// Never end.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hang: bool,
    /// Break the stream off after so many pieces, as a lost connection would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_after: Option<u32>,
}

/// A tool call that a scripted model asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedCall {
    /// Absent: `call_<step>_<position>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub name: String,
    #[serde(default)]
    pub arguments: Kept,
}
