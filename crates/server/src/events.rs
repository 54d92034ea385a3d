//! The page of the documentation that tells of each type of events.

use crate::dialects::examples::{self, Example};

const INTRODUCTION: &str = "\
# Events

Made by `threadline config --markdown docs` from the code; a test fails when the two differ.

A thread is a log of events. `GET /threadline/v1/threads/{thread}/events` shows it as a list, and with
`Accept: text/event-stream` as a stream: there `id:` is the event's position, `event:` its type, `data:` the event. Webhooks tell the
same events in the envelope of [webhooks](webhooks.md).

Every event has `seq`, `thread`, `at`, `type` and `data`. `seq` is 1, 2, 3 … without gaps within the thread. `turn` is there where
the event belongs to a turn. Fields without a value are left out. A client ignores types and fields that it does not know: later versions
may add some.

The examples do not form the log of one thread.
";

/// `events.md`.
pub fn page() -> String {
    examples::events().iter().fold(INTRODUCTION.to_owned(), |page, example| page + &section(example))
}

fn section(Example { kind, meaning, event }: &Example) -> String {
    let event = serde_json::to_string_pretty(event).expect("its keys are texts, and it holds no map of others");
    format!("\n## `{kind}`\n\n{meaning}\n\n```json\n{event}\n```\n")
}
