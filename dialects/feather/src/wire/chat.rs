//! The public API for browsers, whose users have no key.

use std::collections::BTreeMap;

use dialect_kit::fields::PageLimit;
use domain::{Map, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Direction, Pagination, Status};

/// The agent of a new thread. Other fields are ignored.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BeginChatBody {
    /// Id of an agent that lets guests in.
    #[schema(format = "uuid")]
    pub agent_id: String,
}

/// The new thread, and the token that opens it (`Authorization: Bearer <token>`).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BeginChatResponse {
    pub thread_id: String,
    /// Valid for this thread only. Shown once.
    pub token: String,
    #[schema(value_type = String)]
    pub expires_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub struct ChatThreadResponse {
    pub thread: ChatThread,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatThread {
    pub thread_id: String,
    pub is_active: bool,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    #[schema(value_type = String)]
    pub last_activity_at: Timestamp,
    #[schema(value_type = BTreeMap<String, String>)]
    pub metadata: Map<String>,
    pub variables: BTreeMap<String, String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChatMessagesQuery {
    /// Number of messages per page (default: 50, max: 100)
    #[serde(default)]
    #[param(value_type = String, required = false)]
    pub limit: PageLimit<50>,
    /// `nextCursor` of the previous page
    #[serde(default)]
    #[param(nullable = false)]
    pub cursor: Option<String>,
}

/// A page of a thread's messages, newest first.
#[derive(Serialize, ToSchema)]
pub struct ChatMessagesResponse {
    pub messages: Vec<ChatMessage>,
    pub pagination: Pagination,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessage {
    pub id: String,
    pub message_body: String,
    pub direction: Direction,
    pub status: Status,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub struct ChatMessageResponse {
    pub message: ChatMessage,
}

/// A ticket that opens a stream as part of the stream's URL.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamTicketResponse {
    pub ticket: String,
    #[schema(value_type = String)]
    pub expires_at: Timestamp,
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ChatStreamQuery {
    /// The ticket from `POST …/stream-ticket`
    pub ticket: String,
    /// Id of a message of this thread; the stream starts after it. The header `Last-Event-ID` has priority
    #[serde(default)]
    #[param(nullable = false, format = "uuid")]
    pub last_event_id: Option<String>,
}
