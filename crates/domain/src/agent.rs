//! Who answers in a thread: instructions, a model, tools.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, GuestId, Kept, Map, ProjectId, Timestamp,
    controls::{Controls, words},
    script::Reply,
};

/// Who answers in a thread.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    pub id: AgentId,
    pub project: ProjectId,
    /// 1, 2, 3 … within the project: the integer by which Algoreg knows an agent.
    pub number: i64,
    /// Unique within the project: `[a-z0-9]+(-[a-z0-9]+)*`, at most 64 characters.
    pub name: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub archived_at: Option<Timestamp>,
    /// By what its guests know it. The server gives it when the agent first lets guests in, and it stays.
    pub guest_id: Option<GuestId>,
    pub settings: Settings,
}

/// Everything of an agent that can be set, and that the database keeps as one document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub instructions: String,
    /// A name of the catalogue, or `scripted`; absent: `echo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What the model `scripted` says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub script: Vec<Reply>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Defaults for what a message does not choose.
    #[serde(skip_serializing_if = "Controls::is_empty")]
    pub controls: Controls,
    /// How long a thread with an inactivity window stays open after its last message, in seconds; absent: the limit's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_s: Option<i64>,
    /// Model calls in one turn before it fails; absent: the limit's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u32>,
    /// Lets people in who have no key; absent: nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guests: Option<Guests>,
    /// The message that a failed turn leaves, by language (BCP 47); absent: [`FAILURE_TEXT`].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failure_texts: BTreeMap<String, String>,
    /// A person has taken over: messages start no turn.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// Words by which people sort their agents.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map>,
}

/// The message that a failed turn leaves where the agent has none of its own. It tells nobody why.
pub const FAILURE_TEXT: &str = "I could not answer. Please try again.";

impl Settings {
    /// The message that a failed turn leaves: the agent's for this language tag, for a shorter form of it, or for English.
    pub fn failure_text(&self, locale: Option<&str>) -> &str {
        let plain = |tag: &str| tag.replace('_', "-").to_ascii_lowercase();
        let named = |tag: &str| self.failure_texts.iter().find(|(language, _)| plain(language) == tag);
        let asked = plain(locale.unwrap_or_default());
        let tags = std::iter::successors(Some(asked.as_str()), |tag| Some(tag.rsplit_once('-')?.0));
        tags.chain(["en"]).find_map(named).map_or(FAILURE_TEXT, |(_, text)| text)
    }
}

/// People without a key who may begin a thread with an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guests {
    /// Whose pages they may come from: `https://shop.example.com`, with its port where it is not the usual one. Who comes from
    /// no page, as a program does, is held by the rate alone.
    pub origins: Vec<String>,
}

words! {
    /// Who runs a tool.
    ToolKind {
        /// The server, from the script in the agent.
        Scripted = "scripted",
        /// The client that follows the thread; the turn waits for its result.
        Client = "client",
    }
}

/// A tool that the agent's model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub name: String,
    pub kind: ToolKind,
    /// What it does, for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema of its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Kept>,
    /// What else its definition said that nothing here acts on (how to show it, hints), kept as sent.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extras: Map,
    /// What a scripted tool gives back; without `result` and `error` it gives back its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Kept>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Whether running it again after a death does no harm. If not, such a call ends as "outcome unknown".
    #[serde(default)]
    pub repeat_safe: bool,
}

impl Tool {
    /// A tool of which nothing is known but who runs it.
    pub fn new(name: impl Into<String>, kind: ToolKind) -> Self {
        Self {
            name: name.into(),
            kind,
            description: None,
            parameters: None,
            extras: Map::new(),
            result: None,
            error: None,
            delay_ms: None,
            repeat_safe: false,
        }
    }
}

impl Settings {
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|t| t.name == name)
    }

    /// The model of a turn: the message's choice, then the agent's, then `echo`.
    /// An agent whose model is scripted keeps it whatever a message chooses: its script is its model.
    pub fn model_for(&self, controls: &Controls) -> String {
        match self.model.as_deref() {
            Some(crate::model::SCRIPTED) => crate::model::SCRIPTED.into(),
            own => controls.model.as_deref().or(own).unwrap_or(crate::model::ECHO).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_in_the_nearest_language_that_the_agent_has() {
        let mut settings = Settings::default();
        assert_eq!(settings.failure_text(Some("uk-UA")), FAILURE_TEXT);
        for (language, text) in [("uk", "Вибачте."), ("pt-BR", "Desculpe."), ("en", "Sorry.")] {
            settings.failure_texts.insert(language.into(), text.into());
        }
        for (asked, text) in [
            (None, "Sorry."),
            (Some("uk"), "Вибачте."),
            (Some("UK_UA"), "Вибачте."),
            (Some("pt-br-x"), "Desculpe."),
            (Some("pt"), "Sorry."),
            (Some("en-GB"), "Sorry."),
            (Some("de"), "Sorry."),
        ] {
            assert_eq!(settings.failure_text(asked), text, "{asked:?}");
        }
    }
}
