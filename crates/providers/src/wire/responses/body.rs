//! The body of a request.

use std::borrow::Cow;

use bytes::Bytes;
use domain::{Kept, Map, agent::Tool, model::Style};
use serde::Serialize;

use super::{NAME, Responses, blocks};
use crate::{
    model::Failure,
    names::{Names, sorted},
    wire::{
        Call, Wire,
        calls::{id, sendable},
        encoded,
        openai::{Host, data_url, effort, service_tier, verbosity},
        transcript::{Answer, Piece, Spoken, spoken},
    },
};

#[derive(Serialize)]
struct Body<'b> {
    model: &'b str,
    stream: bool,
    store: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    include: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Thought>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Text>,
    prompt_cache_key: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    instructions: &'b str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Function<'b>>,
    input: Vec<Item<'b>>,
}

#[derive(Serialize)]
struct Text {
    verbosity: &'static str,
}

#[derive(Debug, PartialEq, Serialize)]
struct Thought {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    /// Asks for thinking that people can read.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "function")]
struct Function<'b> {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'b str>,
    parameters: Cow<'b, Kept>,
    /// A strict schema is a narrower one than an agent's tools have.
    strict: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Item<'b> {
    Plain(Plain<'b>),
    /// An item of the provider's own answer.
    Block(Kept),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Plain<'b> {
    Message { role: &'static str, content: Vec<Part> },
    FunctionCall { call_id: String, name: String, arguments: &'b str },
    FunctionCallOutput { call_id: String, output: String },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part {
    InputText { text: String },
    InputImage { image_url: String },
    OutputText { text: String },
}

/// The body of the call's request.
pub(super) fn body(call: &Call<'_>) -> Result<Bytes, Failure> {
    let (host, request) = (Host::of(call), call.request);
    let names = Names::of(&request.tools);
    encoded(&Body {
        model: call.model,
        stream: true,
        store: false,
        include: if may_reason(call, host) { vec!["reasoning.encrypted_content"] } else { Vec::new() },
        max_output_tokens: request.most_output,
        reasoning: thought(call),
        service_tier: service_tier(request.controls.speed, host),
        text: verbosity(call, host).map(|verbosity| Text { verbosity }),
        prompt_cache_key: request.thread.to_string(),
        instructions: &request.instructions,
        tools: sorted(&request.tools).map(|tool| function(tool, &names)).collect(),
        input: input(call, &names),
    })
}

/// Tells whether the model may reason. OpenAI refuses to encrypt the reasoning of a model that never does.
fn may_reason(call: &Call<'_>, host: Host) -> bool {
    match call.abilities {
        Some(abilities) => abilities.reasoning.as_ref().is_none_or(|words| words.iter().any(|word| word.thinks())),
        None => host != Host::OpenAi || !["gpt-3", "gpt-4", "chatgpt-"].iter().any(|name| call.model.starts_with(name)),
    }
}

fn thought(call: &Call<'_>) -> Option<Thought> {
    let asked = call.request.controls.reasoning?;
    let (style, rests) = call.abilities.map_or((Style::Effort, false), |abilities| (abilities.style, abilities.rests));
    let thought = Thought { effort: effort(asked, rests), summary: asked.thinks().then_some("auto") };
    match style {
        Style::Fixed => asked.thinks().then_some(Thought { effort: None, ..thought }),
        _ => Some(thought),
    }
}

fn function<'b>(tool: &'b Tool, names: &Names) -> Function<'b> {
    Function {
        name: names.wire(&tool.name),
        description: tool.description.as_deref(),
        parameters: tool.parameters.as_ref().map_or_else(|| Cow::Owned(no_parameters()), Cow::Borrowed),
        strict: false,
    }
}

/// The schema of a tool without one. The wire demands a schema.
fn no_parameters() -> Kept {
    let members = [("type", Kept::from("object")), ("properties", Kept::from(Map::new()))];
    Kept::from(Map::from_iter(members.map(|(name, value)| (name.to_owned(), value))))
}

fn input<'b>(call: &Call<'b>, names: &Names) -> Vec<Item<'b>> {
    let mut items = Vec::new();
    for spoken in spoken(call, NAME, Responses.takes_picture_urls(call.base_url)) {
        match spoken {
            Spoken::User(pieces) => {
                let content = pieces.into_iter().map(part).collect();
                items.push(Item::Plain(Plain::Message { role: "user", content }));
            }
            Spoken::Agent(answer) => answered(answer, names, &mut items),
        }
    }
    items
}

fn part(piece: Piece) -> Part {
    match piece {
        Piece::Text(text) => Part::InputText { text },
        Piece::Picture { media_type, bytes } => Part::InputImage { image_url: data_url(&media_type, &bytes) },
        Piece::PictureUrl(image_url) => Part::InputImage { image_url },
    }
}

/// The items of the agent's message, then the results of its calls.
fn answered<'b>(answer: Answer<'b>, names: &Names, items: &mut Vec<Item<'b>>) {
    let ids: Vec<String> = answer.calls.iter().map(|(call, _)| id(&call.id)).collect();
    match answer.blocks.and_then(|blocks| blocks::replayed(blocks, &ids)) {
        Some(blocks) => items.extend(blocks.into_iter().map(Item::Block)),
        None => {
            let content: Vec<Part> = answer.texts.into_iter().map(|text| Part::OutputText { text }).collect();
            let message = (!content.is_empty()).then_some(Plain::Message { role: "assistant", content });
            let calls = answer.calls.iter().zip(&ids).map(|((call, _), id)| Plain::FunctionCall {
                call_id: id.clone(),
                name: names.wire(&call.name),
                arguments: sendable(&call.arguments),
            });
            items.extend(message.into_iter().chain(calls).map(Item::Plain));
        }
    }
    let results = answer.calls.into_iter().zip(ids);
    items.extend(results.map(|((_, outcome), call_id)| {
        Item::Plain(Plain::FunctionCallOutput { call_id, output: outcome.into_text() })
    }));
}
