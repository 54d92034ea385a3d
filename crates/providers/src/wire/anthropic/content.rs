//! The messages of a request, in the shape that the provider demands.
//!
//! - A user begins. Users and the agent alternate. All results stand first in the message behind their calls.
//! - No text is blank. Calls stand last in the agent's message, and no agent's message ends with thinking.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    Kept, Map,
    message::{ToolCall, is_blank},
};

use super::{
    Anthropic, NAME,
    request::{Block, Message, block, text},
};
use crate::{
    names::Names,
    wire::{
        Call, Wire,
        calls::object,
        transcript::{AGENT_FIRST, Answer, Outcome, Piece, Spoken, spoken},
    },
};

/// The transcript as messages. `tools` are the names of the request's tools.
pub(super) fn messages(call: &Call<'_>, tools: &Names) -> Vec<Message> {
    // Ids of other providers may have characters that this provider refuses.
    let ids = Names::of(&[]);
    let mut messages = Vec::new();
    for spoken in spoken(call, NAME, Anthropic.takes_picture_urls(call.base_url)) {
        match spoken {
            Spoken::User(pieces) => join(&mut messages, "user", pieces.iter().map(piece).collect()),
            Spoken::Agent(answer) => {
                let own = answer.blocks.and_then(|blocks| given_back(blocks, &answer, &ids));
                let said = own.unwrap_or_else(|| told(&answer, tools, &ids));
                join(&mut messages, "assistant", said);
                let results = answer.calls.iter().map(|(call, outcome)| result(call, outcome, &ids));
                join(&mut messages, "user", results.collect());
            }
        }
    }
    if messages.first().is_some_and(|first| first.role == "assistant") {
        messages.insert(0, Message { role: "user", content: vec![text(AGENT_FIRST)] });
    }
    messages
}

/// Appends content to the last message of the role. Nothing is appended without content.
fn join(messages: &mut Vec<Message>, role: &'static str, content: Vec<Block>) {
    match messages.last_mut().filter(|last| last.role == role) {
        Some(last) => last.content.extend(content),
        None if content.is_empty() => {}
        None => messages.push(Message { role, content }),
    }
}

fn piece(piece: &Piece) -> Block {
    let source = |fields: &[(&str, &str)]| -> Block {
        let source: Map = fields.iter().map(|(name, value)| ((*name).to_owned(), Kept::from(*value))).collect();
        let mut image = block("image");
        image.insert("source".into(), source.into());
        image
    };
    match piece {
        Piece::Text(own) => text(own),
        Piece::Picture { media_type, bytes } => {
            source(&[("type", "base64"), ("media_type", media_type), ("data", &STANDARD.encode(bytes))])
        }
        Piece::PictureUrl(url) => source(&[("type", "url"), ("url", url)]),
    }
}

/// The answer's own blocks with the message's ids. `None` if they do not fit the message.
fn given_back(blocks: &[Kept], answer: &Answer<'_>, ids: &Names) -> Option<Vec<Block>> {
    let mut said = Vec::new();
    let mut left = answer.calls.iter();
    for own in blocks {
        let mut own: Block = own.read()?;
        let kind: String = own.get("type")?.read()?;
        if kind == "tool_use" {
            let id = ids.wire(&left.next()?.0.id).into();
            if own.get("id") != Some(&id) {
                own.insert("id".into(), id);
            }
        }
        let is_blank_text = kind == "text" && own.get("text")?.read::<String>().is_some_and(|text| is_blank(&text));
        if !is_blank_text {
            said.push(own);
        }
    }
    let is_thinking = |block: &Block| {
        let kind: Option<String> = block.get("type").and_then(Kept::read);
        kind.is_some_and(|kind| kind == "thinking" || kind == "redacted_thinking")
    };
    while said.last().is_some_and(is_thinking) {
        said.pop();
    }
    left.next().is_none().then_some(said)
}

/// The answer as text and calls.
fn told(answer: &Answer<'_>, tools: &Names, ids: &Names) -> Vec<Block> {
    let calls = answer.calls.iter().map(|(call, _)| {
        let mut block = block("tool_use");
        block.insert("id".into(), ids.wire(&call.id).into());
        block.insert("name".into(), tools.wire(&call.name).into());
        block.insert("input".into(), object(&call.arguments));
        block
    });
    answer.texts.iter().map(|own| text(own)).chain(calls).collect()
}

/// The provider refuses an error without words.
fn result(call: &ToolCall, outcome: &Outcome, ids: &Names) -> Block {
    let mut block = block("tool_result");
    block.insert("tool_use_id".into(), ids.wire(&call.id).into());
    let content = if outcome.is_error && is_blank(&outcome.text) { "error" } else { &outcome.text };
    if !content.is_empty() {
        block.insert("content".into(), content.into());
    }
    if outcome.is_error {
        block.insert("is_error".into(), true.into());
    }
    block
}
