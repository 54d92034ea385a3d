//! What a message chooses for the turn that answers it.

use domain::{
    Map, SnapshotId,
    controls::{Disclosure, Reasoning, Speed, Verbosity},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::{self, Id};

/// Choices of a message for the turn that answers it. The agent's own controls fill in absent fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Controls {
    /// A model of `GET /threadline/v1/models`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Speed>)]
    pub speed: Option<Speed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Reasoning>)]
    pub reasoning: Option<Reasoning>,
    /// The model of the agents that this turn's agent delegates to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Speed>)]
    pub build_speed: Option<Speed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Reasoning>)]
    pub build_reasoning: Option<Reasoning>,
    /// A language tag (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "uk-UA")]
    pub locale: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Verbosity>)]
    pub verbosity: Option<Verbosity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Disclosure>)]
    pub error_disclosure: Option<Disclosure>,
    /// Further settings for the agent's model.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub hints: Map,
    /// An empty list means no snapshots, even where the agent has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser_snapshots: Option<Vec<Id>>,
}

impl From<Controls> for domain::controls::Controls {
    fn from(wire: Controls) -> Self {
        Self {
            model: wire.model,
            speed: wire.speed,
            reasoning: wire.reasoning,
            build_model: wire.build_model,
            build_speed: wire.build_speed,
            build_reasoning: wire.build_reasoning,
            locale: wire.locale,
            verbosity: wire.verbosity,
            error_disclosure: wire.error_disclosure,
            hints: wire.hints,
            browser_snapshots: wire.browser_snapshots.map(|ids| ids.into_iter().map(|id| SnapshotId(id.0)).collect()),
        }
    }
}

impl From<domain::controls::Controls> for Controls {
    fn from(controls: domain::controls::Controls) -> Self {
        Self {
            model: controls.model,
            speed: controls.speed,
            reasoning: controls.reasoning,
            build_model: controls.build_model,
            build_speed: controls.build_speed,
            build_reasoning: controls.build_reasoning,
            locale: controls.locale,
            verbosity: controls.verbosity,
            error_disclosure: controls.error_disclosure,
            hints: controls.hints,
            browser_snapshots: controls.browser_snapshots.map(|ids| ids.into_iter().map(|id| Id(id.0)).collect()),
        }
    }
}
