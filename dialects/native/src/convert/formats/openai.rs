//! Messages of OpenAI's Chat Completions (API reference, "Create chat completion", 2026-11).

use domain::{
    Kept,
    message::{Message, Part, Role, ToolCall},
};
use serde::Serialize;

use super::{kept, outcome, text};

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "snake_case")]
enum Chat<'m> {
    User {
        content: Content<'m>,
    },
    Assistant {
        content: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<Call<'m>>,
    },
    Tool {
        tool_call_id: &'m str,
        content: String,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'m> {
    Text(String),
    Parts(Vec<Piece<'m>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Piece<'m> {
    Text { text: String },
    ImageUrl { image_url: ImageUrl<'m> },
}

#[derive(Serialize)]
struct ImageUrl<'m> {
    url: &'m str,
}

#[derive(Serialize)]
struct Call<'m> {
    id: &'m str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'m>,
}

#[derive(Serialize)]
struct Function<'m> {
    name: &'m str,
    /// JSON as a text.
    arguments: &'m str,
}

/// The transcript, without the instructions.
pub fn openai(transcript: &[Message]) -> Vec<Kept> {
    transcript.iter().flat_map(|message| chat(message).iter().map(kept).collect::<Vec<_>>()).collect()
}

fn chat(message: &Message) -> Vec<Chat<'_>> {
    match message.role {
        Role::User => vec![Chat::User { content: content(&message.body.content) }],
        Role::Agent => {
            let said: Vec<String> = message.body.content.iter().filter_map(text).collect();
            let content = (!said.is_empty()).then(|| said.join("\n\n"));
            let tool_calls: Vec<Call> = message.body.tool_calls().map(call).collect();
            match content.is_none() && tool_calls.is_empty() {
                true => Vec::new(),
                false => vec![Chat::Assistant { content, tool_calls }],
            }
        }
        Role::Tool => {
            let results = message.body.tool_results();
            results.map(|result| Chat::Tool { tool_call_id: &result.tool_call_id, content: outcome(result) }).collect()
        }
    }
}

fn content(parts: &[Part]) -> Content<'_> {
    let piece = |part| match part {
        &Part::Image { url: Some(ref url), .. } => Some(Piece::ImageUrl { image_url: ImageUrl { url } }),
        part => text(part).map(|text| Piece::Text { text }),
    };
    let mut pieces: Vec<Piece> = parts.iter().filter_map(piece).collect();
    match pieces.as_mut_slice() {
        [Piece::Text { text }] => Content::Text(std::mem::take(text)),
        _ => Content::Parts(pieces),
    }
}

fn call(call: &ToolCall) -> Call<'_> {
    let function = Function { name: &call.name, arguments: call.arguments.text() };
    Call { id: &call.id, kind: "function", function }
}
