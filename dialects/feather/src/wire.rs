//! Feather's bodies as they stand on the wire (docs.featherhq.com, API reference, threads).

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A message of the person that a thread is with. Other fields are ignored.
#[derive(Deserialize, ToSchema)]
pub struct SendMessageBody {
    #[schema(value_type = String, min_length = 1)]
    pub message: Text,
}

/// At least one character.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub struct Text(pub String);

impl TryFrom<String> for Text {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() { Err("must not be empty") } else { Ok(Self(text)) }
    }
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
    pub limit: PageLimit,
    /// Cursor for pagination (ID of the last message in previous page)
    #[serde(default)]
    #[param(nullable = false)]
    pub cursor: Option<String>,
}

/// How many messages a page has: 1 to 100, by default 50.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
pub struct PageLimit(pub i64);

impl Default for PageLimit {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<i64> for PageLimit {
    type Error = &'static str;

    fn try_from(limit: i64) -> Result<Self, Self::Error> {
        if (1..=100).contains(&limit) { Ok(Self(limit)) } else { Err("must be 1 to 100") }
    }
}

/// A page of a thread's messages.
#[derive(Serialize, ToSchema)]
pub struct ListMessagesResponse {
    #[schema(inline)]
    pub thread: ThreadMessages,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThreadMessages {
    pub agent_id: String,
    #[schema(inline)]
    pub agent_details: AgentDetails,
    /// Null: agents here have no versions.
    #[schema(required = true)]
    pub agent_version_id: Option<String>,
    /// Null, as `agentVersionId`.
    #[schema(required = true, value_type = Option<Object>)]
    pub agent_version_details: Option<()>,
    /// The newest first.
    #[schema(inline)]
    pub messages: Vec<ThreadMessage>,
    #[schema(inline)]
    pub pagination: Pagination,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentDetails {
    pub id: String,
    pub name: String,
    #[schema(required = true)]
    pub description: Option<String>,
    #[schema(inline)]
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
    #[schema(inline)]
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
    /// The same as `createdAt`: a message does not change.
    #[schema(value_type = String)]
    pub updated_at: Timestamp,
    /// When the agent's message was sent; null for the person's.
    #[schema(required = true, value_type = Option<String>)]
    pub sent_at: Option<Timestamp>,
    #[schema(required = true)]
    pub delivered_at: Option<String>,
    #[schema(required = true)]
    pub read_at: Option<String>,
}

/// What lists and streams tell of a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageHead {
    pub id: String,
    pub thread_id: String,
    #[schema(inline)]
    pub direction: Direction,
    pub message_body: String,
    #[schema(inline)]
    pub status: Status,
    /// RFC 3339, `Z`, six fraction digits; grows from message to message within a thread.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Direction {
    /// From the person.
    Inbound,
    /// From the agent.
    Outbound,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Of the person's messages.
    Received,
    /// Of the agent's messages.
    Sent,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    pub limit: i64,
    /// The id of the page's last message; null when there are no older ones.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// Every error.
#[derive(Serialize, ToSchema)]
pub struct ErrorResponse {
    /// The status of the answer.
    pub status: u16,
    pub message: String,
    /// Stable, in upper snake case: `NOT_FOUND`.
    pub code: String,
    /// Always false.
    pub success: bool,
}
