//! Events as frames of the stream.

use dialect_kit::Frame;

use crate::wire;

/// Milliseconds after which a client reconnects.
const RETRY_MS: u32 = 100;

/// The first frame of every stream, by which the SDKs recognize a working connection.
pub fn connected() -> Frame {
    frame("connected", r#"{"status":"connected"}"#.into())
}

/// The last frame of a stream that ends on purpose. The SDKs reconnect at once and do not count a failure.
pub fn disconnecting() -> Frame {
    frame("disconnecting", format!(r#"{{"reason":"connection_cycle","retry_ms":{RETRY_MS}}}"#))
}

/// Only an event with a sequence has an SSE `id:`.
pub fn of_event(kind: &'static str, event: &wire::Event) -> Frame {
    let data = serde_json::to_string(event).expect("what goes over the wire has text for its keys");
    Frame { id: event.sequence.map(|_| event.id.clone()), ..frame(kind, data) }
}

fn frame(event: &'static str, data: String) -> Frame {
    Frame { event: Some(event.into()), retry_ms: Some(RETRY_MS), data: Some(data), ..Frame::default() }
}
