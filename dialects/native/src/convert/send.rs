//! Messages on their way in.

use domain::{
    Error, Result,
    author::ExternalActor,
    message::{Body, Part},
};

use super::part;
use crate::wire::{self, NewPart, PartFields};

/// The door's name on messages that come in by it.
pub const DOOR: &str = "native";

/// What the message says: `text` or `content`, exactly one of them.
///
/// # Errors
/// `invalid` for both or neither, and for a part with a field too many or too few.
pub fn content(text: Option<String>, content: Option<Vec<PartFields>>) -> Result<Vec<NewPart>> {
    match (text, content) {
        (Some(text), None) => Ok(vec![NewPart::Text { text }]),
        (None, Some(parts)) => {
            let read = |(i, fields)| part::part(&format!("content.{i}"), fields);
            parts.into_iter().enumerate().map(read).collect()
        }
        (Some(_), Some(_)) => Err(Error::field("content", "must not be combined with `text`")),
        (None, None) => Err(Error::field("content", "required, or `text`")),
    }
}

/// The message with this content, its parts already resolved.
pub fn body(wire: wire::NewMessage, content: Vec<Part>) -> Body {
    Body {
        content,
        controls: wire.controls.into(),
        metadata: wire.metadata,
        tags: wire.tags,
        external_actor: wire.external_actor.map(external_actor),
        addressed_to: wire.addressed_to,
        envelope: wire.envelope.map(Into::into),
        door: Some(DOOR.into()),
        client_id: wire.client_id,
        when_busy: wire.when_busy,
        ..Body::default()
    }
}

fn external_actor(wire: wire::ExternalActor) -> ExternalActor {
    ExternalActor { actor_id: wire.actor_id, source: wire.source, actor_name: wire.actor_name, metadata: wire.metadata }
}

/// The engine's names of fields that are called otherwise here.
const FIELDS: &[(&str, &str)] = &[("author", "author.member"), ("browser_snapshots", "controls.browser_snapshots")];

/// What the engine calls by one field and a client has sent as `text`.
const TEXT: &[(&str, &str)] = &[("content.0", "text"), ("content", "text")];

/// The same of a message that stands in the field `message`.
const FIELDS_BELOW: &[(&str, &str)] =
    &[("message.author", "message.author.member"), ("message.browser_snapshots", "message.controls.browser_snapshots")];
const TEXT_BELOW: &[(&str, &str)] = &[("message.content.0", "message.text"), ("message.content", "message.text")];

/// The engine's refusal of a message, in the names of this API. `is_text`: the message came as `text`.
pub fn refusal(error: Error, is_text: bool) -> Error {
    let error = if is_text { error.renamed(TEXT) } else { error };
    error.renamed(FIELDS)
}

/// The engine's refusal of a thread with its first message.
pub fn refusal_below(error: Error, is_text: bool) -> Error {
    let error = if is_text { error.renamed(TEXT_BELOW) } else { error };
    error.renamed(FIELDS_BELOW)
}
