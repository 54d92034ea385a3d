//! Feather AI's public API (docs.featherhq.com): web chat threads, their messages and the stream of replies.

mod claims;
mod convert;
mod cursor;
mod error;
mod guide;
mod live;
mod routes;
mod stream;
mod wire;

use axum::{
    http::{StatusCode, header::AUTHORIZATION},
    response::Response,
};
use dialect_kit::{
    Access, Begin, Claim, Contract, Credential, Fault, Guide, Head, Routes, Sharing, Surface,
    access::{OPEN, READ, WRITE},
    credential,
    openapi::Terms,
    routes,
};
use domain::{
    Error, Result, ThreadId,
    caller::{Scope, SubjectKind},
    codes,
};
use utoipa::{
    PartialSchema,
    openapi::{
        Info,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use routes::{chat, follow, guest, messages, threads, visit, widget};

/// The dialect.
pub struct Feather;

/// The header of the key.
const KEY_HEADER: &str = "x-api-key";
/// The way to send a token.
const TOKEN: &str = "Token";
/// In the public API, a guest sees only the own thread.
const GUESTS: &[SubjectKind] = &[SubjectKind::Guest];
/// Operations that also answer what the thread is like.
const BOTH: Access = Access::keys(&[Scope::Read, Scope::Write]);

impl Surface for Feather {
    fn name(&self) -> &'static str {
        "feather"
    }

    fn claims(&self, head: &Head<'_>) -> Option<Claim> {
        claims::claim(head)
    }

    /// `X-API-Key`. On a shared path, an additional `Authorization` makes the request ambiguous. The public API takes a
    /// token as a bearer.
    fn credential(&self, head: &Head<'_>) -> Result<Credential> {
        if claims::is_chat(head.path) {
            return credential::bearer(head.headers);
        }
        let key = credential::header(head.headers, KEY_HEADER)?.ok_or_else(Error::unauthenticated)?;
        if claims::is_shared(head.path) && head.headers.contains_key(AUTHORIZATION) {
            return Err(Error::invalid(codes::TWO_CREDENTIALS, "Send X-API-Key or Authorization, not both"));
        }
        Credential::new(key)
    }

    fn shares(&self, template: &str) -> Option<Sharing> {
        claims::is_chat(template).then_some(Sharing::ByOperation)
    }

    fn render(&self, fault: &Fault) -> Response {
        error::render(fault)
    }

    fn routes(&self) -> Routes {
        Routes::new()
            .routes(routes!(threads::create_sms_thread: WRITE, threads::list_threads: READ))
            .routes(routes!(threads::create_web_thread: WRITE))
            .routes(routes!(threads::get_thread: READ, threads::update_thread: WRITE))
            .routes(routes!(threads::close_thread: WRITE))
            .routes(routes!(messages::send_message: WRITE, messages::list_messages: READ))
            .routes(routes!(messages::read_message: WRITE))
            .routes(routes!(follow::stream_messages: READ))
            .routes(routes!(widget::get: OPEN))
            .routes(routes!(chat::begin: OPEN))
            .routes(routes!(chat::get: READ.and(GUESTS)))
            .routes(routes!(chat::send_message: WRITE.and(GUESTS), chat::list_messages: READ.and(GUESTS)))
            .routes(routes!(chat::read_message: WRITE.and(GUESTS)))
            .routes(routes!(guest::renew_token: Access::shown("a token, which may have expired")))
            .routes(routes!(guest::log_out: Access::shown("a token, which may have expired")))
            .routes(routes!(guest::identify: OPEN))
            .routes(routes!(guest::join_identity: WRITE.and(GUESTS)))
            .routes(routes!(visit::tell_typing: WRITE.and(GUESTS)))
            .routes(routes!(visit::read_up_to: BOTH.and(GUESTS)))
            .routes(routes!(visit::ask: BOTH.and(GUESTS)))
            .routes(routes!(visit::change_contact: WRITE.and(GUESTS)))
            .routes(routes!(visit::upload: WRITE.and(GUESTS)))
            .routes(routes!(chat::create_ticket: READ.and(GUESTS)))
            .routes(routes!(chat::stream_messages: Access::shown("a ticket in the query")))
    }
}

impl Contract for Feather {
    fn terms(&self) -> Terms {
        Terms {
            info: Info::new("Feather AI API", "1.0.0"),
            security: vec![
                ("ApiKey", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key")))),
                (TOKEN, SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build())),
            ],
            error: ("ErrorResponse", wire::ErrorResponse::schema()),
            error_content_type: "application/json",
            invalid: StatusCode::BAD_REQUEST,
            unauthenticated: StatusCode::FORBIDDEN,
        }
    }

    /// Tokens in the public API, keys elsewhere.
    fn takes(&self, way: &str, template: &str) -> bool {
        (way == TOKEN) == claims::is_chat(template)
    }

    fn guide(&self, begin: &Begin<'_>) -> Guide {
        guide::guide(begin)
    }

    fn spell_thread(&self, id: ThreadId) -> String {
        id.to_string()
    }

    fn parse_thread(&self, text: &str) -> Option<ThreadId> {
        ThreadId::parse(text)
    }
}
