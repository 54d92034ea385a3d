//! Messages of Anthropic's Messages API (API reference, "Create a Message", 2026-11). The speakers alternate, and results
//! stand first in the user's message behind their calls.

use domain::{
    Kept,
    message::{Message, Part, Role},
};
use serde::Serialize;

use super::{kept, outcome, text};

#[derive(Serialize)]
struct Turn<'m> {
    role: &'static str,
    content: Vec<Block<'m>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'m> {
    Text {
        text: String,
    },
    Image {
        source: Source<'m>,
    },
    ToolUse {
        id: &'m str,
        name: &'m str,
        input: &'m Kept,
    },
    ToolResult {
        tool_use_id: &'m str,
        content: String,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source<'m> {
    Url { url: &'m str },
}

/// The transcript, without the instructions.
pub fn anthropic(transcript: &[Message]) -> Vec<Kept> {
    let mut turns: Vec<Turn> = Vec::new();
    for message in transcript {
        let role = if message.role == Role::Agent { "assistant" } else { "user" };
        let content: Vec<Block> = message.body.content.iter().filter_map(block).collect();
        match turns.last_mut() {
            _ if content.is_empty() => {}
            Some(last) if last.role == role => last.content.extend(content),
            _ => turns.push(Turn { role, content }),
        }
    }
    turns.iter().map(kept).collect()
}

fn block(part: &Part) -> Option<Block<'_>> {
    match part {
        Part::Image { url: Some(url), .. } => Some(Block::Image { source: Source::Url { url } }),
        Part::ToolCall(call) => Some(Block::ToolUse { id: &call.id, name: &call.name, input: &call.arguments }),
        Part::ToolResult(result) => Some(Block::ToolResult {
            tool_use_id: &result.tool_call_id,
            content: outcome(result),
            is_error: result.error.is_some(),
        }),
        part => text(part).map(|text| Block::Text { text }),
    }
}
