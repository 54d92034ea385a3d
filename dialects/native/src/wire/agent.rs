//! Who answers in a thread.

use std::collections::BTreeMap;

use dialect_kit::Given;
use domain::{
    Map, Timestamp,
    agent::{Kind, Reopen},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Budget, Controls, Guests, Reply, Tool,
    schema::{self, Id},
};

/// An agent answers in threads. It has instructions, a model and tools.
#[derive(Debug, Serialize, ToSchema)]
pub struct Agent {
    pub id: Id,
    /// A number within the project: 1, 2, 3 …
    pub number: i64,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Absent: `model`.
    #[serde(skip_serializing_if = "Kind::is_model")]
    #[schema(value_type = schema::AgentKind)]
    pub kind: Kind,
    /// Seconds for which a turn of an external agent waits for a program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unclaimed_s: Option<i64>,
    /// The endpoint to which the turns of an external agent are pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push: Option<Push>,
    pub instructions: String,
    /// A model of `GET /models`, or `scripted`. Absent: `echo`.
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
    /// Seconds for which a customer waits in a thread that a member holds, until the thread is overdue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_idle_s: Option<i64>,
    /// Absent: `agent`.
    #[serde(skip_serializing_if = "Reopen::is_agent")]
    #[schema(value_type = schema::Reopen)]
    pub reopen: Reopen,
    /// Whether the agent may be silent when it asks for a person by the tool `ask_person`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ask_silent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u32>,
    /// The most that model calls of the agent may use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    /// The setting by which the agent lets guests in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guests: Option<Guests>,
    /// The message that a failed turn leaves, by language (BCP 47).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failure_texts: BTreeMap<String, String>,
    /// The id by which guests know the agent. The server chooses it when the agent first lets guests in. It never changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_id: Option<Id>,
    /// A paused agent starts no turn. Its running and waiting turns fail with `agent_paused`.
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
    /// The time at which the agent was archived. An archived agent takes no new threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub archived_at: Option<Timestamp>,
}

/// The endpoint of an external agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// An http or https URL. Each turn is posted there as the answer to a claim.
    #[schema(example = "https://agent.example.com/turns")]
    pub url: String,
}

impl From<Push> for domain::agent::Push {
    fn from(push: Push) -> Self {
        Self::to(push.url)
    }
}

/// An endpoint with its new secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct PushSecret {
    pub push: Push,
    /// The secret of the header `webhook-signature`, by Standard Webhooks: `whsec_` and 32 bytes in base64. It is shown only here.
    pub secret: String,
    /// The time until which the previous secret signs too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub overlap_ends_at: Option<Timestamp>,
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
    /// `external`: the user's own program answers, which claims the agent's turns. Absent: `model`.
    #[serde(default)]
    #[schema(value_type = Option<schema::AgentKind>)]
    pub kind: Option<Kind>,
    /// Seconds for which a turn waits until a program claims it, for the kind `external`. Absent: the limit `unclaimed_s`.
    #[serde(default)]
    pub unclaimed_s: Option<i64>,
    /// An endpoint that gets each turn as a request, for the kind `external`. Absent: a program claims the turns.
    #[serde(default)]
    pub push: Option<Push>,
    #[serde(default)]
    pub instructions: Option<String>,
    /// A model of `GET /models`, or `scripted`. Absent: `echo`.
    #[serde(default)]
    pub model: Option<String>,
    /// The replies of the model `scripted`. Other models must not have them.
    #[serde(default)]
    pub script: Option<Vec<Reply>>,
    #[serde(default)]
    pub tools: Option<Vec<Tool>>,
    /// Defaults for the controls that a message leaves out.
    #[serde(default)]
    pub controls: Option<Controls>,
    /// Seconds for which a thread with an inactivity window stays open after its last message.
    #[serde(default)]
    pub window_s: Option<i64>,
    /// Seconds for which a customer waits in a thread that a member holds, until the thread is overdue and another member may take it. It
    /// counts for takes that come later. Absent: the limit `hold_idle_s`.
    #[serde(default)]
    pub hold_idle_s: Option<i64>,
    /// The side to which a customer's message reopens a closed thread. Absent: `agent`.
    #[serde(default)]
    #[schema(value_type = Option<schema::Reopen>)]
    pub reopen: Option<Reopen>,
    /// Whether the agent may be silent when it asks for a person by the tool `ask_person`. Absent: no.
    #[serde(default)]
    pub ask_silent: Option<bool>,
    /// The number of model calls in one turn after which the turn fails.
    #[serde(default)]
    pub max_steps: Option<u32>,
    /// The most that model calls of the agent may use, all its threads together.
    #[serde(default)]
    pub budgets: Option<Vec<Budget>>,
    /// The setting by which the agent lets guests in. Absent: no guests.
    #[serde(default)]
    pub guests: Option<Guests>,
    /// The message that a failed turn leaves, by language (BCP 47). It should not say why the turn failed. The server takes the text of
    /// the thread's locale, of a shorter form of that, or of `en`. Absent: an English sentence of the server.
    #[serde(default)]
    pub failure_texts: Option<BTreeMap<String, String>>,
    /// Whether a person has taken over. Messages then start no turn.
    #[serde(default)]
    pub paused: Option<bool>,
    /// Words by which people sort their agents.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map>,
}

/// Changes of an agent. Absent fields stay as they are. Null sets a field back to its default.
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
    #[schema(value_type = Option<schema::AgentKind>)]
    pub kind: Given<Kind>,
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub unclaimed_s: Given<i64>,
    #[serde(default)]
    #[schema(value_type = Option<Push>)]
    pub push: Given<Push>,
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
    #[schema(value_type = Option<i64>)]
    pub hold_idle_s: Given<i64>,
    #[serde(default)]
    #[schema(value_type = Option<schema::Reopen>)]
    pub reopen: Given<Reopen>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    pub ask_silent: Given<bool>,
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    pub max_steps: Given<u32>,
    /// The new budgets as a whole. They hold from the next model call on.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Budget>>)]
    pub budgets: Given<Vec<Budget>>,
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
