//! The wire `anthropic`: its requests, and its recorded answers.

mod answers;
mod blocks;
mod controls;
mod requests;

use providers::{Chunk, Said, wire::anthropic::Anthropic};

use crate::harness::{Case, request, tool};

const MODEL: &str = "claude-opus-4-8";

fn case(transcript: Vec<Said>) -> Case {
    Case {
        wire: &Anthropic,
        request: request(MODEL, transcript),
        provider: "anthropic",
        model: MODEL,
        abilities: None,
        base_url: "https://api.anthropic.com/v1",
        key: Some("sk-ant-secret"),
    }
}

fn with_tools(transcript: Vec<Said>) -> Case {
    case(transcript).with(|case| {
        case.request.instructions = "Be brief.".into();
        case.request.tools = vec![
            tool(
                "weather",
                "Tells the weather",
                r#"{"type":"object","properties":{"city":{"type":"string","minLength":1.0}}}"#,
            ),
            tool("files.read", "Reads a file", "{}"),
        ];
    })
}

/// The messages of the request, without the marks of the cache.
fn said(case: &Case) -> String {
    let marks = r#","cache_control":{"type":"ephemeral"}"#;
    format!("{}\n", case.member("messages").replace(marks, ""))
}

#[test]
fn the_end_names_the_model_that_answered() {
    let played = case(Vec::new()).play("text.sse");
    let Some(Chunk::End(end)) = played.chunks.last() else { panic!("the answer has no end") };
    assert_eq!(end.model.as_deref(), Some("claude-opus-4-8"));
}
