//! Switches of the configuration's routes.

use axum::extract::State;
use dialect_kit::{Authed, Json, Params};
use domain::{Error, codes};
use engine::App;

use super::{Found, found};
use crate::{page::Page, wire};

/// List the routes of the configuration, with their switches.
#[utoipa::path(
    get, path = "/threadline/v1/installation/routes", operation_id = "list_configured_routes", tag = "installation",
    responses((status = 200, description = "All of them", body = Page<wire::ConfiguredRoute>))
)]
pub async fn list(State(app): State<App>, Authed(caller): Authed) -> Found<Page<wire::ConfiguredRoute>> {
    let routes = app.list_configured_routes(&caller).await?;
    found(Page::whole(routes.into_iter().map(wire::ConfiguredRoute::from).collect()))
}

/// Switch a route of the configuration off or on, for all projects.
///
/// The path has the route's name or pattern, as the configuration has it: `gpt-%2A` for `gpt-*`. The switch acts within a
/// second on every server, stops the running calls of the route, and outlives a restart. Its fallbacks answer in its place.
#[utoipa::path(
    put, path = "/threadline/v1/installation/routes/{route}", operation_id = "switch_route", tag = "installation",
    params(("route" = String, Path)), request_body = wire::RouteSwitch,
    responses((status = 200, description = "The route after the change", body = wire::ConfiguredRoute))
)]
pub async fn put(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: Json<wire::RouteSwitch>,
) -> Found<wire::ConfiguredRoute> {
    let unknown = || Error::not_found(codes::ROUTE_NOT_FOUND, "Route");
    let name = params.text("route").ok_or_else(unknown)?;
    found(app.switch_route(&caller, name, body.value.disabled).await?.into())
}
