//! Controls of reasoning in the words of each host.

use domain::{controls::Reasoning, model::Style};
use serde::Serialize;

use crate::wire::{
    Call,
    openai::{Host, effort},
};

/// The fields of a request that tell how to reason. Each is absent unless the host knows it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Thought {
    pub effort: Option<&'static str>,
    /// OpenRouter's spelling of both.
    pub reasoning: Option<Routed>,
    /// The switch of the vendors' own hosts.
    pub thinking: Option<Switch>,
    /// The switch of servers that fill in a model's own template, as vLLM and llama.cpp do.
    pub template: Option<Template>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Routed {
    Effort(&'static str),
    Enabled(bool),
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Switch {
    #[serde(rename = "type")]
    kind: &'static str,
    /// False: the model reads its thinking of earlier steps again.
    #[serde(skip_serializing_if = "Option::is_none")]
    clear_thinking: Option<bool>,
}

/// Templates know the switch by one of two names, and read no other.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Template {
    enable_thinking: bool,
    thinking: bool,
}

/// The fields for this call. Without abilities, a word of effort is sent as it is.
pub(super) fn thought(call: &Call<'_>, host: Host) -> Thought {
    let asked = call.request.controls.reasoning;
    let style = call.abilities.map_or(Style::Effort, |abilities| abilities.style);
    match (style, host) {
        (Style::Fixed, _) => Thought::default(),
        (Style::Switch | Style::SwitchAndEffort, _) => switched(asked, style, host),
        (_, Host::OpenRouter) => Thought { reasoning: asked.map(routed), ..Thought::default() },
        _ => {
            let rests = call.abilities.is_some_and(|abilities| abilities.rests);
            Thought { effort: asked.and_then(|asked| effort(asked, rests)), ..Thought::default() }
        }
    }
}

fn routed(asked: Reasoning) -> Routed {
    effort(asked, false).map_or(Routed::Enabled(true), Routed::Effort)
}

/// A switch, and a word of effort where the model takes one.
fn switched(asked: Option<Reasoning>, style: Style, host: Host) -> Thought {
    let word = asked.filter(|asked| style == Style::SwitchAndEffort && asked.thinks());
    let effort = word.and_then(|asked| effort(asked, false));
    // Z.AI's host forgets the thinking of earlier steps unless the switch says otherwise.
    let Some(is_on) = asked.map(Reasoning::thinks).or((host == Host::Zai).then_some(true)) else {
        return Thought::default();
    };
    match host {
        Host::OpenRouter => {
            let reasoning = effort.map_or(Routed::Enabled(is_on), Routed::Effort);
            Thought { reasoning: Some(reasoning), ..Thought::default() }
        }
        Host::DeepSeek | Host::Moonshot | Host::Zai => {
            let kind = if is_on { "enabled" } else { "disabled" };
            let thinking = Switch { kind, clear_thinking: (host == Host::Zai).then_some(false) };
            Thought { effort, thinking: Some(thinking), ..Thought::default() }
        }
        Host::OpenAi | Host::Other => {
            let template = Template { enable_thinking: is_on, thinking: is_on };
            Thought { effort, template: Some(template), ..Thought::default() }
        }
    }
}
