//! The native API: the whole system over HTTP, administration included. It also answers what no other dialect claims.

mod content;
mod convert;
mod error;
pub mod examples;
mod guide;
mod page;
mod push;
mod routes;
mod stream;
pub mod wire;
mod wording;

use std::sync::Arc;

use axum::response::Response;
use dialect_kit::{
    Access, Begin, Claim, Contract, Credential, Fault, Guide, Head, Routes, Sharing, Surface,
    access::{ADMIN, ANY_KEY, INSTALLATION, Needs, OPEN, READ, WRITE},
    credential,
    openapi::Terms,
    routes,
};
use domain::{
    Result, ThreadId,
    caller::{Scope, SubjectKind},
};
use engine::{PushWording, Wording};
use http::StatusCode;
use utoipa::{
    PartialSchema,
    openapi::{
        InfoBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use routes::{
    agents, attachments, audit, checks, contacts, customers, delivery_attempts, events, external, handling, heads,
    keys, limits, members, messages, model_routes, models, origins, overrides, own_provider, projects, receipts,
    saved_replies, search, snapshots, switches, tags, threads, tickets, tokens, tool_results, turns, usage, webhooks,
};

/// An agent can be named instead, which looks it up.
const AGENT_BY_NAME: &[(&str, Needs)] = &[("an agent's name in place of its id", Needs::Scope(Scope::Read))];
const OF_A_MESSAGE: &[(&str, Needs)] =
    &[("`wait`", Needs::Scope(Scope::Read)), ("`author`", Needs::Scope(Scope::Impersonate))];
const OF_A_THREAD: &[(&str, Needs)] = &[
    ("an agent's name in place of its id, `wait`", Needs::Scope(Scope::Read)),
    ("`message.author`", Needs::Scope(Scope::Impersonate)),
];
/// A member's role has at least `read` and `write`, and a key gives no scope that it lacks.
const SIGN_IN: Access = Access::keys(&[Scope::Read, Scope::Write, Scope::Admin]);
/// The user's own program, as the agent.
const PROGRAM: Access = Access::keys(&[Scope::Agent]).and(&[SubjectKind::ExternalAgent]);
/// A program with one agent may let its people in by itself.
const LET_IN: Access = Access::keys(&[Scope::Read, Scope::Impersonate]).and(&[SubjectKind::Agent]);
/// A member of the project, for whom a key acts.
const MEMBER: Access = Access::keys(&[Scope::Write, Scope::Impersonate]);
const OF_A_HAND_BACK: &[(&str, Needs)] = &[("no `member`", Needs::Scope(Scope::Admin))];
const OF_AN_ASK: &[(&str, Needs)] = &[("`member`", Needs::Scope(Scope::Impersonate))];
const OF_A_KEY: &[(&str, Needs)] =
    &[("an agent's name in place of its id", Needs::Scope(Scope::Read)), ("another `project`", Needs::Installation)];
const ALL_PROJECTS: &[(&str, Needs)] = &[("projects beside one's own", Needs::Installation)];

/// The native API.
#[derive(Clone, Copy, Debug)]
pub struct Native;

impl Surface for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn claims(&self, head: &Head<'_>) -> Option<Claim> {
        Claim::of(head.path, &["", "/threadline/v1"])
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
        of_searches(of_models(of_people()))
            .routes(routes!(threads::create: WRITE.also(OF_A_THREAD), threads::list: READ))
            .routes(routes!(threads::get: READ, threads::update: WRITE.also(AGENT_BY_NAME), threads::delete: WRITE))
            .routes(routes!(threads::close: WRITE))
            .routes(routes!(overrides::of_thread: READ))
            .routes(routes!(threads::reopen: WRITE))
            .routes(routes!(threads::cancel: WRITE))
            .routes(routes!(threads::fork: WRITE.also(AGENT_BY_NAME)))
            .routes(routes!(messages::send: WRITE.also(OF_A_MESSAGE), messages::list: READ))
            .routes(routes!(messages::get: READ, messages::update: WRITE))
            .routes(routes!(receipts::read: WRITE))
            .routes(routes!(tickets::update: WRITE))
            .routes(routes!(tickets::customers: READ))
            .routes(routes!(events::list: READ))
            .routes(routes!(turns::list: READ))
            .routes(routes!(turns::get: READ))
            .routes(routes!(turns::cancel: WRITE))
            .routes(routes!(turns::retry: WRITE))
            .routes(routes!(tool_results::submit: WRITE))
            .routes(routes!(external::claim: PROGRAM))
            .routes(routes!(external::heartbeat: PROGRAM))
            .routes(routes!(external::deltas: PROGRAM))
            .routes(routes!(external::messages: PROGRAM))
            .routes(routes!(external::tool_results: PROGRAM))
            .routes(routes!(external::complete: PROGRAM))
            .routes(routes!(external::fail: PROGRAM))
            .routes(routes!(external::release: PROGRAM))
            .routes(routes!(external::control: PROGRAM))
            .routes(routes!(attachments::upload: WRITE))
            .routes(routes!(attachments::get: READ))
            .routes(routes!(attachments::download: READ))
            .routes(routes!(snapshots::create: WRITE, snapshots::list: READ))
            .routes(routes!(snapshots::get: READ, snapshots::update: WRITE, snapshots::delete: WRITE))
            .routes(routes!(tags::list: READ))
            .routes(routes!(tags::define: WRITE))
            .routes(routes!(agents::create: ADMIN, agents::list: READ))
            .routes(routes!(
                agents::get: READ,
                agents::update: ADMIN.also(AGENT_BY_NAME),
                agents::archive: ADMIN.also(AGENT_BY_NAME),
            ))
            .routes(routes!(agents::push_secret: ADMIN.also(AGENT_BY_NAME)))
            .routes(routes!(overrides::of_agent: READ))
            .routes(routes!(members::create: ADMIN, members::list: READ))
            .routes(routes!(members::get: READ, members::update: ADMIN, members::delete: ADMIN))
            .routes(routes!(members::link: SIGN_IN))
            .routes(routes!(customers::create: WRITE, customers::list: READ))
            .routes(routes!(customers::get: READ, customers::update: WRITE, customers::delete: WRITE))
            .routes(routes!(tokens::of_thread: WRITE))
            .routes(routes!(tokens::of_customer: WRITE))
            .routes(routes!(tokens::of_end_user: LET_IN))
            .routes(routes!(tokens::ticket: READ))
            .routes(routes!(keys::create: ADMIN.also(OF_A_KEY), keys::list: ADMIN))
            .routes(routes!(keys::get: ADMIN, keys::update: ADMIN, keys::revoke: ADMIN))
            .routes(routes!(projects::create: INSTALLATION, projects::list: READ.also(ALL_PROJECTS)))
            .routes(routes!(projects::update: ADMIN))
            .routes(routes!(origins::list: READ, origins::set: ADMIN))
            .routes(routes!(webhooks::create: ADMIN, webhooks::list: ADMIN))
            .routes(routes!(webhooks::get: ADMIN, webhooks::update: ADMIN, webhooks::delete: ADMIN))
            .routes(routes!(webhooks::rotate: ADMIN))
            .routes(routes!(webhooks::replay: ADMIN))
            .routes(routes!(delivery_attempts::list: ADMIN))
            .routes(routes!(delivery_attempts::replay: ADMIN))
            .routes(routes!(usage::list: READ))
            .routes(routes!(audit::list: ADMIN))
            .routes(routes!(limits::list: ANY_KEY))
    }
}

/// The operations on models, a project's own providers and routes, and the configuration's routes.
fn of_models(routes: Routes) -> Routes {
    routes
        .routes(routes!(models::list: ANY_KEY))
        .routes(routes!(own_provider::list: ADMIN))
        .routes(routes!(own_provider::get: ADMIN, own_provider::put: ADMIN, own_provider::delete: ADMIN))
        .routes(routes!(checks::provider: ADMIN))
        .routes(routes!(checks::route: ADMIN))
        .routes(routes!(model_routes::list: ADMIN))
        .routes(routes!(model_routes::get: ADMIN, model_routes::put: ADMIN, model_routes::delete: ADMIN))
        .routes(routes!(switches::list: INSTALLATION))
        .routes(routes!(switches::put: INSTALLATION))
}

/// The search over messages, and its index.
fn of_searches(routes: Routes) -> Routes {
    routes.routes(routes!(search::messages: READ)).routes(routes!(search::index: READ, search::rebuild: ADMIN))
}

/// The routes by which members speak in place of agents, and those about guests.
fn of_people() -> Routes {
    Routes::new()
        .routes(routes!(tokens::guest: OPEN))
        .routes(routes!(tokens::revoke: WRITE))
        .routes(routes!(tokens::guest_secret: ADMIN.also(AGENT_BY_NAME)))
        .routes(routes!(contacts::get: READ))
        .routes(routes!(handling::take: MEMBER))
        .routes(routes!(handling::hand_back: MEMBER.also(OF_A_HAND_BACK)))
        .routes(routes!(handling::reply: MEMBER))
        .routes(routes!(handling::note: MEMBER))
        .routes(routes!(handling::presence: MEMBER))
        .routes(routes!(handling::seen: MEMBER))
        .routes(routes!(heads::changes: READ))
        .routes(routes!(saved_replies::create: WRITE, saved_replies::list: READ))
        .routes(routes!(saved_replies::get: READ, saved_replies::update: WRITE, saved_replies::delete: WRITE))
        .routes(routes!(handling::assign: MEMBER))
        .routes(routes!(handling::ask: WRITE.also(OF_AN_ASK), handling::withdraw: MEMBER))
}

impl Contract for Native {
    fn terms(&self) -> Terms {
        let info = InfoBuilder::new().title("Threadline").version(env!("CARGO_PKG_VERSION")).description(Some(
            "The native API of Threadline: threads, messages, turns and events, and everything that surrounds them.",
        ));
        Terms {
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

    fn push_wording(&self) -> Option<Arc<dyn PushWording>> {
        Some(Arc::new(push::Words))
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
