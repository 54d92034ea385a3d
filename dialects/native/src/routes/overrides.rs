//! What a thread has of its own, and what clients of other APIs have set that nothing here acts on.

use axum::extract::State;
use dialect_kit::{Authed, Params};
use engine::App;

use super::{Found, agent_id, found, thread_id};
use crate::wire;

/// Get the settings of one thread.
///
/// They take precedence over those of its agent.
#[utoipa::path(
    get, path = "/threadline/v1/threads/{thread}/overrides", operation_id = "get_thread_overrides", tag = "threads",
    params(("thread" = wire::Id, Path)),
    responses((status = 200, description = "The settings", body = wire::Overrides))
)]
pub async fn of_thread(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Overrides> {
    found(app.thread_overrides(&caller, thread_id(&params)?).await?.into())
}

/// Get the fields of an agent that have no effect here.
#[utoipa::path(
    get, path = "/threadline/v1/agents/{agent}/extras", operation_id = "get_agent_extras", tag = "agents",
    params(("agent" = String, Path, description = "The agent's id or name")),
    responses((status = 200, description = "The fields, by their names in the API that set them", body = wire::Extras))
)]
pub async fn of_agent(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Extras> {
    let id = agent_id(&app, &caller, &params).await?;
    found(wire::Extras { extras: app.agent_extras(&caller, id).await? })
}
