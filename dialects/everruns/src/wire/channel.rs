//! A channel: one agent, for programs that were given its address and a key of it (the vendor's Agent Execution API).

use domain::{Map, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Sequence;

/// What a channel says about its agent.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentCard {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether events can be followed as they happen.
    pub streaming: bool,
    pub input: AgentCardInput,
    /// What `Authorization: Bearer …` may carry.
    pub auth: Vec<AgentCardAuth>,
    /// Always empty: no agent has any.
    #[schema(value_type = Vec<String>)]
    pub conversation_starters: [String; 0],
    pub links: AgentCardLinks,
}

/// What a message to the agent may hold.
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
    /// What `runtime-auth` gives out.
    RuntimeToken,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AgentCardLinks {
    /// Path of the sessions.
    pub sessions: String,
}

/// A session to be begun.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateAgentSessionRequest {
    pub title: Option<String>,
    /// What the program wants to remember of it.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map>,
}

/// A session, as a channel shows it.
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
    /// Always empty: no agent asks questions in a form of their own.
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
    /// The last turn has failed.
    Failed,
}

/// `GET /v1/channels/{channel_id}/sessions`.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct AgentSessionsQuery {
    /// 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// `next_page_token` of the page before.
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
    /// The sequence of the last event that was seen; 0 when absent: from the start.
    #[param(value_type = Option<i64>, required = false, minimum = 0)]
    pub after_sequence: Option<Sequence>,
    /// 100 when absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// A token for someone whom a program serves.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuntimeToken {
    /// What they send as `Authorization: Bearer …`.
    pub access_token: String,
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: u64,
    pub virtual_user_id: String,
}
