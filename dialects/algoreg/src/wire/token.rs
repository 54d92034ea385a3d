//! Tokens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::APIError;

/// A request for a bearer token (RFC 6749, sections 4.3.2 and 4.4.2). Other fields are ignored.
#[derive(Deserialize, ToSchema)]
pub struct TokenRequest {
    /// `client_credentials` or `password`.
    pub grant_type: Option<String>,
    /// Any value is accepted.
    pub client_id: Option<String>,
    /// A key of the project.
    #[schema(format = "password")]
    pub client_secret: Option<String>,
    /// Any value is accepted.
    pub username: Option<String>,
    /// A key of the project.
    #[schema(format = "password")]
    pub password: Option<String>,
    /// Refused, because a token always has its key's scopes.
    pub scope: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Token {
    pub access_token: String,
    /// Lifetime in seconds.
    pub expires_in: u64,
    /// Always `Bearer`.
    pub token_type: &'static str,
}

/// The error of this operation in two schemas: that of RFC 6749, section 5.2, and that of all other operations.
#[derive(Serialize, ToSchema)]
pub struct TokenRefusal {
    /// `invalid_request`, `invalid_client`, `invalid_grant`, `unsupported_grant_type` or `invalid_scope`.
    pub error: &'static str,
    pub error_description: String,
    #[schema(min_items = 2, max_items = 2)]
    pub errors: Vec<APIError>,
}

/// The customer to let in: by addresses, by the project's own id, or by both. Null means absent.
#[derive(Deserialize, ToSchema)]
pub struct EndUser {
    /// The customer's addresses. An address that belongs to nobody is added to the customer.
    pub emails: Option<Vec<String>>,
    pub external_id: Option<String>,
    /// The default recipient of the customer's messages.
    pub from: Option<String>,
    /// The default mailbox of the customer's messages.
    pub mailbox_id: Option<String>,
    /// Tags of the threads that the customer creates. Empty tags are ignored.
    pub tags: Option<Vec<String>>,
}

#[derive(Serialize, ToSchema)]
pub struct EndUserToken {
    /// Expiry in seconds since 1970.
    pub expires_at: i64,
    pub token: String,
}
