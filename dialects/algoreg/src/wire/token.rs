//! Tokens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::APIError;

/// What a bearer is asked for with (RFC 6749, 4.3.2 and 4.4.2). Other fields are ignored.
#[derive(Deserialize, ToSchema)]
pub struct TokenRequest {
    /// `client_credentials` or `password`.
    pub grant_type: Option<String>,
    /// Any.
    pub client_id: Option<String>,
    /// A key of the project.
    #[schema(format = "password")]
    pub client_secret: Option<String>,
    /// Any.
    pub username: Option<String>,
    /// A key of the project.
    #[schema(format = "password")]
    pub password: Option<String>,
    /// Refused: a bearer may do what its key may.
    pub scope: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Token {
    pub access_token: String,
    /// Seconds.
    pub expires_in: u64,
    /// Always `Bearer`.
    pub token_type: &'static str,
}

/// A refusal in two schemas: of RFC 6749, 5.2, and of all other operations.
#[derive(Serialize, ToSchema)]
pub struct TokenRefusal {
    /// `invalid_request`, `invalid_client`, `invalid_grant`, `unsupported_grant_type` or `invalid_scope`.
    pub error: &'static str,
    pub error_description: String,
    #[schema(min_items = 2, max_items = 2)]
    pub errors: Vec<APIError>,
}

/// A customer to be let in: by addresses, by the project's own id, or by both. Null is the same as absent.
#[derive(Deserialize, ToSchema)]
pub struct EndUser {
    /// Those that are nobody's become theirs.
    pub emails: Option<Vec<String>>,
    pub external_id: Option<String>,
    /// Whom their messages are for, where these do not say.
    pub from: Option<String>,
    /// Of their messages, where these do not say.
    pub mailbox_id: Option<String>,
    /// What the threads carry that they begin. Empty ones are left out.
    pub tags: Option<Vec<String>>,
}

#[derive(Serialize, ToSchema)]
pub struct EndUserToken {
    /// In seconds since 1970.
    pub expires_at: i64,
    pub token: String,
}
