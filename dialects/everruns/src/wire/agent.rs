//! Agents.

use domain::{Map, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{AgentCapabilityConfig, InitialFile, McpServer, NetworkAccessList, ToolDefinition};

/// `POST /v1/agents` and `PUT /v1/agents/{agent_id}`: all settings of the agent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct CreateAgentRequest {
    /// `agent_` and 32 hex digits. The agent with this id is changed, or created if there is none.
    pub id: Option<String>,
    /// Unique: lower-case letters and digits with single hyphens between words, at most 64 characters. Without an id,
    /// the agent with this name is changed.
    pub name: String,
    pub system_prompt: String,
    pub display_name: Option<String>,
    pub description: Option<String>,
    /// `model_` and 32 hex digits.
    pub default_model_id: Option<String>,
    /// The only harness. Must not be combined with `harness_name`.
    pub harness_id: Option<String>,
    /// Always `generic`.
    pub harness_name: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub capabilities: Vec<AgentCapabilityConfig>,
    #[serde(default)]
    pub tools: Vec<ToolDefinition>,
    #[serde(default)]
    pub initial_files: Vec<InitialFile>,
    /// Highest number of model calls in one turn.
    #[schema(minimum = 1)]
    pub max_iterations: Option<u32>,
    pub parallel_tool_calls: Option<bool>,
    #[serde(default, rename = "mcpServers")]
    #[schema(value_type = BTreeMap<String, McpServer>)]
    pub mcp_servers: Map<McpServer>,
    pub network_access: Option<NetworkAccessList>,
}

/// `PATCH /v1/agents/{agent_id}`: absent and null fields stay unchanged.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct UpdateAgentRequest {
    pub name: Option<String>,
    pub system_prompt: Option<String>,
    pub display_name: Option<String>,
    pub description: Option<String>,
    pub default_model_id: Option<String>,
    pub harness_id: Option<String>,
    pub harness_name: Option<String>,
    pub tags: Option<Vec<String>>,
    pub capabilities: Option<Vec<AgentCapabilityConfig>>,
    pub tools: Option<Vec<ToolDefinition>>,
    pub initial_files: Option<Vec<InitialFile>>,
    #[schema(minimum = 1)]
    pub max_iterations: Option<u32>,
    pub parallel_tool_calls: Option<bool>,
    #[serde(rename = "mcpServers")]
    #[schema(value_type = Option<BTreeMap<String, McpServer>>)]
    pub mcp_servers: Option<Map<McpServer>>,
    pub network_access: Option<NetworkAccessList>,
    /// `active` or `archived`.
    pub status: Option<AgentStatus>,
}

/// An agent, which answers in sessions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Agent {
    pub id: String,
    pub name: String,
    pub system_prompt: String,
    pub harness_id: String,
    pub status: AgentStatus,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub archived_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_model_id: Option<String>,
    pub tags: Vec<String>,
    pub capabilities: Vec<AgentCapabilityConfig>,
    pub tools: Vec<ToolDefinition>,
    pub initial_files: Vec<InitialFile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_iterations: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    #[serde(rename = "mcpServers", skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = BTreeMap<String, McpServer>)]
    pub mcp_servers: Map<McpServer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_access: Option<NetworkAccessList>,
    /// Path of this resource in this API.
    pub self_url: String,
    /// The same as `self_url`.
    pub view_url: String,
    /// The same as `self_url`.
    pub ui_link: String,
}

/// An agent with counts of its dependents.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CountedAgent {
    #[serde(flatten)]
    pub agent: Agent,
    pub session_count: i64,
    /// Always 0.
    pub app_count: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AgentStatus {
    Active,
    Archived,
    /// Never used: an agent is archived, and its sessions continue.
    Deleted,
}

/// The filter of a list of agents.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct AgentsQuery {
    /// Only agents with this text in their name, display name or description; case does not matter.
    pub search: Option<String>,
    pub include_archived: Option<bool>,
    /// Number of items to skip. Default: 0.
    #[param(minimum = 0, default = 0)]
    pub offset: Option<u32>,
    /// Default: 20.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u32>,
}
