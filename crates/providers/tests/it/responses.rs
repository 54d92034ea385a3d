//! The wire `responses`.

mod requests;
mod streams;

use providers::{Chunk, wire::responses::Responses};

use crate::harness::{Case, request, tool, user};

/// A call of OpenAI itself, with two tools.
fn openai() -> Case {
    let case = Case {
        wire: &Responses,
        request: request("public", vec![user("hello")]),
        provider: "openai",
        model: "gpt-5.5",
        abilities: None,
        base_url: "https://api.openai.com/v1",
        key: Some("sk-secret"),
    };
    case.with(|case| {
        case.request.tools = vec![
            tool("weather", "Tells.", r#"{"type":"object","properties":{"z":{},"a":{}}}"#),
            tool("files.read", "Reads.", "{}"),
        ];
    })
}

/// A call of a compatible server of the operator's own.
fn local() -> Case {
    openai().with(|case| {
        (case.provider, case.model, case.base_url) = ("local", "smol", "http://127.0.0.1:8080/v1");
        case.key = None;
    })
}

#[test]
fn the_end_names_the_model_that_answered() {
    let played = openai().play("text.sse");
    let Some(Chunk::End(end)) = played.chunks.last() else { panic!("the answer has no end") };
    assert_eq!(end.model.as_deref(), Some("gpt-5.5"));
}
