//! A session as a trajectory: ATIF 1.7 (Agent Trajectory Interchange Format, Harbor's RFC 0001), as the vendor exports it.

use domain::{Map, Timestamp};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr, Schema,
        schema::{AnyOfBuilder, Array},
    },
};

/// `GET /v1/sessions/{session_id}/export?format=atif`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Trajectory {
    /// `ATIF-v1.7`.
    pub schema_version: &'static str,
    pub session_id: String,
    /// For a segment: the session's id and the segment's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trajectory_id: Option<String>,
    pub agent: TrajectoryAgent,
    pub steps: Vec<TrajectoryStep>,
    pub final_metrics: TrajectoryMetrics,
    /// Path of the next segment. Absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continued_trajectory_ref: Option<String>,
    pub extra: TrajectoryExtra,
}

/// The agent that made the steps.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TrajectoryAgent {
    pub name: &'static str,
    pub version: &'static str,
}

/// A step: a user's message, or an agent's message with its tool calls.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TrajectoryStep {
    /// 1, 2, 3 … over the whole session, across segments.
    pub step_id: u64,
    #[schema(value_type = String, format = DateTime)]
    pub timestamp: Timestamp,
    pub source: StepSource,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_name: Option<String>,
    pub message: StepContent,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<StepToolCall>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observation: Option<Observation>,
    /// For an agent's step: 0 if no model produced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm_call_count: Option<u32>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub extra: Map,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepSource {
    User,
    Agent,
}

/// Text, or parts if it contains pictures.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum StepContent {
    Text(String),
    Parts(Vec<StepPart>),
}

/// `anyOf` instead of `oneOf`, because openapi-generator's `typescript-fetch` makes code from `oneOf` that does not
/// compile.
impl PartialSchema for StepContent {
    fn schema() -> RefOr<Schema> {
        let parts = Array::new(Ref::from_schema_name(StepPart::name()));
        let choices = AnyOfBuilder::new().item(String::schema()).item(parts);
        choices.description(Some("Text, or parts if it contains pictures.")).into()
    }
}

impl ToSchema for StepContent {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((StepPart::name().into(), StepPart::schema()));
        StepPart::schemas(schemas);
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StepPart {
    Text { text: String },
    Image { source: StepImage },
}

/// The place of a picture.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StepImage {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The picture's original URL, or its path in this API.
    pub path: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StepToolCall {
    pub tool_call_id: String,
    pub function_name: String,
    /// Arguments that are not an object are wrapped under `value`.
    #[schema(value_type = Object)]
    pub arguments: Map,
}

/// The results of the step's calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Observation {
    pub results: Vec<ObservationResult>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ObservationResult {
    pub source_call_id: String,
    pub content: String,
    /// `success`: false for a failed call.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub extra: Map,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct TrajectoryMetrics {
    /// Number of steps in the document.
    pub total_steps: u64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TrajectoryExtra {
    /// Turns that ended between the document's first step and the next document's.
    pub turns: Vec<TrajectoryTurn>,
    /// Number of deleted pictures; `[image]` replaces each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images_omitted: Option<u64>,
    /// 0 for the first segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment_index: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TrajectoryTurn {
    pub turn_id: String,
    pub status: TrajectoryTurnStatus,
    pub iterations: u32,
    pub duration_ms: i64,
    /// The reason why the turn failed or was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TrajectoryTurnStatus {
    Completed,
    Failed,
    Cancelled,
}
