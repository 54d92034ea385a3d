//! Receipts: the delivery and reading of a message.

use crate::{Timestamp, controls::words};

words! {
    /// The standing of a message. A person's message is `received`. The project's message moves through the other
    /// states.
    Standing {
        Received = "received",
        /// Waits to be sent to somebody.
        Queued = "queued",
        Sent = "sent",
        /// Could not be sent.
        Failed = "failed",
        /// A reader got the message.
        Delivered = "delivered",
        /// Somebody marked the message as read.
        Read = "read",
    }
}

/// The receipt of a message. It is stored beside the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub standing: Standing,
    pub delivered_at: Option<Timestamp>,
    pub read_at: Option<Timestamp>,
}
