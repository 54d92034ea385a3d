//! Converts a thread's log to the frames of Feather's stream.

use dialect_kit::Frame;
use domain::{
    event::Item,
    message::{Message, Role},
    receipt::Standing,
};

use crate::convert;

/// Reconnect delay of clients. The first message of a stream contains it, because some clients take a block without
/// data for a message.
pub const RETRY_MS: u32 = 3_000;

/// The message to the person in this item. All other items are skipped.
pub fn message(item: &Item) -> Option<&Message> {
    let Item::Entry(entry) = item else { return None };
    entry.message.as_ref().filter(|message| message.role == Role::Agent && message.body.is_listed())
}

/// The message with its id as the event's id, and without an event name, for `EventSource.onmessage`. Reading it here
/// counts as delivery.
pub fn frame(message: &Message) -> Frame {
    let head = convert::message::message_head(message, Standing::Delivered);
    let data = serde_json::to_string(&head).expect("texts and words are JSON");
    Frame { id: Some(head.id), data: Some(data), ..Frame::default() }
}
