//! What a thread has of its own.

use domain::Map;
use engine::app::threads::overrides::Own;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Budget, Controls, Tool, budget::shown, schema::Id};

/// Settings of one thread. They take precedence over those of its agent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Overrides {
    /// Instructions that the model gets before those of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// Tools beside those of the agent. A tool of the same name replaces the agent's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Defaults for the thread's messages. They take precedence over those of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controls: Option<Controls>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u32>,
    /// The most that model calls in the thread may use, beside the budgets of its agent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<Fork>,
    /// Fields that a client has set and that have no effect here, by their names in the API of the client.
    #[schema(value_type = Object)]
    pub extras: Map,
}

/// The thread and the entry at which a fork was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fork {
    pub thread: Id,
    /// The newest entry of that thread when the fork was made.
    pub seq: i64,
}

/// Fields that clients have set and that have no effect here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Extras {
    #[schema(value_type = Object)]
    pub extras: Map,
}

impl From<Own> for Overrides {
    fn from(Own { overrides, extras }: Own) -> Self {
        Self {
            instructions: overrides.instructions,
            tools: overrides.tools.into_iter().map(Into::into).collect(),
            controls: Some(overrides.controls).filter(|controls| !controls.is_empty()).map(Into::into),
            max_steps: overrides.max_steps,
            budgets: shown(overrides.budgets),
            forked_from: overrides.forked_from.map(|fork| Fork { thread: Id(fork.thread.0), seq: fork.seq }),
            extras,
        }
    }
}
