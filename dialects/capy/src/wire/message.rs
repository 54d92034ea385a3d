//! Messages of a thread.

use dialect_kit::{
    fields::{PageLimit, Text},
    json::not_null,
};
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    field::{Email, MessageKey, Model, Uri},
    schema,
};

/// A message for a thread. Unknown fields are refused. `messageId` and `mode` come from Capy's revision of 2026-07-10.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendThreadMessageBody {
    /// Sends in the name of the project's member with this address. Needs a key with the scope `impersonate`.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(schema_with = schema::email)]
    pub impersonate_user_email: Option<Email>,
    #[schema(value_type = String, min_length = 1)]
    pub message: Text,
    /// The model of this turn.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(schema_with = schema::model)]
    pub model: Option<Model>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub speed: Option<Speed>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub reasoning: Option<Reasoning>,
    /// The model of the agents to which this turn delegates.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(schema_with = schema::model)]
    pub build_model: Option<Model>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub build_speed: Option<Speed>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub build_reasoning: Option<Reasoning>,
    /// Browser snapshots of the project.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub browser_snapshot_ids: Option<Vec<String>>,
    /// URLs of files. The server does not fetch them.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(schema_with = schema::uris)]
    pub attachment_urls: Option<Vec<Uri>>,
    /// The sender's own id of the message. The same id with the same body creates no second message (idempotency).
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, min_length = 1, max_length = 64, pattern = r"^[\x21-\x7e]+$")]
    pub message_id: Option<MessageKey>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub mode: Option<Mode>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Speed {
    Fast,
    Standard,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reasoning {
    pub mode: ReasoningMode,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReasoningMode {
    Off,
    On,
    None,
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

/// Policy while a turn runs. Default: `queue`.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Ends the running turn; this message is answered next.
    Interrupt,
    /// This message is answered after all waiting ones.
    Queue,
}

/// The message and the turn that answers it are stored.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendMessageResponse {
    /// The message's id, as in lists.
    pub id: String,
    pub status: Status,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Sent,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListMessagesQuery {
    #[serde(default)]
    #[param(value_type = i64, required = false, default = 50, minimum = 1, maximum = 100)]
    pub limit: PageLimit<50>,
    /// `nextCursor` of the previous page.
    #[serde(default)]
    #[param(nullable = false)]
    pub cursor: Option<String>,
}

/// A page of messages, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListMessagesResponse {
    pub items: Vec<ListedMessage>,
    /// Null if and only if there are no older messages.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
    pub has_more: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListedMessage {
    pub id: String,
    pub source: Source,
    pub content: String,
    /// RFC 3339, `Z`, six fraction digits. Increases from message to message within a thread.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    User,
    Assistant,
}
