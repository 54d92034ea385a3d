//! Everruns: sessions, messages and events, under `/v1` and `/api/v1`.
//!
//! A thread is a session here. The contract is the vendor's page of `POST /v1/sessions/{session_id}/messages` and its
//! document of 2026-08-19. README.md lists the supported operations.

mod answer;
mod convert;
mod error;
mod event_id;
mod filter;
mod follow;
mod frames;
mod guide;
mod history;
mod ids;
mod intake;
mod routes;
mod stream;
mod trajectory;
mod wire;

use std::time::Duration;

use axum::{Extension, response::Response};
use dialect_kit::{
    Access, Begin, Claim, Contract, Credential, Fault, Guide, Head, Routes, Sharing, Surface,
    access::{ADMIN, ANY_KEY, Needs, READ, WRITE},
    credential, is_below, openapi,
    openapi::Terms,
    routes,
};
use domain::{
    Error, Result, ThreadId,
    caller::{Scope, SubjectKind},
};
use http::{HeaderMap, StatusCode, header::AUTHORIZATION};
use utoipa::{
    PartialSchema,
    openapi::{
        Info, OpenApi, Ref, RefOr, Schema,
        schema::AllOf,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use uuid::Uuid;

const NAME: &str = "everruns";

/// The dialect.
#[derive(Clone, Copy, Debug)]
pub struct Everruns {
    /// Average life of a stream before the client must reconnect. It varies by a fifth.
    pub cycle: Duration,
}

impl Default for Everruns {
    fn default() -> Self {
        Self { cycle: Duration::from_secs(300) }
    }
}

/// [`Everruns::cycle`], for the handlers.
#[derive(Clone, Copy, Debug)]
struct Cycle(Duration);

impl Cycle {
    /// From 80 % to 120 %, so that streams opened together do not reconnect together. `random` is an id, whose last
    /// bits are random.
    fn length(self, random: Uuid) -> Duration {
        let share = (random.as_u128() as u16) as f64 / f64::from(u16::MAX);
        self.0.mul_f64(0.8 + 0.4 * share)
    }
}

/// Everruns' paths under `/v1`. Unknown paths below them are answered here too.
const CLAIMED: &[&str] = &["/v1/sessions", "/v1/agents", "/v1/models", "/v1/images", "/v1/channels", "/v1/"];
/// Everruns' paths under `/api/v1`. The others are Capy's.
const CLAIMED_BELOW_API: &[&str] = &[
    "/api/v1/sessions",
    "/api/v1/agents",
    "/api/v1/images",
    "/api/v1/channels",
    "/api/v1/harnesses",
    "/api/v1/providers",
    "/api/v1/capabilities",
];
/// Unclaimed paths below it are Everruns' if the key is.
const API: &str = "/api/v1";
/// The paths of callers who are bound to one agent.
const CHANNELS: &str = "/v1/channels/";
const CHANNELS_BELOW_API: &str = "/api/v1/channels/";
/// Everruns' only by the key.
const SHARED: &str = "/api/v1/models";

const AGENT_BY_NAME: &[(&str, Needs)] = &[("a name in place of the id", Needs::Scope(Scope::Read))];
const NAMED: &[(&str, Needs)] = &[("`agent_name`", Needs::Scope(Scope::Read))];
const WAIT: &[(&str, Needs)] = &[("`wait`", Needs::Scope(Scope::Read))];
const FOR_SOMEBODY: &[(&str, Needs)] = &[("`End-User`", Needs::Scope(Scope::Impersonate))];

/// For a channel's programs and their end users. The channel's agent is always read.
const SEE: Access = READ.and(&[SubjectKind::Agent, SubjectKind::EndUser]).also(FOR_SOMEBODY);
const TALK: Access =
    Access::keys(&[Scope::Read, Scope::Write]).and(&[SubjectKind::Agent, SubjectKind::EndUser]).also(FOR_SOMEBODY);
/// For programs only: a token cannot let in others.
const LET_IN: Access = Access::keys(&[Scope::Read, Scope::Impersonate]).and(&[SubjectKind::Agent]);

impl Surface for Everruns {
    fn name(&self) -> &'static str {
        NAME
    }

    fn claims(&self, head: &Head<'_>) -> Option<Claim> {
        let shared = Claim::of(head.path, &[SHARED]).filter(|_| speaks_everruns(head.headers));
        let unclaimed = Claim::of(head.path, &[API]).filter(|_| has_own_key(head.headers));
        let own = Claim::of(head.path, CLAIMED).or_else(|| Claim::of(head.path, CLAIMED_BELOW_API));
        shared.max(unclaimed).map(Claim::with_credential).max(own)
    }

    /// The whole header, as in the vendor's SDKs, or `Bearer` and the key.
    fn credential(&self, head: &Head<'_>) -> Result<Credential> {
        if let Some(key) = credential::scheme(head.headers, "Bearer")? {
            return Credential::new(key);
        }
        let raw = credential::header(head.headers, AUTHORIZATION.as_str())?;
        raw.ok_or_else(Error::unauthenticated).and_then(Credential::new)
    }

    /// End users use channels from pages of the project's origins, with a token. Everything else is for programs.
    fn shares(&self, template: &str) -> Option<Sharing> {
        is_of_channels(template).then_some(Sharing::ByProject)
    }

    fn render(&self, fault: &Fault) -> Response {
        error::render(fault)
    }

    fn routes(&self) -> Routes {
        let below_api = v1().edit(rename_operations);
        v1().nest("/api", below_api).edit(tell_events_apart).layer(Extension(Cycle(self.cycle)))
    }
}

impl Contract for Everruns {
    fn terms(&self) -> Terms {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let raw = ApiKey::Header(ApiKeyValue::with_description("Authorization", "The key alone, as the SDKs send it"));
        Terms {
            info: Info::new("Everruns", "0.2.0"),
            security: vec![("bearer", SecurityScheme::Http(bearer)), ("raw", SecurityScheme::ApiKey(raw))],
            error: ("ErrorResponse", error::ErrorResponse::schema()),
            error_content_type: error::CONTENT_TYPE,
            invalid: StatusCode::BAD_REQUEST,
            unauthenticated: StatusCode::UNAUTHORIZED,
        }
    }

    fn guide(&self, begin: &Begin<'_>) -> Guide {
        guide::guide(begin)
    }

    fn spell_thread(&self, id: ThreadId) -> String {
        ids::session(id)
    }

    fn parse_thread(&self, text: &str) -> Option<ThreadId> {
        ids::parse_session(text)
    }
}

fn is_of_channels(template: &str) -> bool {
    is_below(template, &[CHANNELS, CHANNELS_BELOW_API])
}

/// The route table.
fn v1() -> Routes {
    Routes::new()
        .routes(routes!(routes::agents::create: ADMIN, routes::agents::list: READ))
        .routes(routes!(
            routes::agents::get: READ,
            routes::agents::upsert: ADMIN.also(AGENT_BY_NAME),
            routes::agents::update: ADMIN.also(AGENT_BY_NAME),
            routes::agents::archive: ADMIN.also(AGENT_BY_NAME),
        ))
        .routes(routes!(routes::sessions::create: WRITE.also(NAMED), routes::sessions::list: READ))
        .routes(routes!(
            routes::sessions::get: READ,
            routes::sessions::update: WRITE,
            routes::sessions::delete: WRITE,
        ))
        .routes(routes!(routes::sessions::pin: WRITE, routes::sessions::unpin: WRITE))
        .routes(routes!(routes::sessions::cancel: WRITE))
        .routes(routes!(routes::sessions::fork: WRITE))
        .routes(routes!(routes::exports::export: READ))
        .routes(routes!(routes::sessions::tool_results: WRITE))
        .routes(routes!(routes::messages::create: WRITE.also(WAIT), routes::messages::list: READ))
        .routes(routes!(routes::events::list: READ))
        .routes(routes!(routes::sse::stream: READ))
        .routes(routes!(routes::images::upload: WRITE, routes::images::list: READ))
        .routes(routes!(routes::images::get: READ, routes::images::delete: WRITE))
        .routes(routes!(routes::catalogue::models: ANY_KEY))
        .routes(routes!(routes::catalogue::model: ANY_KEY))
        .routes(routes!(routes::catalogue::harnesses: ANY_KEY))
        .routes(routes!(routes::catalogue::harness: ANY_KEY))
        .routes(routes!(routes::catalogue::providers: ANY_KEY))
        .routes(routes!(routes::catalogue::provider: ANY_KEY))
        .routes(routes!(routes::catalogue::capabilities: ANY_KEY))
        .merge(channels())
}

/// The routes of one agent, for programs with a key of it.
fn channels() -> Routes {
    Routes::new()
        .routes(routes!(routes::channels::card: SEE))
        .routes(routes!(routes::channels::runtime_auth: LET_IN))
        .routes(routes!(routes::channels::sessions::create: TALK, routes::channels::sessions::list: SEE))
        .routes(routes!(routes::channels::sessions::get: SEE))
        .routes(routes!(routes::channels::sessions::cancel: TALK))
        .routes(routes!(routes::channels::sessions::tool_results: TALK))
        .routes(routes!(routes::channels::sessions::answer_questions: SEE))
        .routes(routes!(routes::channels::sessions::approve_tools: SEE))
        .routes(routes!(routes::channels::messages::create: TALK, routes::channels::messages::list: SEE))
        .routes(routes!(routes::channels::events::list: SEE))
        .routes(routes!(routes::channels::events::stream: SEE))
}

/// Operation ids are unique in a document.
fn rename_operations(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            operation.operation_id = operation.operation_id.take().map(|id| format!("{id}_api"));
        }
    }
}

