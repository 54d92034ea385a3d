//! The native API: the whole system over HTTP, administration included. It also answers what no other dialect claims.

mod content;
mod convert;
mod error;
mod page;
mod routes;
mod stream;
pub mod wire;
mod wording;

use std::sync::Arc;

use axum::response::Response;
use dialect_kit::{Credential, Dialect, Fault, Head, Routes, Sharing, claim, credential, openapi::Contract, routes};
use domain::{Result, ThreadId};
use engine::outbox::Wording;
use http::StatusCode;
use utoipa::{
    PartialSchema,
    openapi::{
        InfoBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use routes::{
    agents, attachments, audit, customers, events, keys, limits, members, messages, models, origins, overrides,
    postings, projects, search, snapshots, tags, threads, tickets, tool_results, turns, webhooks,
};

/// The native API.
#[derive(Clone, Copy, Debug)]
pub struct Native;

impl Dialect for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn claims(&self, head: &Head<'_>) -> Option<usize> {
        claim(head.path, &["", "/threadline/v1"])
    }

    fn credential(&self, head: &Head<'_>) -> Result<Credential> {
        credential::bearer(head.headers)
    }

    fn refuses_unknown_queries(&self) -> bool {
        true
    }

    /// Browsers are answered by what each project says, and at first it lists no origin.
    fn shares(&self, _template: &str) -> Option<Sharing> {
        Some(Sharing::ByProject)
    }

    fn render(&self, fault: &Fault) -> Response {
        error::render(fault)
    }

    fn routes(&self) -> Routes {
        Routes::new()
            .routes(routes!(threads::create, threads::list))
            .routes(routes!(threads::get, threads::update, threads::delete))
            .routes(routes!(threads::close))
            .routes(routes!(overrides::of_thread))
            .routes(routes!(threads::reopen))
            .routes(routes!(threads::cancel))
            .routes(routes!(messages::send, messages::list))
            .routes(routes!(messages::get, messages::update))
            .routes(routes!(tickets::update))
            .routes(routes!(tickets::customers))
            .routes(routes!(search::messages))
            .routes(routes!(events::list))
            .routes(routes!(turns::list))
            .routes(routes!(turns::get))
            .routes(routes!(turns::cancel))
            .routes(routes!(turns::retry))
            .routes(routes!(tool_results::submit))
            .routes(routes!(attachments::upload))
            .routes(routes!(attachments::get))
            .routes(routes!(attachments::download))
            .routes(routes!(snapshots::create, snapshots::list))
            .routes(routes!(snapshots::get, snapshots::update, snapshots::delete))
            .routes(routes!(tags::list))
            .routes(routes!(tags::define))
            .routes(routes!(agents::create, agents::list))
            .routes(routes!(agents::get, agents::update, agents::archive))
            .routes(routes!(overrides::of_agent))
            .routes(routes!(members::create, members::list))
            .routes(routes!(members::get, members::delete))
            .routes(routes!(customers::create, customers::list))
            .routes(routes!(customers::get, customers::update, customers::delete))
            .routes(routes!(keys::create, keys::list))
            .routes(routes!(keys::get, keys::revoke))
            .routes(routes!(projects::create, projects::list))
            .routes(routes!(origins::list, origins::set))
            .routes(routes!(webhooks::create, webhooks::list))
            .routes(routes!(webhooks::get, webhooks::update, webhooks::delete))
            .routes(routes!(webhooks::rotate))
            .routes(routes!(webhooks::replay))
            .routes(routes!(postings::list))
            .routes(routes!(postings::replay))
            .routes(routes!(audit::list))
            .routes(routes!(models::list))
            .routes(routes!(limits::list))
    }

    fn contract(&self) -> Contract {
        let info = InfoBuilder::new().title("Threadline").version(env!("CARGO_PKG_VERSION")).description(Some(
            "The native API of Threadline: threads, messages, turns and events, and everything that surrounds them.",
        ));
        Contract {
            info: info.build(),
            security: vec![("key", SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()))],
            error: ("Problem", wire::Problem::schema()),
            error_content_type: error::CONTENT_TYPE,
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
