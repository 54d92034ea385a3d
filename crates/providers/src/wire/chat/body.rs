//! The body of a request.

use bytes::Bytes;
use domain::{Kept, Map, agent::Tool};
use serde::Serialize;

use super::{
    Chat, NAME, blocks,
    controls::{Routed, Switch, Template, thought},
};
use crate::{
    model::Failure,
    names::{Names, sorted},
    wire::{
        Call, Wire,
        calls::{id, sendable},
        encoded,
        openai::{Host, data_url, service_tier, verbosity},
        transcript::{Answer, Outcome, Piece, Spoken, spoken},
    },
};

#[derive(Serialize)]
struct Body<'b> {
    model: &'b str,
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Routed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Switch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_template_kwargs: Option<Template>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verbosity: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_stream: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Function<'b>>,
    messages: Vec<Message<'b>>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "function")]
struct Function<'b> {
    function: Declared<'b>,
}

#[derive(Serialize)]
struct Declared<'b> {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<&'b Kept>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Message<'b> {
    Plain {
        role: &'static str,
        content: Content,
    },
    Agent(Agent<'b>),
    /// The provider's own answer.
    Block(Map),
    Result {
        role: &'static str,
        tool_call_id: String,
        content: String,
    },
}

#[derive(Serialize)]
struct Agent<'b> {
    role: &'static str,
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Called<'b>>,
}

#[derive(Serialize)]
struct Called<'b> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    function: CalledFunction<'b>,
}

#[derive(Serialize)]
struct CalledFunction<'b> {
    name: String,
    arguments: &'b str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part {
    Text { text: String },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Serialize)]
struct ImageUrl {
    url: String,
}

/// The body of the call's request.
pub(super) fn body(call: &Call<'_>) -> Result<Bytes, Failure> {
    let (host, request) = (Host::of(call), call.request);
    let is_openai = host == Host::OpenAi;
    let names = Names::of(&request.tools);
    let thought = thought(call, host);
    let tools: Vec<Function<'_>> = sorted(&request.tools).map(|tool| function(tool, &names)).collect();
    encoded(&Body {
        model: call.model,
        stream: true,
        stream_options: StreamOptions { include_usage: true },
        max_tokens: request.most_output.filter(|_| !is_openai),
        max_completion_tokens: request.most_output.filter(|_| is_openai),
        reasoning_effort: thought.effort,
        reasoning: thought.reasoning,
        thinking: thought.thinking,
        chat_template_kwargs: thought.template,
        service_tier: service_tier(request.controls.speed, host),
        verbosity: verbosity(call, host),
        prompt_cache_key: is_openai.then(|| request.thread.to_string()),
        tool_stream: (host == Host::Zai && !tools.is_empty()).then_some(true),
        tools,
        messages: messages(call, host, &names),
    })
}

fn function<'b>(tool: &'b Tool, names: &Names) -> Function<'b> {
    let (description, parameters) = (tool.description.as_deref(), tool.parameters.as_ref());
    Function { function: Declared { name: names.wire(&tool.name), description, parameters } }
}

fn messages<'b>(call: &Call<'b>, host: Host, names: &Names) -> Vec<Message<'b>> {
    let instructions = call.request.instructions.as_str();
    let mut messages = Vec::new();
    if !instructions.is_empty() {
        messages.push(Message::Plain { role: "system", content: Content::Text(instructions.into()) });
    }
    let returns_reasoning = returns_reasoning(call, host);
    for spoken in spoken(call, NAME, Chat.takes_picture_urls(call.base_url)) {
        match spoken {
            Spoken::User(pieces) => messages.push(Message::Plain { role: "user", content: content(pieces) }),
            Spoken::Agent(answer) => messages.extend(answered(answer, names, returns_reasoning)),
        }
    }
    messages
}

/// Tells whether each assistant message must have its reasoning. DeepSeek and Moonshot refuse a request otherwise.
fn returns_reasoning(call: &Call<'_>, host: Host) -> bool {
    let model = call.model.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let is_of_vendor = ["deepseek", "kimi"].iter().any(|name| model.starts_with(name));
    matches!(host, Host::DeepSeek | Host::Moonshot) || is_of_vendor
}

/// Text alone is a string, because some servers read nothing else.
fn content(pieces: Vec<Piece>) -> Content {
    let texts: Option<Vec<&str>> = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Picture { .. } | Piece::PictureUrl(_) => None,
        })
        .collect();
    match texts {
        Some(texts) => Content::Text(texts.join(domain::message::PARTS_APART)),
        None => Content::Parts(pieces.into_iter().map(part).collect()),
    }
}

fn part(piece: Piece) -> Part {
    let picture = |url| Part::ImageUrl { image_url: ImageUrl { url } };
    match piece {
        Piece::Text(text) => Part::Text { text },
        Piece::Picture { media_type, bytes } => picture(data_url(&media_type, &bytes)),
        Piece::PictureUrl(url) => picture(url),
    }
}

/// The agent's message, then the results of its calls.
fn answered<'b>(answer: Answer<'b>, names: &Names, returns_reasoning: bool) -> Vec<Message<'b>> {
    let reasoning_content = returns_reasoning.then_some("");
    let ids: Vec<String> = answer.calls.iter().map(|(call, _)| id(&call.id)).collect();
    let block = answer.blocks.and_then(|blocks| blocks::replayed(blocks, &ids, reasoning_content));
    let message = match block {
        Some(block) => Some(Message::Block(block)),
        None if answer.texts.is_empty() && answer.calls.is_empty() => None,
        None => {
            let called = answer.calls.iter().zip(&ids).map(|((call, _), id)| Called {
                id: id.clone(),
                kind: "function",
                function: CalledFunction { name: names.wire(&call.name), arguments: sendable(&call.arguments) },
            });
            let content = (!answer.texts.is_empty()).then(|| answer.texts.join(domain::message::PARTS_APART));
            Some(Message::Agent(Agent { role: "assistant", content, reasoning_content, tool_calls: called.collect() }))
        }
    };
    let results = answer.calls.into_iter().zip(ids).map(|((_, outcome), id)| result(outcome, id));
    message.into_iter().chain(results).collect()
}

fn result<'b>(outcome: Outcome, tool_call_id: String) -> Message<'b> {
    Message::Result { role: "tool", tool_call_id, content: outcome.into_text() }
}
