//! From a thread's log to the frames of Feather's stream.

use dialect_kit::Frame;
use domain::{
    event::Item,
    message::{Message, Role},
    receipt::Standing,
};

use crate::convert;

/// How long a client waits before it comes back. A stream's first message says it: some clients take a block without data for a
/// message.
pub const RETRY_MS: u32 = 3_000;

/// The message towards the person that the item is, if it is one. All else that a log has is not told.
pub fn message(item: &Item) -> Option<&Message> {
    let Item::Entry(entry) = item else { return None };
    entry.message.as_ref().filter(|message| message.role == Role::Agent && message.body.is_listed())
}

/// The message, with its id as the event's and no event name: `EventSource.onmessage` takes it. Whoever reads it here has been
/// given it.
pub fn frame(message: &Message) -> Frame {
    let head = convert::message::message_head(message, Standing::Delivered);
    let data = serde_json::to_string(&head).expect("texts and words are JSON");
    Frame { id: Some(head.id), data: Some(data), ..Frame::default() }
}
