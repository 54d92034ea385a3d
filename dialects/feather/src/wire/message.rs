//! Messages.

use dialect_kit::fields::{PageLimit, Text};
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Pagination;

/// A message from the thread's person. Other fields are ignored.
#[derive(Deserialize, ToSchema)]
pub struct SendMessageBody {
    #[schema(value_type = String, min_length = 1)]
    pub message: Text,
}

/// The message and the turn that answers it are stored.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendMessageResponse {
    /// Always `accepted`.
    pub status: &'static str,
    pub thread_id: String,
    pub message_id: String,
    /// Seconds until the thread closes. Each message restarts this window.
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
    /// Only messages from the person, or only messages to the person
    #[serde(default)]
    #[param(inline, nullable = false)]
    pub direction: Option<Direction>,
    /// Only messages with this status
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
    /// Always null: agents have no versions.
    #[schema(required = true)]
    pub agent_version_id: Option<String>,
    /// Always null: agents have no versions.
    #[schema(required = true, value_type = Option<Object>)]
    pub agent_version_details: Option<()>,
    /// Newest first.
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

/// The medium in which an agent speaks. Threadline makes no calls.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum AgentType {
    Text,
}

/// A message. Fields of text messages over the telephone network (`twilio…`) are null.
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
    /// Time of the last delivery or read receipt; without one, equal to `createdAt`.
    #[schema(value_type = String)]
    pub updated_at: Timestamp,
    /// When the agent's message was sent. Null for the person's messages.
    #[schema(required = true, value_type = Option<String>)]
    pub sent_at: Option<Timestamp>,
    /// When the stream first delivered the message to a client.
    #[schema(required = true, value_type = Option<String>)]
    pub delivered_at: Option<Timestamp>,
    /// When a client first marked the message as read.
    #[schema(required = true, value_type = Option<String>)]
    pub read_at: Option<Timestamp>,
}

/// The fields of a message that lists and streams share.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StreamedMessage)]
pub struct MessageHead {
    pub id: String,
    pub thread_id: String,
    pub direction: Direction,
    pub message_body: String,
    pub status: Status,
    /// RFC 3339, `Z`, six fraction digits. Increases from message to message within a thread.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Direction {
    /// From the person.
    Inbound,
    /// To the person, from the agent or from a member of the project.
    Outbound,
}

/// The status of a message. No message has the status `SENDING`, `UNDELIVERED` or `DISCARDED`; a list accepts them as
/// filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// An e-mail that waits to be sent.
    Queued,
    Sending,
    /// A client can read the message through the API.
    Sent,
    /// The stream delivered the message to a client.
    Delivered,
    /// An e-mail that could not be sent.
    Failed,
    Undelivered,
    Discarded,
    /// A client marked the message as read.
    Read,
    /// From the person.
    Received,
}

/// A message after a client marked it as read.
#[derive(Serialize, ToSchema)]
pub struct MessageResponse {
    pub message: ThreadMessage,
}
