//! Sessions.

use domain::{Map, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{AgentCapabilityConfig, InitialFile, McpServer, NetworkAccessList, TokenUsage, ToolDefinition};

/// `POST /v1/sessions`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct CreateSessionRequest {
    /// Must not be combined with `agent_name`. Default: the project's agent `default`.
    pub agent_id: Option<String>,
    pub agent_name: Option<String>,
    pub harness_id: Option<String>,
    pub harness_name: Option<String>,
    pub title: Option<String>,
    /// A language tag (BCP 47).
    pub locale: Option<String>,
    /// Replaces the agent's model. A message's own choice has priority.
    pub model_id: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub capabilities: Vec<AgentCapabilityConfig>,
    /// Added to the agent's tools. A tool with the same name replaces the agent's.
    #[serde(default)]
    pub tools: Vec<ToolDefinition>,
    #[serde(default)]
    pub initial_files: Vec<InitialFile>,
    /// Put before the agent's instructions.
    pub system_prompt: Option<String>,
    #[schema(minimum = 1)]
    pub max_iterations: Option<u32>,
    pub parallel_tool_calls: Option<bool>,
    /// Defaults for each message's hints.
    #[schema(value_type = Option<Object>)]
    pub hints: Option<Map>,
    #[serde(default, rename = "mcpServers")]
    #[schema(value_type = BTreeMap<String, McpServer>)]
    pub mcp_servers: Map<McpServer>,
    pub network_access: Option<NetworkAccessList>,
    pub workspace_id: Option<String>,
    pub agent_identity_id: Option<String>,
}

/// `PATCH /v1/sessions/{session_id}`: absent and null fields stay unchanged.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct UpdateSessionRequest {
    pub title: Option<String>,
    pub tags: Option<Vec<String>>,
    pub locale: Option<String>,
    pub agent_identity_id: Option<String>,
}

/// `POST /v1/sessions/{session_id}/fork`: absent fields are copied from the session.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct ForkSessionRequest {
    pub title: Option<String>,
    pub agent_id: Option<String>,
    pub model_id: Option<String>,
    pub locale: Option<String>,
    pub system_prompt: Option<String>,
    pub tags: Option<Vec<String>>,
}

/// A conversation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Session {
    pub id: String,
    pub organization_id: String,
    /// The session's own workspace.
    pub workspace_id: String,
    pub harness_id: String,
    pub owner_principal_id: String,
    pub status: SessionStatus,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Time of the first message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// Time of closing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    pub agent_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_identity_id: Option<String>,
    /// The session's own model, else its agent's.
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
    /// Always empty: no capability adds features.
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
    /// The first 200 characters of the session's first message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// The first 200 characters of the agent's last message, if it is among the newest messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_preview: Option<String>,
    /// What all model calls of the session used. Absent before the first one. A fork begins with nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<TokenUsage>,
    pub is_pinned: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forked_from_session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forked_from_sequence: Option<i64>,
    /// Path of this resource in this API.
    pub self_url: String,
    /// The same as `self_url`.
    pub view_url: String,
    /// The same as `self_url`.
    pub ui_link: String,
}

/// The status in the spelling that the SDKs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SessionStatus {
    /// No message was sent yet.
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

/// The filter of a list of sessions.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct SessionsQuery {
    /// Only sessions of this agent.
    pub agent_id: Option<String>,
    /// Only sessions with this text in their title; case does not matter.
    pub search: Option<String>,
    /// Number of items to skip. Default: 0.
    #[param(minimum = 0, default = 0)]
    pub offset: Option<u32>,
    /// Default: 20.
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
    /// `jsonl` (default) or `atif`.
    pub format: Option<String>,
    /// For `atif`: true for segments that fit a limit, linked by `continued_trajectory_ref`, instead of one document.
    pub segmented: Option<bool>,
    /// `X-Atif-Next-Cursor` of the previous segment.
    pub cursor: Option<String>,
}
