//! Sessions.

use domain::{Map, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{AgentCapabilityConfig, InitialFile, McpServer, NetworkAccessList, ToolDefinition};

/// `POST /v1/sessions`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct CreateSessionRequest {
    /// Not together with `agent_name`; absent: the project's agent `default`.
    pub agent_id: Option<String>,
    pub agent_name: Option<String>,
    pub harness_id: Option<String>,
    pub harness_name: Option<String>,
    pub title: Option<String>,
    /// BCP 47.
    pub locale: Option<String>,
    /// Over the agent's; a message's own choice goes before it.
    pub model_id: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub capabilities: Vec<AgentCapabilityConfig>,
    /// Beside the agent's; one of the same name is in its place.
    #[serde(default)]
    pub tools: Vec<ToolDefinition>,
    #[serde(default)]
    pub initial_files: Vec<InitialFile>,
    /// Before the agent's.
    pub system_prompt: Option<String>,
    #[schema(minimum = 1)]
    pub max_iterations: Option<u32>,
    pub parallel_tool_calls: Option<bool>,
    /// Defaults of every message's.
    #[schema(value_type = Option<Object>)]
    pub hints: Option<Map>,
    #[serde(default, rename = "mcpServers")]
    #[schema(value_type = BTreeMap<String, McpServer>)]
    pub mcp_servers: Map<McpServer>,
    pub network_access: Option<NetworkAccessList>,
    pub workspace_id: Option<String>,
    pub agent_identity_id: Option<String>,
}

/// `PATCH /v1/sessions/{session_id}`: what is absent or null stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct UpdateSessionRequest {
    pub title: Option<String>,
    pub tags: Option<Vec<String>>,
    pub locale: Option<String>,
    pub agent_identity_id: Option<String>,
}

/// `POST /v1/sessions/{session_id}/fork`: what is absent is as in the session.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct ForkSessionRequest {
    pub title: Option<String>,
    pub agent_id: Option<String>,
    pub model_id: Option<String>,
    pub locale: Option<String>,
    pub system_prompt: Option<String>,
    pub tags: Option<Vec<String>>,
}

/// One conversation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Session {
    pub id: String,
    pub organization_id: String,
    /// The session's own, always.
    pub workspace_id: String,
    pub harness_id: String,
    pub owner_principal_id: String,
    pub status: SessionStatus,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// When its first message came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// When somebody closed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    pub agent_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_identity_id: Option<String>,
    /// The session's own, else its agent's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    pub tags: Vec<String>,
    pub capabilities: Vec<AgentCapabilityConfig>,
    pub tools: Vec<ToolDefinition>,
    pub initial_files: Vec<InitialFile>,
    /// Always empty: no capability brings any.
    pub features: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_iterations: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub hints: Option<Map>,
    #[serde(rename = "mcpServers", skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = BTreeMap<String, McpServer>)]
    pub mcp_servers: Map<McpServer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_access: Option<NetworkAccessList>,
    /// The first 200 characters of its first message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// The first 200 characters of the agent's last message, when it is among the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_preview: Option<String>,
    pub is_pinned: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forked_from_session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forked_from_sequence: Option<i64>,
    /// Where it is in this API.
    pub self_url: String,
    /// As `self_url`.
    pub view_url: String,
    /// As `self_url`.
    pub ui_link: String,
}

/// In the spelling that the SDKs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SessionStatus {
    /// Nothing was said yet.
    Started,
    Active,
    Idle,
    WaitingForToolResults,
}

impl SessionStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Active => "active",
            Self::Idle => "idle",
            Self::WaitingForToolResults => "waitingfortoolresults",
        }
    }
}

/// Which sessions a list shows.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct SessionsQuery {
    /// Only this agent's.
    pub agent_id: Option<String>,
    /// Part of the title, whatever the case.
    pub search: Option<String>,
    /// Items to skip; 0 when absent.
    #[param(minimum = 0, default = 0)]
    pub offset: Option<u32>,
    /// 20 when absent.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u32>,
}

/// `POST /v1/sessions/{session_id}/cancel`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CancelTurnResponse {
    pub status: CancelStatus,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelStatus {
    Cancelled,
    /// No turn was open.
    NoOp,
}

/// `GET /v1/sessions/{session_id}/export`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `jsonl`, which it is when absent, or `atif`.
    pub format: Option<String>,
    /// Of `atif`: in segments that fit a limit, linked by `continued_trajectory_ref`, instead of one document.
    pub segmented: Option<bool>,
    /// `X-Atif-Next-Cursor` of the segment before.
    pub cursor: Option<String>,
}
