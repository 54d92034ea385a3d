//! Checks of a project's own providers and routes.

use axum::extract::State;
use dialect_kit::{Authed, Params};
use engine::App;

use super::{Found, found, model_routes, own_provider};
use crate::{page::Page, wire};

/// Check a provider.
///
/// The model of each of the project's routes that lead to the provider is asked a short question once, so each may cost a fraction of a
/// cent. The limits `checked_routes`, `check_s` and `checks` bound the routes, the time, and the checks of a minute.
#[utoipa::path(
    post, path = "/threadline/v1/providers/{provider}/check", operation_id = "check_provider", tag = "models",
    params(("provider" = String, Path)),
    responses((status = 200, description = "The result of each route. Empty: no route leads to it", body = Page<wire::Checked>))
)]
pub async fn provider(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<Page<wire::Checked>> {
    let checked = app.check_provider(&caller, own_provider::name(&params)?).await?;
    found(Page::whole(checked.into_iter().map(Into::into).collect()))
}

/// Check a route.
///
/// The model of the project's own route is asked a short question once, also while the route is disabled. No fallback answers in its
/// place.
#[utoipa::path(
    post, path = "/threadline/v1/routes/{route}/check", operation_id = "check_route", tag = "models",
    params(("route" = String, Path)), responses((status = 200, description = "The result", body = wire::Checked))
)]
pub async fn route(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Checked> {
    found(app.check_route(&caller, model_routes::name(&params)?).await?.into())
}
