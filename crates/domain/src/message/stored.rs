//! The stored forms of a message's content.

use serde::Deserialize;

use super::{Body, Part};
use crate::{
    Map,
    author::ExternalActor,
    controls::{Controls, Policy},
    envelope::Envelope,
};

/// All fields that a stored body has, or had in an earlier form.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    content: Vec<Part>,
    /// The earlier form of thinking: one text before all parts.
    thinking: Option<Thinking>,
    controls: Controls,
    metadata: Option<Map>,
    tags: Option<Vec<String>>,
    external_actor: Option<ExternalActor>,
    addressed_to: Option<String>,
    envelope: Option<Envelope>,
    door: Option<String>,
    client_id: Option<String>,
    when_busy: Option<Policy>,
    unasked: bool,
    interrupted: bool,
    error_code: Option<String>,
    model: Option<String>,
    reads: Option<i64>,
    built_in: Vec<String>,
}

#[derive(Deserialize)]
struct Thinking {
    text: String,
    signature: Option<String>,
}

impl From<Fields> for Body {
    fn from(stored: Fields) -> Self {
        let thinking = stored.thinking.map(|Thinking { text, signature }| Part::Thinking { text, signature });
        Self {
            content: thinking.into_iter().chain(stored.content).collect(),
            controls: stored.controls,
            metadata: stored.metadata,
            tags: stored.tags,
            external_actor: stored.external_actor,
            addressed_to: stored.addressed_to,
            envelope: stored.envelope,
            door: stored.door,
            client_id: stored.client_id,
            when_busy: stored.when_busy,
            unasked: stored.unasked,
            interrupted: stored.interrupted,
            error_code: stored.error_code,
            model: stored.model,
            reads: stored.reads,
            built_in: stored.built_in,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_pieces_of_thinking_are_joined_and_have_no_signature_in_common() {
        let read = |text: &str| serde_json::from_str::<Body>(text).expect("a stored body");
        let one = r#"{"content":[{"type":"thinking","text":"a","signature":"s"}]}"#;
        assert_eq!((read(one).thinking().as_deref(), read(one).thinking_signature()), (Some("a"), Some("s")));
        assert!(!read(one).is_listed());
        let two = r#"{"content":[{"type":"thinking","text":"a","signature":"s"},{"type":"text","text":"x"},{"type":"thinking","text":"b","signature":"t"}]}"#;
        assert_eq!((read(two).thinking().as_deref(), read(two).thinking_signature()), (Some("a\n\nb"), None));
        assert!(!read(two).plain_text().contains('a') && read(two).is_listed());
    }
}
