//! Tools as agents and sessions define them.

use domain::{Kept, Map};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A tool that the model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", from = "ToolFields")]
pub enum ToolDefinition {
    /// Run by the server. The server knows only the tools of an agent's script; others are stored and not offered to
    /// the model.
    Builtin(BuiltinTool),
    /// Run by the client. The turn waits for the result.
    ClientSide(ClientSideTool),
}

/// All fields of all kinds of definitions. serde's own decoding of tagged types would buffer the fields and lose those
/// that are kept as text.
#[derive(Deserialize)]
struct ToolFields {
    #[serde(rename = "type")]
    kind: ToolType,
    name: String,
    description: String,
    parameters: Kept,
    display_name: Option<String>,
    category: Option<String>,
    deferrable: Option<DeferrablePolicy>,
    full_parameters: Option<Kept>,
    hints: Option<Map>,
    policy: Option<ToolPolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ToolType {
    Builtin,
    ClientSide,
}

impl From<ToolFields> for ToolDefinition {
    fn from(fields: ToolFields) -> Self {
        let ToolFields { kind, name, description, parameters, display_name, category, .. } = fields;
        let ToolFields { deferrable, full_parameters, hints, policy, .. } = fields;
        match kind {
            ToolType::Builtin => Self::Builtin(BuiltinTool {
                name,
                description,
                parameters,
                display_name,
                category,
                deferrable,
                full_parameters,
                hints,
                policy,
            }),
            ToolType::ClientSide => Self::ClientSide(ClientSideTool {
                name,
                description,
                parameters,
                display_name,
                category,
                deferrable,
                full_parameters,
                hints,
            }),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClientSideTool {
    /// 1 to 64 letters, digits, hyphens and underscores.
    pub name: String,
    /// The description for the model.
    pub description: String,
    /// The JSON Schema of the arguments.
    #[schema(value_type = Value)]
    pub parameters: Kept,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferrable: Option<DeferrablePolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub full_parameters: Option<Kept>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub hints: Option<Map>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BuiltinTool {
    pub name: String,
    pub description: String,
    #[schema(value_type = Value)]
    pub parameters: Kept,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferrable: Option<DeferrablePolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub full_parameters: Option<Kept>,
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
    /// Any JSON value. Null if the tool failed.
    #[schema(value_type = Option<Value>)]
    pub result: Option<Kept>,
    /// The reason why the tool failed.
    pub error: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SubmitToolResultsResponse {
    pub accepted: u32,
    /// `waitingfortoolresults` while other calls are open, else `active`.
    pub status: String,
}
