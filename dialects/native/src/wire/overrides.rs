//! What a thread has of its own.

use domain::Map;
use engine::app::threads::overrides::Own;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Controls, Tool, schema::Id};

/// What a thread has of its own, over and beside what its agent has.
#[derive(Debug, Serialize, ToSchema)]
pub struct Overrides {
    /// Said to the model before the agent's instructions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// Beside the agent's; one of the same name is in its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Defaults of the thread's messages, over the agent's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controls: Option<Controls>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<Fork>,
    /// What its client has set that nothing here acts on, by the names of the API that it was set through.
    #[schema(value_type = Object)]
    pub extras: Map,
}

/// Where a thread branched off.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fork {
    pub thread: Id,
    /// The newest entry of that thread at the time.
    pub seq: i64,
}

/// What clients have set that nothing here acts on.
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
            forked_from: overrides.forked_from.map(|fork| Fork { thread: Id(fork.thread.0), seq: fork.seq }),
            extras,
        }
    }
}
