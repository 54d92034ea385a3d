//! What has become of a message after it was written.

use crate::{Timestamp, controls::words};

words! {
    /// How a message stands. What a person says has come in; what the project says goes the way of the others, as far as it
    /// has come.
    Standing {
        Received = "received",
        /// Owed to somebody, and not yet sent.
        Queued = "queued",
        Sent = "sent",
        /// It was owed to somebody, and could not be sent.
        Failed = "failed",
        /// A reader was given it.
        Delivered = "delivered",
        /// Somebody says that they have read it.
        Read = "read",
    }
}

/// What has become of a message. Beside the log, and not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub standing: Standing,
    pub delivered_at: Option<Timestamp>,
    pub read_at: Option<Timestamp>,
}
