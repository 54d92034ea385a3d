//! From a thread's log to the frames of Feather's stream.

use dialect_kit::Frame;
use domain::{event::Item, message::Role};

use crate::convert;

/// How long a client waits before it comes back.
const RETRY_MS: u32 = 3_000;

/// What every stream begins with.
pub fn opening() -> Frame {
    Frame { retry_ms: Some(RETRY_MS), ..Frame::default() }
}

/// A message towards the person, with its id as the event's and no event name: `EventSource.onmessage` takes it. All else
/// that a log has is not told.
pub fn frame(item: &Item) -> Option<Frame> {
    let Item::Entry(entry) = item else { return None };
    let message = entry.message.as_ref().filter(|message| message.role == Role::Agent && message.body.is_listed())?;
    let head = convert::message_head(message);
    let data = serde_json::to_string(&head).expect("texts and words are JSON");
    Some(Frame { id: Some(head.id), data: Some(data), ..Frame::default() })
}
