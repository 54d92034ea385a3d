//! Threads.

use std::collections::BTreeMap;

use dialect_kit::fields::PageLimit;
use domain::{Map, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Pagination;

/// A new web chat thread. Other fields are ignored.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateWebThreadBody {
    #[schema(format = "uuid")]
    pub agent_id: String,
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub metadata: Map<String>,
    /// Values of the placeholders `{{name}}` in the agent's instructions.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
}

/// The metadata and variables to set, by name. Absent names stay unchanged. Other fields are ignored.
#[derive(Deserialize, ToSchema)]
pub struct UpdateThreadBody {
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub metadata: Map<String>,
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
}

#[derive(Deserialize, ToSchema)]
pub struct CloseThreadBody {
    pub reason: ClosedReason,
}

/// The reason why a thread is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClosedReason {
    OptedOut,
    Dnc,
    Fraud,
    ContactAgain,
    WrongNumber,
    NotInterested,
    AppointmentBooked,
    /// Also set when the inactivity window has expired.
    Ended,
    WorkflowOneOffText,
    FilteredSpam,
    FilteredOoo,
    FilteredAutoReply,
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ListThreadsQuery {
    /// Number of threads per page (default: 10, max: 100)
    #[serde(default)]
    #[param(value_type = String, required = false)]
    pub limit: PageLimit<10>,
    /// `nextCursor` of the previous page
    #[serde(default)]
    #[param(nullable = false)]
    pub cursor: Option<String>,
    /// Only threads of this agent
    #[serde(default)]
    #[param(nullable = false, format = "uuid")]
    pub agent_id: Option<String>,
    /// Matches nothing, because threads have no telephone numbers
    #[serde(default)]
    #[param(nullable = false)]
    pub to_phone_number: Option<String>,
    /// Only threads that take messages (true), or only closed ones (false)
    #[serde(default)]
    #[param(nullable = false)]
    pub is_active: Option<bool>,
    /// Only threads that were closed for this reason
    #[serde(default)]
    #[param(inline, nullable = false)]
    pub closed_reason: Option<ClosedReason>,
}

#[derive(Serialize, ToSchema)]
pub struct ThreadResponse {
    pub thread: Thread,
}

/// A page of threads, newest first.
#[derive(Serialize, ToSchema)]
pub struct ListThreadsResponse {
    pub threads: Vec<Thread>,
    pub pagination: Pagination,
}

/// A conversation. Fields of the telephone network and of agents' versions are null.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    pub id: String,
    /// The project's id.
    pub organization_id: String,
    #[schema(required = true)]
    pub agent_version_id: Option<String>,
    #[schema(required = true)]
    pub to_phone_number: Option<String>,
    #[schema(required = true)]
    pub from_phone_number: Option<String>,
    #[schema(required = true)]
    pub from_phone_number_id: Option<String>,
    #[schema(required = true)]
    pub lead_id: Option<String>,
    /// True while the thread takes messages.
    pub is_active: bool,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    /// When the thread last changed.
    #[schema(value_type = String)]
    pub updated_at: Timestamp,
    #[schema(required = true, value_type = Option<String>)]
    pub closed_at: Option<Timestamp>,
    #[schema(required = true)]
    pub closed_reason: Option<ClosedReason>,
    pub agent_id: String,
    pub agent_details: AgentSummary,
    #[schema(required = true, value_type = Option<Object>)]
    pub agent_version_details: Option<()>,
    #[schema(value_type = BTreeMap<String, String>)]
    pub metadata: Map<String>,
    pub variables: BTreeMap<String, String>,
}

#[derive(Clone, Serialize, ToSchema)]
pub struct AgentSummary {
    pub id: String,
    pub name: String,
    #[schema(required = true)]
    pub description: Option<String>,
}
