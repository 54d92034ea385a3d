//! Agents.

use axum::extract::State;
use dialect_kit::{Authed, IdempotencyHeader, IdempotencyKey, Json, Params, Query};
use domain::AgentId;
use engine::{App, Fitted};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{Conflict, Created, Found, agent_id, created, found};
use crate::{
    convert,
    page::{Asked, Page, PageQuery},
    wire,
};

/// Make an agent.
#[utoipa::path(
    post, path = "/threadline/v1/agents", operation_id = "create_agent", tag = "agents",
    params(IdempotencyHeader), request_body = wire::NewAgent,
    responses((status = 201, description = "The agent", body = wire::Agent), Conflict)
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewAgent>,
) -> Created<wire::Agent> {
    let origin = key.with_body("POST /threadline/v1/agents", &source);
    let agent = app.create_agent(&caller, convert::agent::new_agent(value), origin).await?;
    created(convert::agent::agent(agent))
}

/// The filters of a list of agents.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct AgentsQuery {
    /// Whether the list has archived agents too.
    archived: bool,
    /// 1 to 1,000. Absent: 100.
    limit: Option<i64>,
    /// `next` of the previous page.
    cursor: Option<String>,
}

/// List agents, oldest first.
#[utoipa::path(
    get, path = "/threadline/v1/agents", operation_id = "list_agents", tag = "agents", params(AgentsQuery),
    responses((status = 200, description = "A page of agents", body = Page<wire::Agent>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<AgentsQuery>,
) -> Found<Page<wire::Agent>> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let asked: Asked<Uuid> = Asked::read(&app, &caller, "agents", query.archived, page)?;
    let Fitted { rows, more, .. } =
        app.list_agents(&caller, query.archived, asked.from.map(AgentId), asked.limit).await?;
    let next = rows.last().filter(|_| more).map(|last| asked.cursor(&last.id.0));
    found(Page { data: rows.into_iter().map(convert::agent::agent).collect(), next })
}

/// Get an agent.
#[utoipa::path(
    get, path = "/threadline/v1/agents/{agent}", operation_id = "get_agent", tag = "agents",
    params(("agent" = String, Path, description = "The agent's id or name")),
    responses((status = 200, description = "The agent", body = wire::Agent))
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Agent> {
    let id = agent_id(&app, &caller, &params).await?;
    found(convert::agent::agent(app.agent(&caller, id).await?))
}

/// Change an agent.
///
/// Running turns keep the settings that they began with.
#[utoipa::path(
    patch, path = "/threadline/v1/agents/{agent}", operation_id = "update_agent", tag = "agents",
    params(("agent" = String, Path, description = "The agent's id or name")), request_body = wire::AgentPatch,
    responses((status = 200, description = "The agent after the change", body = wire::Agent), Conflict)
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: Json<wire::AgentPatch>,
) -> Found<wire::Agent> {
    let id = agent_id(&app, &caller, &params).await?;
    let patch = body.value;
    let agent = app.update_agent(&caller, id, move |draft| convert::agent::apply(patch, draft)).await?;
    found(convert::agent::agent(agent))
}

/// Give an agent's endpoint a new signing secret.
///
/// It is told here and never again: a replay under the same `Idempotency-Key` is a conflict. For a while the one before signs
/// too, so that the endpoint can change in between.
#[utoipa::path(
    post, path = "/threadline/v1/agents/{agent}/push-secret", operation_id = "renew_push_secret", tag = "agents",
    params(("agent" = String, Path, description = "The agent's id or name"), IdempotencyHeader),
    request_body = Option<wire::Rotate>,
    responses((status = 200, description = "The endpoint with its new secret", body = wire::PushSecret), Conflict)
)]
pub async fn push_secret(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    body: Option<Json<wire::Rotate>>,
) -> Found<wire::PushSecret> {
    const OPERATION: &str = "POST /threadline/v1/agents/{agent}/push-secret";
    let (value, origin) = match body {
        Some(Json { value, source }) => (value, key.with_body(OPERATION, &source)),
        None => (wire::Rotate::default(), key.without_body(OPERATION)),
    };
    let overlap_s = value.overlap_s.unwrap_or(super::webhooks::OVERLAP_S);
    let id = agent_id(&app, &caller, &params).await?;
    let (agent, secret) = app.renew_push_secret(&caller, id, overlap_s, origin).await?;
    let push = agent.settings.push.ok_or_else(|| domain::Error::internal("the agent has an endpoint"))?;
    let overlap_ends_at = push.former.map(|(_, ends)| ends);
    found(wire::PushSecret { push: wire::Push { url: push.url }, secret, overlap_ends_at })
}

/// Archive an agent.
///
/// The agent takes no new threads. Its threads go on.
#[utoipa::path(
    delete, path = "/threadline/v1/agents/{agent}", operation_id = "archive_agent", tag = "agents",
    params(("agent" = String, Path, description = "The agent's id or name")),
    responses((status = 200, description = "The agent after the change", body = wire::Agent), Conflict)
)]
pub async fn archive(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Agent> {
    let id = agent_id(&app, &caller, &params).await?;
    found(convert::agent::agent(app.archive_agent(&caller, id).await?))
}
