//! Who answers in a thread.

use std::collections::BTreeMap;

use dialect_kit::Given;
use domain::{Map, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Controls, Reply, Tool,
    schema::{self, Id},
};

/// Who answers in a thread: instructions, a model, tools.
#[derive(Debug, Serialize, ToSchema)]
pub struct Agent {
    pub id: Id,
    /// 1, 2, 3 … within the project.
    pub number: i64,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub instructions: String,
    /// A name of the catalogue, or `scripted`; absent: `echo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub script: Vec<Reply>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controls: Option<Controls>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_s: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u32>,
    /// Lets people in who have no key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guests: Option<Guests>,
    /// The message that a failed turn leaves, by language (BCP 47).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failure_texts: BTreeMap<String, String>,
    /// By what its guests know it: the server's choice when it first lets guests in, and the same ever since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_id: Option<Id>,
    pub paused: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map>,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
    #[schema(value_type = schema::Time)]
    pub updated_at: Timestamp,
    /// Since when it takes no new threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub archived_at: Option<Timestamp>,
}

/// People without a key who may begin a thread with the agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Guests {
    /// Whose pages they may come from, as browsers say it: `https://shop.example.com`. Programs come from no page.
    #[serde(default)]
    pub origins: Vec<String>,
}

impl From<Guests> for domain::agent::Guests {
    fn from(guests: Guests) -> Self {
        Self { origins: guests.origins }
    }
}

/// An agent to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAgent {
    /// Unique within the project: lower-case letters and digits, words joined by single hyphens.
    pub name: String,
    #[serde(default)]
    pub display_name: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub instructions: Option<String>,
    /// A name of the catalogue, or `scripted`; absent: `echo`.
    #[serde(default)]
    pub model: Option<String>,
    /// What the model `scripted` says; with that model alone.
    #[serde(default)]
    pub script: Option<Vec<Reply>>,
    #[serde(default)]
    pub tools: Option<Vec<Tool>>,
    /// Defaults for what a message does not choose.
    #[serde(default)]
    pub controls: Option<Controls>,
    /// How long a thread with an inactivity window stays open after its last message, in seconds.
    #[serde(default)]
    pub window_s: Option<i64>,
    /// Model calls in one turn before it fails.
    #[serde(default)]
    pub max_steps: Option<u32>,
    /// Lets people in who have no key; absent: nobody.
    #[serde(default)]
    pub guests: Option<Guests>,
    /// The message that a failed turn leaves, by language (BCP 47). It tells nobody why the turn failed. The thread's locale
    /// chooses, or a shorter form of it, else `en`; absent: an English sentence of the server's.
    #[serde(default)]
    pub failure_texts: Option<BTreeMap<String, String>>,
    /// A person has taken over: messages start no turn.
    #[serde(default)]
    pub paused: Option<bool>,
    /// Words by which people sort their agents.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map>,
}

/// What to change of an agent; what is absent stays, null sets back to what an agent has without it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentPatch {
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = String)]
    pub name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub display_name: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub description: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub instructions: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub model: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<Reply>>)]
    pub script: Given<Vec<Reply>>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<Tool>>)]
    pub tools: Given<Vec<Tool>>,
    #[serde(default)]
    #[schema(value_type = Option<Controls>)]
    pub controls: Given<Controls>,
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub window_s: Given<i64>,
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    pub max_steps: Given<u32>,
    #[serde(default)]
    #[schema(value_type = Option<Guests>)]
    pub guests: Given<Guests>,
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub failure_texts: Given<BTreeMap<String, String>>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    pub paused: Given<bool>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub tags: Given<Vec<String>>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub metadata: Given<Map>,
}
