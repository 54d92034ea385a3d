//! The queries of events.

use serde::Deserialize;
use utoipa::IntoParams;

use super::Sequence;

/// `GET /v1/sessions/{session_id}/sse`.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// Id of the last event that the client received. The header `Last-Event-ID` has priority.
    pub since_id: Option<String>,
    /// Sequence of the last event that the client received; 0 is the start. `since_id` has priority.
    #[param(value_type = Option<i64>, required = false, minimum = 0)]
    pub after_sequence: Option<Sequence>,
    /// Only these types. Repeat the key for each, at most 64 times.
    pub types: Vec<String>,
    /// Without these types. Applied after `types`.
    pub exclude: Vec<String>,
}

/// `GET /v1/sessions/{session_id}/events`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Only events after this one.
    pub since_id: Option<String>,
    /// Only events with a higher sequence.
    #[param(value_type = Option<i64>, required = false, minimum = 0)]
    pub after_sequence: Option<Sequence>,
    /// Only events with a lower sequence.
    #[param(value_type = Option<i64>, required = false, minimum = 0)]
    pub before_sequence: Option<Sequence>,
    /// Highest number of events. With `since_id` or `after_sequence` the first ones, else the last ones. Default: all.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// The event around which to list. Must not be combined with the cursors.
    pub around: Option<String>,
    /// Number of events on each side of `around`. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    pub window: Option<u32>,
    /// Only these types. Repeat the key for each, at most 64 times.
    pub types: Vec<String>,
    /// Without these types. Applied after `types`.
    pub exclude: Vec<String>,
    /// Only events at or after this time (RFC 3339).
    pub from_ts: Option<String>,
    /// Only events at or before this time (RFC 3339).
    pub to_ts: Option<String>,
    /// Only events of this turn.
    pub turn_id: Option<String>,
    /// Matches nothing, because no event has one.
    pub exec_id: Option<String>,
    /// Matches nothing, because no event has one.
    pub trace_id: Option<String>,
    /// Only messages with one of these tags. Repeat the key for each, at most 64 times.
    pub tags: Vec<String>,
    /// Only calls and results of this tool.
    pub tool_name: Option<String>,
    /// Only events that contain this text; case does not matter.
    pub q: Option<String>,
    /// True for newest first.
    pub order_desc: Option<bool>,
}
