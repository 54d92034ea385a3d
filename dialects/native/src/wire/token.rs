//! What lets people in who have no key.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::{self, Id};

/// A token. It is sent as `Authorization: Bearer …`, and dies by itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct Token {
    /// Told here and never again.
    pub token: String,
    #[schema(value_type = schema::Time)]
    pub expires_at: Timestamp,
}

/// A token for someone whom an agent's program serves.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndUserToken {
    #[serde(flatten)]
    pub token: Token,
    /// Who they are among the project's customers. Their name is its `external_id`.
    pub customer: Id,
}

/// A guest's thread, and the token that opens it and no other.
#[derive(Debug, Serialize, ToSchema)]
pub struct Guest {
    pub thread: Id,
    #[serde(flatten)]
    pub token: Token,
}

/// A ticket. It stands in the query of a stream's URL, for clients that cannot send headers.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamTicket {
    pub ticket: String,
    /// Until then it opens streams. A stream that is open goes on.
    #[schema(value_type = schema::Time)]
    pub expires_at: Timestamp,
}

/// Which message was read.
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
