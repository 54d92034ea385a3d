//! Who answers in a thread: instructions, a model, tools.

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Kept, Map, ProjectId, Timestamp,
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
    /// A person has taken over: messages start no turn.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// Words by which people sort their agents.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map>,
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
