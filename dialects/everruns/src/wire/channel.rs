//! A channel: one agent, for programs that have the channel's address and a key of this agent (the vendor's Agent
//! Execution API).

use domain::{Map, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Sequence;

/// A channel's description of its agent.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentCard {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// True if events can be streamed.
    pub streaming: bool,
    pub input: AgentCardInput,
    /// Credentials that `Authorization: Bearer …` may contain.
    pub auth: Vec<AgentCardAuth>,
    /// Always empty: agents have no conversation starters.
    #[schema(value_type = Vec<String>)]
    pub conversation_starters: [String; 0],
    pub links: AgentCardLinks,
}

/// The kinds of input that a message may contain.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentCardInput {
    pub text: bool,
    pub images: bool,
    pub files: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AgentCardAuth {
    /// A key of this agent.
    AgentKey,
    /// A token from `runtime-auth`.
    RuntimeToken,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AgentCardLinks {
    /// Path of the agent's sessions.
    pub sessions: String,
}

/// A new session.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateAgentSessionRequest {
    pub title: Option<String>,
    /// The program's own data about the session.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map>,
}

/// A session in the view of a channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentSession {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub status: AgentSessionStatus,
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub metadata: Map,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Always empty: agents ask questions as messages.
    #[schema(value_type = Vec<Object>)]
    pub pending_questions: [Map; 0],
    /// Always empty: no tool waits for an approval.
    #[schema(value_type = Vec<Object>)]
    pub pending_approvals: [Map; 0],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentSessionStatus {
    Idle,
    Running,
    /// A turn waits for results of tools that the client runs.
    WaitingForInput,
    /// The last turn failed.
    Failed,
}

/// `GET /v1/channels/{channel_id}/sessions`.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct AgentSessionsQuery {
    /// Default: 50.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// `next_page_token` of the previous page.
    pub page_token: Option<String>,
}

/// A page of sessions.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentSessionList {
    pub data: Vec<AgentSession>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// `GET /v1/channels/{channel_id}/sessions/{session_id}/events`.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct AgentEventsQuery {
    /// Sequence of the last event that the client received. Default: 0, from the start.
    #[param(value_type = Option<i64>, required = false, minimum = 0)]
    pub after_sequence: Option<Sequence>,
    /// Default: 100.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// A token for an end user of the program.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuntimeToken {
    /// The end user sends it as `Authorization: Bearer …`.
    pub access_token: String,
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Lifetime in seconds.
    pub expires_in: u64,
    pub virtual_user_id: String,
}
