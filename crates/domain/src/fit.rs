//! The fit of a thread's transcript to a model's window.

use serde::{Deserialize, Serialize};

/// The part of a thread that its models read. It is stored once and stays until the transcript outgrows the window
/// again, so that the beginning of a prompt is the same from turn to turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fit {
    /// The entry of the first message that is read, in running order. Absent: all messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// The lowest entry of the messages that are read. A turn that waited for long may have an entry below `from`.
    pub lowest: i64,
    /// Long results of tools below this entry are shortened.
    pub shortened_below: i64,
    /// Pictures below this entry are named only.
    pub named_below: i64,
    /// The summary of the messages that are left out, by a model. Absent: the prompt says only that some are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}
