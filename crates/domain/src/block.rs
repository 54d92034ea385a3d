//! Blocks: the pieces of a model's answer as its provider made them.

use serde::{Deserialize, Serialize};

use crate::Kept;

/// The answer of one model call as the provider made it, in order and verbatim: signatures, redacted or encrypted
/// thinking, signatures of parts, ids of items. Only the provider understands them.
///
/// They are stored beside the message and are in no answer, stream, webhook or export. They are given back only to the
/// same origin. The ids of tool calls in them may differ from those of the message, which are unique within the thread:
/// the n-th call of the blocks is the n-th call of the message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blocks {
    pub origin: Origin,
    /// In the format of the wire. At most `block_bytes` in all.
    pub blocks: Vec<Kept>,
}

/// The maker of blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The configured name of the provider.
    pub provider: String,
    /// The protocol: `chat`, `responses`, `anthropic` or `gemini`.
    pub wire: String,
    /// The provider's name of the model.
    pub model: String,
}
