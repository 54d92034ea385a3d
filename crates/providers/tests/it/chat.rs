//! The wire `chat`.

mod failures;
mod requests;
mod streams;

use providers::{Chunk, wire::chat::Chat};

use crate::harness::{Case, request, user};

/// A call of a server of the operator's own.
fn local() -> Case {
    Case {
        wire: &Chat,
        request: request("public", vec![user("hello")]),
        provider: "local",
        model: "llama3.1",
        abilities: None,
        base_url: "http://127.0.0.1:11434/v1",
        key: None,
    }
}

/// A call of a hosted provider.
fn hosted(base_url: &'static str, model: &'static str) -> Case {
    local().with(|case| {
        (case.base_url, case.model, case.provider) = (base_url, model, "hosted");
        case.key = Some("sk-secret");
    })
}

#[test]
fn the_end_names_the_model_that_answered() {
    let played = local().play("text.sse");
    let Some(Chunk::End(end)) = played.chunks.last() else { panic!("the answer has no end") };
    assert_eq!(end.model.as_deref(), Some("gpt-5.5"));
}
