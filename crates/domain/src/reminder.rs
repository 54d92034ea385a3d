//! Reminders, which are timers on threads, and deliveries to the outside.

use crate::{DeliveryId, MessageId, ProjectId, ThreadId, Timestamp, controls::words};

/// A timer on a thread. It fires `delay_s` after it was set or last fired, `number_left` times, unless a customer
/// writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    pub thread: ThreadId,
    pub project: ProjectId,
    pub delay_s: i64,
    pub number_left: i64,
    pub due_at: Timestamp,
}

words! {
    /// The medium of a delivery.
    DeliveryKind { Mail = "mail" }
}

words! {
    DeliveryState { Pending = "pending", Sent = "sent", Failed = "failed" }
}

/// A delivery of a message to the outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub project: ProjectId,
    pub thread: ThreadId,
    pub message: MessageId,
    pub kind: DeliveryKind,
    pub state: DeliveryState,
    pub created_at: Timestamp,
}
