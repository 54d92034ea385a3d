//! Envelopes: the addresses, subject and external ids of an e-mail message.

use serde::{Deserialize, Serialize};

use crate::Kept;

/// The envelope of a message from or to e-mail (Algoreg, e-mail). Each address is stored as written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Envelope {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The project's own id of the customer who wrote the message (Algoreg `from_customer_id`).
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
    /// The sender's own id of the message (Algoreg `ext_msg_id`, an e-mail's Message-ID).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The sender's own id of the message that this one answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to_external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// True if the sender has marked the message as read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<bool>,
    /// The requested delivery, as sent. The delivery itself has the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_requested: Option<Kept>,
}

impl Envelope {
    /// All recipients of the message.
    pub fn recipients(&self) -> impl Iterator<Item = &str> {
        self.to.iter().chain(&self.cc).chain(&self.bcc).map(String::as_str)
    }
}
