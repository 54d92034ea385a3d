//! Tools as agents and sessions define them.

use domain::Map;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A tool that the model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToolDefinition {
    /// Run by the server, which knows tools only from an agent's script: any other is kept and never offered to the model.
    Builtin(BuiltinTool),
    /// Run by the client: the turn waits for its result.
    ClientSide(ClientSideTool),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClientSideTool {
    /// 1 to 64 letters, digits, hyphens and underscores.
    pub name: String,
    /// For the model.
    pub description: String,
    /// JSON Schema of the arguments.
    #[schema(value_type = Value)]
    pub parameters: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferrable: Option<DeferrablePolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub full_parameters: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub hints: Option<Map>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BuiltinTool {
    pub name: String,
    pub description: String,
    #[schema(value_type = Value)]
    pub parameters: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferrable: Option<DeferrablePolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub full_parameters: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub hints: Option<Map>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<ToolPolicy>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeferrablePolicy {
    Never,
    Automatic,
    Always,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolPolicy {
    Auto,
    RequiresApproval,
    ClientSide,
}

/// `POST /v1/sessions/{session_id}/tool-results`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct SubmitToolResultsRequest {
    pub tool_results: Vec<ClientToolResult>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct ClientToolResult {
    pub tool_call_id: String,
    /// Any JSON; null when the tool failed.
    #[schema(value_type = Option<Value>)]
    pub result: Option<Value>,
    /// Why the tool failed.
    pub error: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SubmitToolResultsResponse {
    pub accepted: u32,
    /// `waitingfortoolresults` while other calls are open, else `active`.
    pub status: String,
}
