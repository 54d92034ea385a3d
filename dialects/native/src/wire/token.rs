//! What lets people in who have no key.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::{self, Id};

/// A token, to be sent as `Authorization: Bearer …` until it expires.
#[derive(Debug, Serialize, ToSchema)]
pub struct Token {
    /// The token. No later answer shows it.
    pub token: String,
    #[schema(value_type = schema::Time)]
    pub expires_at: Timestamp,
}

/// A token for an end user of an agent.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndUserToken {
    #[serde(flatten)]
    pub token: Token,
    /// The end user among the project's customers. The name is the customer's `external_id`.
    pub customer: Id,
}

/// A guest's thread, and the token that opens this thread alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct Guest {
    pub thread: Id,
    #[serde(flatten)]
    pub token: Token,
}

/// A guest secret, with which a server of the project signs identities of guests.
#[derive(Debug, Serialize, ToSchema)]
pub struct GuestSecret {
    /// The key for HS256, as it stands. No later answer shows it.
    pub secret: String,
    /// The time until which the previous secret is good too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub overlap_ends_at: Option<Timestamp>,
}

/// A thread whose guests' tokens are void.
#[derive(Debug, Serialize, ToSchema)]
pub struct GuestTokensRevoked {
    pub thread: Id,
    /// The generation of the thread's next tokens: 1, 2, 3 …
    pub generation: u64,
}

/// A ticket for the query of a stream's URL, for clients that cannot send headers.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamTicket {
    pub ticket: String,
    /// The time until which the ticket opens streams. An open stream goes on after it.
    #[schema(value_type = schema::Time)]
    pub expires_at: Timestamp,
}

/// The message that was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRead {
    /// A message that was said to people: by the agent, or by the project.
    pub message: Id,
}

impl From<engine::app::access::tokens::Token> for Token {
    fn from(token: engine::app::access::tokens::Token) -> Self {
        Self { token: token.text, expires_at: token.expires_at }
    }
}

impl From<engine::app::access::tokens::Token> for StreamTicket {
    fn from(token: engine::app::access::tokens::Token) -> Self {
        Self { ticket: token.text, expires_at: token.expires_at }
    }
}

/// What a guest says about themselves. Nobody has checked it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeftContact {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The time of the last change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub changed_at: Option<Timestamp>,
}

impl From<engine::app::people::contacts::Contact> for LeftContact {
    fn from(own: engine::app::people::contacts::Contact) -> Self {
        Self { name: own.name, email: own.email, changed_at: own.changed_at }
    }
}
