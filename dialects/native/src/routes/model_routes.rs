//! A project's own routes: where public names of models lead.

use axum::extract::State;
use dialect_kit::{Answer, Authed, Json, Params};
use domain::{Error, Result, codes};
use engine::App;
use http::StatusCode;

use super::{Conflict, Found, found};
use crate::{page::Page, wire};

pub fn name(params: &Params) -> Result<&str> {
    params.text("route").ok_or_else(|| Error::not_found(codes::ROUTE_NOT_FOUND, "Route"))
}

/// List the project's own routes, by name.
#[utoipa::path(
    get, path = "/threadline/v1/routes", operation_id = "list_routes", tag = "models",
    responses((status = 200, description = "All of them", body = Page<wire::Route>))
)]
pub async fn list(State(app): State<App>, Authed(caller): Authed) -> Found<Page<wire::Route>> {
    found(Page::whole(app.list_routes(&caller).await?.into_iter().map(wire::Route::from).collect()))
}

/// Get a route.
#[utoipa::path(
    get, path = "/threadline/v1/routes/{route}", operation_id = "get_route", tag = "models",
    params(("route" = String, Path)), responses((status = 200, description = "The route", body = wire::Route))
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Route> {
    found(app.route(&caller, name(&params)?).await?.into())
}

/// Set a route of the project's own.
///
/// The path has the public name: ASCII letters, digits and `.-_:`. The route wins over the installation's, for this project
/// alone, and within a second on every server. `disabled` stops its running calls too.
#[utoipa::path(
    put, path = "/threadline/v1/routes/{route}", operation_id = "put_route", tag = "models",
    params(("route" = String, Path)), request_body = wire::RouteFields,
    responses(
        (status = 200, description = "The route after the change", body = wire::Route),
        (status = 201, description = "The new route", body = wire::Route), Conflict,
    )
)]
pub async fn put(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: Json<wire::RouteFields>,
) -> Answer<(StatusCode, axum::Json<wire::Route>)> {
    let (route, is_new) = app.put_route(&caller, name(&params)?.to_owned(), body.value.settings()?).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, axum::Json(route.into())))
}

/// Remove a route.
///
/// Its name then leads where the installation's routes lead it.
#[utoipa::path(
    delete, path = "/threadline/v1/routes/{route}", operation_id = "delete_route", tag = "models",
    params(("route" = String, Path)), responses((status = 204, description = "It is gone"), Conflict)
)]
pub async fn delete(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<StatusCode> {
    app.delete_route(&caller, name(&params)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
