//! The request of a call.

use domain::{Kept, Map, agent::Tool, controls::Speed};
use serde::Serialize;

use super::{content::messages, thinking::Thinking};
use crate::{
    names::{Names, sorted},
    wire::Call,
};

/// Most tokens of an answer of a model that the catalogue does not know.
const OUTPUT_DEFAULT: u64 = 8_192;
/// Number of users' messages, from the newest on, up to which the provider keeps the prefix.
const MARKED_MESSAGES: usize = 2;

/// A content block, a tool or a message's other fields, with their own digits and order.
pub(super) type Block = Map<Kept>;

/// The body. Tools, system and messages are the prefix that the provider keeps.
#[derive(Debug, Serialize)]
pub(super) struct Body<'c> {
    model: &'c str,
    max_tokens: u64,
    stream: bool,
    #[serde(flatten)]
    thinking: Thinking,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Block>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Block>,
    messages: Vec<Message>,
}

#[derive(Debug, Serialize)]
pub(super) struct Message {
    pub(super) role: &'static str,
    pub(super) content: Vec<Block>,
}

impl<'c> Body<'c> {
    pub(super) fn of(call: &Call<'c>) -> Self {
        let names = Names::of(&call.request.tools);
        let most = call.abilities.and_then(|abilities| abilities.output);
        let max_tokens = match (call.request.most_output, most) {
            (Some(asked), Some(most)) => asked.min(most),
            (asked, most) => asked.or(most).unwrap_or(OUTPUT_DEFAULT),
        };
        let mut tools: Vec<Block> = sorted(&call.request.tools).map(|own| tool(own, &names)).collect();
        let mut system = Vec::new();
        if !domain::message::is_blank(&call.request.instructions) {
            system.push(text(&call.request.instructions));
        }
        mark(system.last_mut().or(tools.last_mut()));
        let mut messages = messages(call, &names);
        let users = messages.iter_mut().rev().filter(|message| message.role == "user");
        users.take(MARKED_MESSAGES).for_each(|message| mark(message.content.last_mut()));
        let is_fast = call.request.controls.speed == Some(Speed::Fast);
        let thinking = Thinking::of(call, max_tokens);
        let speed = is_fast.then_some("fast");
        Self { model: call.model, max_tokens, stream: true, thinking, speed, tools, system, messages }
    }

    pub(super) fn is_fast(&self) -> bool {
        self.speed.is_some()
    }
}

pub(super) fn block(kind: &str) -> Block {
    Map::from_iter([("type".to_owned(), Kept::from(kind))])
}

pub(super) fn text(text: &str) -> Block {
    let mut block = block("text");
    block.insert("text".into(), text.into());
    block
}

/// Marks the end of a prefix that the provider keeps for some minutes.
fn mark(block: Option<&mut Block>) {
    if let Some(block) = block {
        block.insert("cache_control".into(), Map::from_iter([("type".to_owned(), Kept::from("ephemeral"))]).into());
    }
}

fn tool(tool: &Tool, names: &Names) -> Block {
    let mut block = Map::new();
    block.insert("name".into(), names.wire(&tool.name).into());
    if let Some(description) = &tool.description {
        block.insert("description".into(), description.as_str().into());
    }
    block.insert("input_schema".into(), schema(tool.parameters.as_ref()));
    block
}

/// The schema in its own text. The provider demands a type.
fn schema(parameters: Option<&Kept>) -> Kept {
    let mut object: Map = parameters.and_then(Kept::read).unwrap_or_default();
    match (parameters, object.get("type")) {
        (Some(parameters), Some(_)) => parameters.clone(),
        _ => {
            object.insert("type".into(), "object".into());
            object.into()
        }
    }
}
