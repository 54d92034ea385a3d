//! Tokens of guests and their identities.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Another token of the same thread.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatTokenResponse {
    pub token: String,
    #[schema(value_type = String)]
    pub expires_at: Timestamp,
}

/// The thread whose tokens are void.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatLoggedOut {
    pub thread_id: String,
}

/// A person who is known to the page's own server. Other fields are ignored.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentifyBody {
    /// Id of an agent that lets guests in.
    #[schema(format = "uuid")]
    pub agent_id: String,
    /// A signed token.
    pub identity: String,
    /// `next` of the previous page.
    #[serde(default)]
    pub cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct IdentifyResponse {
    /// Newest first.
    pub threads: Vec<KnownThread>,
    /// Send it as `cursor` to get the next page. Null if there is no next page.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// A thread with a token that opens it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KnownThread {
    pub thread_id: String,
    pub token: String,
    #[schema(value_type = String)]
    pub expires_at: Timestamp,
    #[schema(value_type = String)]
    pub last_activity_at: Timestamp,
}

/// A person who is known to the page's own server. Other fields are ignored.
#[derive(Deserialize, ToSchema)]
pub struct IdentityBody {
    /// A signed token.
    pub identity: String,
}

/// The thread that belongs to the person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentityResponse {
    pub thread_id: String,
}
