//! Algoreg's Go!Chat API (docs.algoreg.com): letters between a project and its customers, and the threads that they make.

mod claims;
mod convert;
mod error;
mod routes;
mod wire;

use axum::{http::StatusCode, response::Response};
use dialect_kit::{Credential, Dialect, Fault, Head, credential, openapi::Contract};
use domain::{Result, ThreadId};
use engine::App;
use utoipa::{
    PartialSchema,
    openapi::{
        Info,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use routes::{messages, threads};

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

    fn render(&self, fault: &Fault) -> Response {
        error::render(fault)
    }

    fn routes(&self) -> OpenApiRouter<App> {
        OpenApiRouter::new().routes(routes!(messages::create_message)).routes(routes!(threads::list_messages))
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

    fn spell_thread(&self, id: ThreadId) -> String {
        id.to_string()
    }

    fn parse_thread(&self, text: &str) -> Option<ThreadId> {
        ThreadId::parse(text)
    }
}
