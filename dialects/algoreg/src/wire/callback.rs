//! The requests to a callback URL.

use domain::Timestamp;
use serde::Serialize;

use super::{Message, Thread};

/// The body of a request to the callback URL. Delivery is retried until it succeeds; the same event keeps its
/// `event_id`.
#[derive(Serialize)]
pub struct Callback {
    pub event_id: String,
    /// `thread_updated` or `thread_message_updated`.
    pub event_code: &'static str,
    pub event_date: Timestamp,
    /// `system`, `api` or `web`.
    pub event_source: &'static str,
    pub data: Data,
}

/// The thread or the message, as of the time of sending.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Data {
    Thread(Box<Thread>),
    Message(Box<ThreadMessage>),
}

#[derive(Serialize)]
pub struct ThreadMessage {
    #[serde(flatten)]
    pub message: Message,
    pub thread_id: String,
}