/// The type of an event determines its data.
fn tell_events_apart(document: &mut OpenApi) {
    openapi::name_copies(document);
    let schemas = document.components.as_mut().map(|components| &mut components.schemas);
    if let Some(schema) = schemas.and_then(|schemas| schemas.get_mut("Event"))
        && let RefOr::T(Schema::Object(event)) = schema
    {
        let told = |name: &str| ["type", "data"].contains(&name);
        event.properties.retain(|name, _| !told(name));
        event.required.retain(|name| !told(name));
        let items = vec![Ref::from_schema_name("EventKind").into(), event.clone().into()];
        *schema = RefOr::T(Schema::AllOf(AllOf { items, description: event.description.clone(), ..AllOf::new() }));
    }
}

/// The prefix of this vendor's keys.
const KEY_PREFIX: &str = "evr_";

/// Tells whether the key has this vendor's prefix, with or without a scheme.
fn has_own_key(headers: &HeaderMap) -> bool {
    match credential::scheme(headers, "Bearer") {
        Ok(Some(key)) => key.starts_with(KEY_PREFIX),
        Ok(None) => headers.get(AUTHORIZATION).is_some_and(|key| key.as_bytes().starts_with(KEY_PREFIX.as_bytes())),
        Err(_) => false,
    }
}

/// Tells whether the header is one of this vendor's clients: a key without a scheme, or with this vendor's prefix.
fn speaks_everruns(headers: &HeaderMap) -> bool {
    match credential::scheme(headers, "Bearer") {
        Ok(Some(key)) => key.starts_with(KEY_PREFIX),
        Ok(None) => headers.contains_key(AUTHORIZATION),
        Err(_) => false,
    }
}
