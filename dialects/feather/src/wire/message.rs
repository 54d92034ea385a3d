//! Messages.

use dialect_kit::fields::{PageLimit, Text};
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Pagination;

/// A message of the person that a thread is with. Other fields are ignored.
#[derive(Deserialize, ToSchema)]
pub struct SendMessageBody {
    #[schema(value_type = String, min_length = 1)]
    pub message: Text,
}

/// The message is stored, and so is the turn that answers it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendMessageResponse {
    /// Always `accepted`.
    pub status: &'static str,
    pub thread_id: String,
    pub message_id: String,
    /// Seconds until the thread closes, unless something is said in it before.
    pub window_expires_in: f64,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListMessagesQuery {
    /// Number of messages per page (default: 50, max: 100)
    #[serde(default)]
    #[param(value_type = String, required = false)]
    pub limit: PageLimit<50>,
    /// Cursor for pagination (ID of the last message in previous page)
    #[serde(default)]
    #[param(nullable = false)]
    pub cursor: Option<String>,
    /// Only messages from the person, or only those towards them
    #[serde(default)]
    #[param(inline, nullable = false)]
    pub direction: Option<Direction>,
    /// Only messages that stand so
    #[serde(default)]
    #[param(inline, nullable = false)]
    pub status: Option<Status>,
}

/// A page of a thread's messages.
#[derive(Serialize, ToSchema)]
pub struct ListMessagesResponse {
    pub thread: ThreadMessages,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThreadMessages {
    pub agent_id: String,
    pub agent_details: AgentDetails,
    /// Null: agents here have no versions.
    #[schema(required = true)]
    pub agent_version_id: Option<String>,
    /// Null, as `agentVersionId`.
    #[schema(required = true, value_type = Option<Object>)]
    pub agent_version_details: Option<()>,
    /// The newest first.
    pub messages: Vec<ThreadMessage>,
    pub pagination: Pagination,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentDetails {
    pub id: String,
    pub name: String,
    #[schema(required = true)]
    pub description: Option<String>,
    pub agent_type: AgentType,
}

/// What an agent speaks by. Nothing here makes calls.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum AgentType {
    Text,
}

/// A message. What belongs to text messages over the telephone network (`twilio…`) is null.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThreadMessage {
    #[serde(flatten)]
    pub head: MessageHead,
    #[schema(required = true)]
    pub twilio_message_sid: Option<String>,
    #[schema(required = true)]
    pub twilio_account_sid: Option<String>,
    #[schema(required = true)]
    pub twilio_num_segments: Option<i64>,
    #[schema(required = true)]
    pub twilio_price: Option<String>,
    #[schema(required = true)]
    pub twilio_price_currency: Option<String>,
    #[schema(required = true)]
    pub twilio_error_code: Option<String>,
    #[schema(required = true)]
    pub twilio_error_message: Option<String>,
    /// When it was last given or read; otherwise the same as `createdAt`.
    #[schema(value_type = String)]
    pub updated_at: Timestamp,
    /// When the agent's message was sent; null for the person's.
    #[schema(required = true, value_type = Option<String>)]
    pub sent_at: Option<Timestamp>,
    /// When a reader of the stream was first given it.
    #[schema(required = true, value_type = Option<String>)]
    pub delivered_at: Option<Timestamp>,
    /// When a client first said that it was read.
    #[schema(required = true, value_type = Option<String>)]
    pub read_at: Option<Timestamp>,
}

/// What lists and streams tell of a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StreamedMessage)]
pub struct MessageHead {
    pub id: String,
    pub thread_id: String,
    pub direction: Direction,
    pub message_body: String,
    pub status: Status,
    /// RFC 3339, `Z`, six fraction digits; grows from message to message within a thread.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Direction {
    /// From the person.
    Inbound,
    /// Towards the person: from the agent, or from a member of the project.
    Outbound,
}

/// How a message stands. No message stands as `SENDING`, `UNDELIVERED` or `DISCARDED`: they filter a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// A letter that waits to be sent.
    Queued,
    Sending,
    /// It can be read here.
    Sent,
    /// A reader of the stream was given it.
    Delivered,
    /// A letter that could not be sent.
    Failed,
    Undelivered,
    Discarded,
    /// A client says that it was read.
    Read,
    /// From the person.
    Received,
}

/// A message after a client has said that it was read.
#[derive(Serialize, ToSchema)]
pub struct MessageResponse {
    pub message: ThreadMessage,
}
