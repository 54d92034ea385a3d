//! What a letter carries beside its text: addresses, subject, and the sender's own names for it.

use serde::{Deserialize, Serialize};

use crate::Kept;

/// Kept with a message that came or goes as a letter (Algoreg, e-mail). Addresses as written, one each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Envelope {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The project's own name for the customer who wrote it (Algoreg `from_customer_id`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_customer_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<String>,
    /// The sender's name for this message (Algoreg `ext_msg_id`, an e-mail's Message-ID).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The sender's name for the message that this one answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to_external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Whether the sender has marked it as read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<bool>,
    /// The delivery that the sender asked for, as sent. What becomes of it is the delivery's own state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_requested: Option<Kept>,
}

impl Envelope {
    /// Everyone the letter is for.
    pub fn recipients(&self) -> impl Iterator<Item = &str> {
        self.to.iter().chain(&self.cc).chain(&self.bcc).map(String::as_str)
    }
}
