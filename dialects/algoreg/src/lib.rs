//! Algoreg's Go!Chat API (docs.algoreg.com): letters between a project and its customers, and the threads that they make.

mod claims;
mod convert;
mod error;
mod routes;
mod streamed;
mod wire;
mod wording;

use std::sync::Arc;

use axum::{
    http::{Method, StatusCode},
    response::Response,
};
use dialect_kit::{Credential, Dialect, Fault, Head, Routes, credential, openapi::Contract, routes};
use domain::{Result, ThreadId, caller::Subject};
use engine::outbox::Wording;
use utoipa::{
    PartialSchema,
    openapi::{
        Info,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use routes::{attachments, customers, messages, threads, tokens};

/// The dialect, to be registered with the doors.
pub struct Algoreg;

impl Dialect for Algoreg {
    fn name(&self) -> &'static str {
        "algoreg"
    }

    fn claims(&self, head: &Head<'_>) -> Option<usize> {
        claims::length(head)
    }

    /// `Bearer <key>`, or `Basic` with any user name and the key as password.
    fn credential(&self, head: &Head<'_>) -> Result<Credential> {
        match credential::scheme(head.headers, "Basic")? {
            Some(_) => credential::basic(head.headers),
            None => credential::bearer(head.headers),
        }
    }

    /// Asking for a bearer is how a key is shown.
    fn public(&self, _: &Method, template: &str) -> bool {
        template == "/api/v1/token"
    }

    /// An end user writes, and reads the threads that they take part in.
    fn admits(&self, subject: &Subject, template: &str) -> bool {
        let theirs = ["/api/v1/message", "/api/v1/thread/{id}/messages"];
        matches!(subject, Subject::Customer(_)) && theirs.contains(&template)
    }

    fn render(&self, fault: &Fault) -> Response {
        error::render(fault)
    }

    fn routes(&self) -> Routes {
        Routes::new()
            .routes(routes!(messages::create_message))
            .routes(routes!(messages::update_message))
            .routes(routes!(threads::create))
            .routes(routes!(threads::search))
            .routes(routes!(threads::get, threads::update))
            .routes(routes!(threads::list_messages))
            .routes(routes!(attachments::download))
            .routes(routes!(customers::create, customers::list))
            .routes(routes!(customers::get, customers::update))
            .routes(routes!(tokens::create_token))
            .routes(routes!(tokens::create_end_user_token))
    }

    fn contract(&self) -> Contract {
        let http =
            |scheme, words| SecurityScheme::Http(HttpBuilder::new().scheme(scheme).description(Some(words)).build());
        Contract {
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

    fn spell_thread(&self, id: ThreadId) -> String {
        id.to_string()
    }

    fn parse_thread(&self, text: &str) -> Option<ThreadId> {
        ThreadId::parse(text)
    }
}
