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
