//! Tokens.

use dialect_kit::{Credential, json, query};
use domain::{Error, Limits, Result, codes, customer::Writes};
use engine::app::{access::tokens::Token, people::end_users::EndUser};

use crate::{error::Refused, wire};

/// Reads the request's fields from JSON or a form, because the vendor's own sample names no content type.
///
/// # Errors
/// `invalid` for a body that is neither.
pub fn request(body: &[u8], limits: &Limits) -> Result<wire::TokenRequest> {
    let is_json = body.trim_ascii_start().first() == Some(&b'{');
    match (is_json, std::str::from_utf8(body)) {
        (true, _) => json::from_bytes(body, limits),
        (false, Ok(form)) => query::parse(form),
        (false, Err(_)) => Err(Error::invalid(codes::BAD_REQUEST, "The body is neither JSON nor a form")),
    }
}

/// A key to exchange, and the error for an invalid one.
pub struct Grant {
    pub secret: String,
    pub if_wrong: Refused,
}

/// `basic` is the credential of `Authorization: Basic`.
///
/// # Errors
/// The errors of RFC 6749, section 5.2.
pub fn grant(asked: wire::TokenRequest, basic: Option<Result<Credential>>) -> Result<Grant, (Refused, Error)> {
    let missing = |field: &str| (Refused::InvalidRequest, Error::field(field, "required"));
    if asked.scope.is_some_and(|scope| !scope.is_empty()) {
        return Err((Refused::InvalidScope, Error::field("scope", "a token may do what its key may")));
    }
    match asked.grant_type.as_deref() {
        Some("client_credentials") => {
            let if_wrong = Refused::InvalidClient;
            let secret = match (basic, asked.client_secret) {
                (Some(_), Some(_)) => {
                    let twice = Error::field("client_secret", "must not be given here if the header has it");
                    return Err((Refused::InvalidRequest, twice));
                }
                (Some(Ok(key)), None) => key.secret().to_owned(),
                (Some(Err(error)), None) => return Err((if_wrong, error)),
                (None, Some(secret)) => {
                    asked.client_id.ok_or_else(|| missing("client_id"))?;
                    secret
                }
                (None, None) => return Err(missing("client_secret")),
            };
            Ok(Grant { secret, if_wrong })
        }
        Some("password") => {
            asked.username.ok_or_else(|| missing("username"))?;
            let secret = asked.password.ok_or_else(|| missing("password"))?;
            Ok(Grant { secret, if_wrong: Refused::InvalidGrant })
        }
        Some(_) => {
            let words = "must be client_credentials or password";
            Err((Refused::UnsupportedGrantType, Error::field("grant_type", words)))
        }
        None => Err(missing("grant_type")),
    }
}

pub fn bearer(token: &Token, expires_in: u64) -> wire::Token {
    wire::Token { access_token: token.text.clone(), expires_in, token_type: "Bearer" }
}

/// The vendor's own page has `"tags": [""]` for no tags.
pub fn end_user(user: wire::EndUser) -> EndUser {
    let tags = user.tags.unwrap_or_default().into_iter().filter(|tag| !tag.is_empty()).collect();
    let writes = Writes { to: user.from, mailbox: user.mailbox_id, tags };
    EndUser { external_id: user.external_id, emails: user.emails.unwrap_or_default(), writes }
}

pub fn end_user_token(token: &Token) -> wire::EndUserToken {
    wire::EndUserToken { expires_at: token.expires_at.0 / 1_000_000, token: token.text.clone() }
}
