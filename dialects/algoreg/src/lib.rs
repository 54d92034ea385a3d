//! Algoreg's Go!Chat API (docs.algoreg.com): messages between a project and its customers, and their threads.

mod claims;
mod convert;
mod error;
mod guide;
mod routes;
mod streamed;
mod wire;
mod wording;

use std::sync::Arc;

use axum::{http::StatusCode, response::Response};
use dialect_kit::{
    Access, Begin, Claim, Contract, Credential, Fault, Guide, Head, Routes, Surface,
    access::{Needs, READ, WRITE},
    credential,
    openapi::Terms,
    routes,
};
use domain::{
    Result, ThreadId,
    caller::{Scope, SubjectKind},
};
use engine::Wording;
use utoipa::{
    PartialSchema,
    openapi::{
        Info,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use routes::{attachments, customers, messages, threads, tokens};

/// An end user writes, and reads own threads.
const CUSTOMERS: &[SubjectKind] = &[SubjectKind::Customer];
const FROM_A_MEMBER: &[(&str, Needs)] = &[("`from` a member", Needs::Scope(Scope::Impersonate))];

/// The dialect.
pub struct Algoreg;

impl Surface for Algoreg {
    fn name(&self) -> &'static str {
        "algoreg"
    }

    fn claims(&self, head: &Head<'_>) -> Option<Claim> {
        claims::claim(head)
    }

    /// `Bearer <key>`, or `Basic` with any user name and the key as password.
    fn credential(&self, head: &Head<'_>) -> Result<Credential> {
        match credential::scheme(head.headers, "Basic")? {
            Some(_) => credential::basic(head.headers),
            None => credential::bearer(head.headers),
        }
    }

    fn render(&self, fault: &Fault) -> Response {
        error::render(fault)
    }

    fn routes(&self) -> Routes {
        Routes::new()
            .routes(routes!(messages::create_message: WRITE.and(CUSTOMERS).also(FROM_A_MEMBER)))
            .routes(routes!(messages::update_message: WRITE))
            .routes(routes!(threads::create: WRITE))
            .routes(routes!(threads::search: READ))
            .routes(routes!(threads::get: READ, threads::update: WRITE))
            .routes(routes!(threads::list_messages: READ.and(CUSTOMERS)))
            .routes(routes!(attachments::download: READ))
            .routes(routes!(customers::create: WRITE, customers::list: READ))
            .routes(routes!(customers::get: READ, customers::update: WRITE))
            .routes(routes!(tokens::create_token: Access::shown("a key in the body, or as the password of Basic")))
            .routes(routes!(tokens::create_end_user_token: WRITE))
    }
}

impl Contract for Algoreg {
    fn terms(&self) -> Terms {
        let http =
            |scheme, words| SecurityScheme::Http(HttpBuilder::new().scheme(scheme).description(Some(words)).build());
        Terms {
            info: Info::new("Algoreg Go!Chat API", "1.0.0"),
            security: vec![
                ("bearer", http(HttpAuthScheme::Bearer, "A key of the project")),
                ("basic", http(HttpAuthScheme::Basic, "Any user name, and a key of the project as password")),
            ],
            error: ("APIErrors", wire::APIErrors::schema()),
            error_content_type: "application/json",
            invalid: StatusCode::BAD_REQUEST,
            unauthenticated: StatusCode::UNAUTHORIZED,
        }
    }

    fn wording(&self) -> Option<Arc<dyn Wording>> {
        Some(Arc::new(wording::Words))
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
