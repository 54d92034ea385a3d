//! The envelope: the fields of an e-mail beside its text.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The fields of an e-mail beside its text. Each address is one, as it was written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The project's own name for the customer who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_customer_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<String>,
    /// The sender's own name for the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The sender's own name for the message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to_external_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Whether the sender has marked it as read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<bool>,
    /// The delivery that the sender asked for, as sent. The message's `delivery` has its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub delivery_requested: Option<domain::Kept>,
}

impl From<Envelope> for domain::envelope::Envelope {
    fn from(wire: Envelope) -> Self {
        Self {
            from: wire.from,
            from_customer_id: wire.from_customer_id,
            to: wire.to,
            cc: wire.cc,
            bcc: wire.bcc,
            subject: wire.subject,
            mailbox: wire.mailbox,
            external_id: wire.external_id,
            reply_to_external_id: wire.reply_to_external_id,
            priority: wire.priority,
            read: wire.read,
            delivery_requested: wire.delivery_requested,
        }
    }
}

impl From<domain::envelope::Envelope> for Envelope {
    fn from(envelope: domain::envelope::Envelope) -> Self {
        Self {
            from: envelope.from,
            from_customer_id: envelope.from_customer_id,
            to: envelope.to,
            cc: envelope.cc,
            bcc: envelope.bcc,
            subject: envelope.subject,
            mailbox: envelope.mailbox,
            external_id: envelope.external_id,
            reply_to_external_id: envelope.reply_to_external_id,
            priority: envelope.priority,
            read: envelope.read,
            delivery_requested: envelope.delivery_requested,
        }
    }
}
