//! Agents.

use axum::extract::{OriginalUri, State};
use dialect_kit::{Answer, Authed, IdempotencyHeader, IdempotencyKey, Json, Params, Query};
use domain::{AgentId, Caller, Error, Result, codes};
use engine::{
    App,
    app::agents::{Named, Search},
};
use http::StatusCode;

use super::page::Page;
use crate::{
    convert::agents::{self, is_name, named_as_sent},
    error::{self, ErrorResponse},
    ids, wire,
};

/// Creates an agent, or replaces the settings of the named one. The id names it if there is one, else the name.
#[utoipa::path(
    post, path = "/v1/agents", operation_id = "create_agent", tag = "agents",
    params(IdempotencyHeader), request_body = wire::CreateAgentRequest,
    responses(
        (status = 201, description = "Agent created successfully", body = wire::Agent),
        (status = 409, description = "The name or the id is another agent's", body = ErrorResponse, content_type = "application/problem+json"),
    ),
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    body: Json<wire::CreateAgentRequest>,
) -> Answer<(StatusCode, axum::Json<wire::Agent>)> {
    let origin = key.with_body("everruns.create_agent", &body.source);
    let request = body.value;
    let named = match request.id.as_deref() {
        Some(id) => Named::Id(agents::agent_named("id", id)?),
        None => Named::Name(request.name.clone()),
    };
    let name = request.name.clone();
    let change = agents::replace(request, &app.models_of(&caller).await?).map_err(named_as_sent)?;
    let agent = app.keyed(origin).put_agent(&caller, named, name, change).await.map_err(named_as_sent)?;
    let extras = app.extras_of(&agent).await?;
    Ok((StatusCode::CREATED, axum::Json(agents::agent(&agent, &extras))))
}

/// Creates the agent with this id or name, or replaces its settings.
#[utoipa::path(
    put, path = "/v1/agents/{agent_id}", operation_id = "upsert_agent", tag = "agents",
    params(("agent_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or its name")),
    request_body = wire::CreateAgentRequest,
    responses(
        (status = 200, description = "Agent updated", body = wire::Agent),
        (status = 201, description = "Agent created", body = wire::Agent),
        (status = 409, description = "The name or the id is another agent's", body = ErrorResponse, content_type = "application/problem+json"),
    ),
)]
pub async fn upsert(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: Json<wire::CreateAgentRequest>,
) -> Answer<(StatusCode, axum::Json<wire::Agent>)> {
    let (named, request) = (named(&params)?, body.value);
    if let Some(id) = request.id.as_deref() {
        let id = agents::agent_named("id", id)?;
        if named != Named::Id(id) {
            return Err(Error::field("id", "must equal the id in the path").into());
        }
    }
    if let Named::Name(name) = &named
        && *name != request.name
    {
        // A name in the path may be renamed by the body. A new agent gets the name from the path.
        app.agent_by_name(&caller, name).await.map_err(|error| match error.code {
            codes::AGENT_NOT_FOUND => Error::field("name", "must equal the id in the path"),
            _ => error,
        })?;
    }
    let name = request.name.clone();
    let change = agents::replace(request, &app.models_of(&caller).await?).map_err(named_as_sent)?;
    let (agent, made) = app.put_agent(&caller, named, name, change).await.map_err(named_as_sent)?;
    let extras = app.extras_of(&agent).await?;
    let status = if made { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, axum::Json(agents::agent(&agent, &extras))))
}

/// Lists agents, newest first.
#[utoipa::path(
    get, path = "/v1/agents", operation_id = "list_agents", tag = "agents", params(wire::AgentsQuery),
    responses((status = 200, description = "List of agents", body = wire::Paginated<wire::CountedAgent>)),
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<wire::AgentsQuery>,
    OriginalUri(uri): OriginalUri,
) -> Answer<axum::Json<wire::Paginated<wire::CountedAgent>>> {
    let page = Page::read(query.offset, query.limit)?;
    let search = Search {
        words: query.search,
        archived: query.include_archived.unwrap_or_default(),
        offset: page.offset as usize,
        limit: page.limit as usize,
    };
    let (found, total) = app.search_agents(&caller, search).await?;
    let data = found.iter().map(agents::counted).collect();
    Ok(axum::Json(page.of(data, total as u64, &uri)))
}

/// Shows an agent, by its id or its name.
#[utoipa::path(
    get, path = "/v1/agents/{agent_id}", operation_id = "get_agent", tag = "agents",
    params(("agent_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or its name")),
    responses((status = 200, description = "Agent found", body = wire::CountedAgent)),
)]
pub async fn get(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
) -> Answer<axum::Json<wire::CountedAgent>> {
    let id = agent_of(&app, &caller, &params).await?;
    Ok(axum::Json(agents::counted(&app.describe_agent(&caller, id).await?)))
}

/// Changes an agent. Running turns keep the settings with which they started.
#[utoipa::path(
    patch, path = "/v1/agents/{agent_id}", operation_id = "update_agent", tag = "agents",
    params(("agent_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or its name")),
    request_body = wire::UpdateAgentRequest,
    responses(
        (status = 200, description = "Agent updated successfully", body = wire::Agent),
        (status = 409, description = "The name is another agent's", body = ErrorResponse, content_type = "application/problem+json"),
    ),
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: Json<wire::UpdateAgentRequest>,
) -> Answer<axum::Json<wire::Agent>> {
    let change = agents::patch(body.value, &app.models_of(&caller).await?).map_err(named_as_sent)?;
    let id = agent_of(&app, &caller, &params).await?;
    let agent = app.update_agent(&caller, id, change).await.map_err(named_as_sent)?;
    let extras = app.extras_of(&agent).await?;
    Ok(axum::Json(agents::agent(&agent, &extras)))
}

/// Archives an agent. It takes no new sessions, and its present sessions continue.
#[utoipa::path(
    delete, path = "/v1/agents/{agent_id}", operation_id = "delete_agent", tag = "agents",
    params(("agent_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or its name")),
    responses(
        (status = 204, description = "Agent archived"),
        (status = 409, description = "The project's own agent", body = ErrorResponse, content_type = "application/problem+json"),
    ),
)]
pub async fn archive(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<StatusCode> {
    let id = agent_of(&app, &caller, &params).await?;
    app.archive_agent(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn named(params: &Params) -> Result<Named> {
    let read = |text: &str| match ids::parse_agent(text) {
        Some(id) => Some(Named::Id(id)),
        None => is_name(text).then(|| Named::Name(text.into())),
    };
    params.parse("agent_id", read, || error::invalid_id("agent_"))
}

async fn agent_of(app: &App, caller: &Caller, params: &Params) -> Result<AgentId> {
    match named(params)? {
        Named::Id(id) => Ok(id),
        Named::Name(name) => Ok(app.agent_by_name(caller, &name).await?.id),
    }
}
