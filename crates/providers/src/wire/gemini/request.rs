//! The request of a call.

use domain::{Kept, Map, agent::Tool, controls::Speed, message::is_blank};
use serde::Serialize;

use super::{
    content::{contents, text},
    thinking::Thinking,
};
use crate::{
    names::{Names, sorted},
    wire::Call,
};

/// A part of a content, with its own digits and order.
pub(super) type Part = Map<Kept>;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Instruction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<[Tools; 1]>,
    contents: Vec<Content>,
    #[serde(skip_serializing_if = "Settings::is_empty")]
    generation_config: Settings,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Instruction {
    parts: [Part; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tools {
    function_declarations: Vec<Declaration>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Declaration {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters_json_schema: Option<Kept>,
}

#[derive(Debug, Serialize)]
pub(super) struct Content {
    pub(super) role: &'static str,
    pub(super) parts: Vec<Part>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<Thinking>,
}

impl Settings {
    fn is_empty(&self) -> bool {
        self.max_output_tokens.is_none() && self.thinking_config.is_none()
    }
}

impl Body {
    pub(super) fn of(call: &Call<'_>) -> Self {
        let request = call.request;
        let names = Names::of(&request.tools);
        let declared: Vec<Declaration> = sorted(&request.tools).map(|tool| declaration(tool, &names)).collect();
        let most = call.abilities.and_then(|abilities| abilities.output).unwrap_or(u64::MAX);
        let instructions = Some(&request.instructions).filter(|instructions| !is_blank(instructions));
        Self {
            system_instruction: instructions.map(|instructions| Instruction { parts: [text(instructions)] }),
            tools: (!declared.is_empty()).then_some([Tools { function_declarations: declared }]),
            contents: contents(call, &names),
            generation_config: Settings {
                max_output_tokens: request.most_output.map(|asked| asked.min(most)),
                thinking_config: Thinking::of(call),
            },
            service_tier: request.controls.speed.and_then(tier),
        }
    }
}

fn declaration(tool: &Tool, names: &Names) -> Declaration {
    Declaration {
        name: names.wire(&tool.name),
        description: tool.description.clone(),
        parameters_json_schema: tool.parameters.clone().filter(Kept::is_object),
    }
}

/// The tier of a speed. The standard speed is the default, and the fastest has no word.
fn tier(speed: Speed) -> Option<&'static str> {
    match speed {
        Speed::Fast | Speed::Priority => Some("priority"),
        Speed::Flex => Some("flex"),
        Speed::Standard | Speed::Default | Speed::Ultrafast => None,
    }
}
