//! What a scripted model says, and the tools that an agent may call.

use std::collections::BTreeMap;

use domain::{agent::ToolKind, fault::Fault, step::Stop, tool::Approval};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ScriptedTokens, schema};

/// One reply of the model `scripted`. The first reply answers the first call within a turn, and so on; the last one repeats. A reply
/// without `text`, `recite`, `tool_calls`, `error` and `hang` echoes the user's text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Answer with what the user said: all messages since the agent last spoke, joined by blank lines.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub echo: bool,
    /// Answer with the instructions that the model was given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recite: bool,
    /// Answer with the transcript that the model was given, as JSON: a list of messages, each with `role` and `content`, and with
    /// the `origin` of the message's blocks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recite_transcript: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The number of pieces into which the text is cut. Absent: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunks: Option<u32>,
    /// The pause before each piece, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// The thoughts before the text, cut into as many pieces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ScriptedCall>,
    /// Answer only when messages are left out of the transcript and a summary is made in their place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub summary: bool,
    /// The reason for stopping that the model reports. Absent: `tool_calls` with calls, else `end`. After `pause` the model is called
    /// again at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Stop>)]
    pub stop: Option<Stop>,
    /// Blocks that come with the answer, as from a provider. They go back to the model, and nobody else gets them.
    #[serde(default, skip_serializing_if = "<[domain::Kept]>::is_empty")]
    #[schema(value_type = Vec<Value>)]
    pub blocks: Box<[domain::Kept]>,
    /// The failure with which the call ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Fault>)]
    pub error: Option<Fault>,
    /// With `error`: the seconds after which the provider asks for another try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    /// Whether the call never ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hang: bool,
    /// The number of pieces after which the reply breaks off, like a lost connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_after: Option<u32>,
    /// The tokens that the call reports, also if it fails. Absent: about as many as its text has; none if it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<ScriptedTokens>>,
}

/// A tool call that a scripted model asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptedCall {
    /// Absent: `call_<step>_<position>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub name: String,
    #[serde(default)]
    #[schema(value_type = Value)]
    pub arguments: domain::Kept,
}

/// A tool that an agent may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub name: String,
    #[schema(value_type = schema::ToolKind)]
    pub kind: ToolKind,
    /// A description of the tool, for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON Schema of its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub parameters: Option<domain::Kept>,
    /// Further fields of the tool's definition in another API. They have no effect here.
    #[serde(default, skip_serializing_if = "domain::Map::is_empty")]
    #[schema(value_type = Object)]
    pub extras: domain::Map,
    /// The result of a scripted tool. Without `result` and `error` it returns its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub result: Option<domain::Kept>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// The request of an HTTP tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpRequest>,
    /// The seconds in which a call of a scripted or an HTTP tool must end. Absent: the limit `tool_s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Approval>)]
    pub approval: Option<Approval>,
    /// Whether the tool may run again after a crash. Otherwise such a call ends as "outcome unknown".
    #[serde(default)]
    pub repeat_safe: bool,
}

/// The request of an HTTP tool. The model's arguments fill the places of the URL. With `POST`, `PUT` and `PATCH` the others are the
/// JSON body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpRequest {
    #[schema(value_type = schema::Method)]
    pub method: domain::tool::Method,
    /// An http or https URL. `{name}` stands for an argument: for a whole segment of the path, or a whole value of the query.
    pub url: String,
    /// Fixed headers. The values are secrets: they are read as `***`, which keeps the value when it is sent back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The secret by which requests are signed (Standard Webhooks): `whsec_` and 24 to 64 bytes in base64. It is read as `***`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_secret: Option<String>,
}

impl From<HttpRequest> for domain::tool::Http {
    fn from(wire: HttpRequest) -> Self {
        let HttpRequest { method, url, headers, signing_secret } = wire;
        let headers = headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        Self { method, url, headers, signing_secret }
    }
}

impl From<domain::tool::Http> for HttpRequest {
    fn from(http: domain::tool::Http) -> Self {
        let domain::tool::Http { method, url, headers, signing_secret } = http;
        Self { method, url, headers, signing_secret }
    }
}

impl From<Reply> for domain::script::Reply {
    fn from(wire: Reply) -> Self {
        Self {
            echo: wire.echo,
            recite: wire.recite,
            recite_transcript: wire.recite_transcript,
            summary: wire.summary,
            stop: wire.stop,
            blocks: wire.blocks,
            text: wire.text,
            chunks: wire.chunks,
            delay_ms: wire.delay_ms,
            thinking: wire.thinking,
            tool_calls: wire.tool_calls.into_iter().map(Into::into).collect(),
            error: wire.error,
            retry_after_s: wire.retry_after_s,
            hang: wire.hang,
            cut_after: wire.cut_after,
            usage: wire.usage.map(|usage| Box::new((*usage).into())),
        }
    }
}

impl From<domain::script::Reply> for Reply {
    fn from(reply: domain::script::Reply) -> Self {
        Self {
            echo: reply.echo,
            recite: reply.recite,
            recite_transcript: reply.recite_transcript,
            summary: reply.summary,
            stop: reply.stop,
            blocks: reply.blocks,
            text: reply.text,
            chunks: reply.chunks,
            delay_ms: reply.delay_ms,
            thinking: reply.thinking,
            tool_calls: reply.tool_calls.into_iter().map(Into::into).collect(),
            error: reply.error,
            retry_after_s: reply.retry_after_s,
            hang: reply.hang,
            cut_after: reply.cut_after,
            usage: reply.usage.map(|usage| Box::new((*usage).into())),
        }
    }
}

impl From<ScriptedCall> for domain::script::ScriptedCall {
    fn from(wire: ScriptedCall) -> Self {
        Self { id: wire.id, name: wire.name, arguments: wire.arguments }
    }
}

impl From<domain::script::ScriptedCall> for ScriptedCall {
    fn from(call: domain::script::ScriptedCall) -> Self {
        Self { id: call.id, name: call.name, arguments: call.arguments }
    }
}

impl From<Tool> for domain::agent::Tool {
    fn from(wire: Tool) -> Self {
        Self {
            name: wire.name,
            kind: wire.kind,
            description: wire.description,
            parameters: wire.parameters,
            extras: wire.extras,
            result: wire.result,
            error: wire.error,
            delay_ms: wire.delay_ms,
            http: wire.http.map(Into::into),
            timeout_s: wire.timeout_s,
            approval: wire.approval,
            repeat_safe: wire.repeat_safe,
        }
    }
}

impl From<domain::agent::Tool> for Tool {
    fn from(tool: domain::agent::Tool) -> Self {
        Self {
            name: tool.name,
            kind: tool.kind,
            description: tool.description,
            parameters: tool.parameters,
            extras: tool.extras,
            result: tool.result,
            error: tool.error,
            delay_ms: tool.delay_ms,
            http: tool.http.map(Into::into),
            timeout_s: tool.timeout_s,
            approval: tool.approval,
            repeat_safe: tool.repeat_safe,
        }
    }
}
