//! The wire `gemini`: its requests, and its recorded answers.

mod answers;
mod blocks;
mod requests;

use providers::{Chunk, Said, wire::gemini::Gemini};

use crate::harness::{Case, request, tool};

const MODEL: &str = "gemini-3-flash-preview";

fn case(transcript: Vec<Said>) -> Case {
    Case {
        wire: &Gemini,
        request: request(MODEL, transcript),
        provider: "google",
        model: MODEL,
        abilities: None,
        base_url: "https://generativelanguage.googleapis.com/v1beta",
        key: Some("AIza-secret"),
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
            tool("files.read", "Reads a file", "null"),
        ];
    })
}

fn said(case: &Case) -> String {
    format!("{}\n", case.member("contents"))
}

#[test]
fn the_end_names_the_model_that_answered() {
    let played = case(Vec::new()).play("text.sse");
    let Some(Chunk::End(end)) = played.chunks.last() else { panic!("the answer has no end") };
    assert_eq!(end.model.as_deref(), Some("gemini-3-flash-preview"));
}
