//! A project's own providers of models.

use axum::extract::State;
use dialect_kit::{Answer, Authed, Given, Json, Params};
use domain::{Error, Result, codes};
use engine::{
    App,
    app::own_provider::{NewKey, NewProvider},
};
use http::StatusCode;

use super::{Conflict, Found, found};
use crate::{page::Page, wire};

pub fn name(params: &Params) -> Result<&str> {
    params.text("provider").ok_or_else(|| Error::not_found(codes::PROVIDER_NOT_FOUND, "Provider"))
}

/// List the project's own providers, by name.
#[utoipa::path(
    get, path = "/threadline/v1/providers", operation_id = "list_providers", tag = "models",
    responses((status = 200, description = "All of them", body = Page<wire::Provider>))
)]
pub async fn list(State(app): State<App>, Authed(caller): Authed) -> Found<Page<wire::Provider>> {
    found(Page::whole(app.list_providers(&caller).await?.into_iter().map(wire::Provider::from).collect()))
}

/// Get a provider, without its key.
#[utoipa::path(
    get, path = "/threadline/v1/providers/{provider}", operation_id = "get_provider", tag = "models",
    params(("provider" = String, Path)),
    responses((status = 200, description = "The provider", body = wire::Provider))
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Provider> {
    found(app.provider(&caller, name(&params)?).await?.into())
}

/// Set a provider of the project's own.
///
/// Its name has lower-case letters and digits, words joined by single hyphens. The project's routes lead to it.
#[utoipa::path(
    put, path = "/threadline/v1/providers/{provider}", operation_id = "put_provider", tag = "models",
    params(("provider" = String, Path)), request_body = wire::ProviderFields,
    responses(
        (status = 200, description = "The provider after the change", body = wire::Provider),
        (status = 201, description = "The new provider", body = wire::Provider), Conflict,
    )
)]
pub async fn put(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: Json<wire::ProviderFields>,
) -> Answer<(StatusCode, axum::Json<wire::Provider>)> {
    let wire::ProviderFields { kind, base_url, wire, api_key } = body.value;
    let key = match api_key {
        Given::Absent => NewKey::Stay,
        Given::Null => NewKey::Remove,
        Given::Value(key) => NewKey::Set(key),
    };
    let new = NewProvider { name: name(&params)?.to_owned(), kind, base_url, wire, key };
    let (provider, is_new) = app.put_provider(&caller, new).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, axum::Json(provider.into())))
}

/// Remove a provider with its key.
///
/// A provider to which a route leads stays: the conflict names the routes.
#[utoipa::path(
    delete, path = "/threadline/v1/providers/{provider}", operation_id = "delete_provider", tag = "models",
    params(("provider" = String, Path)), responses((status = 204, description = "It is gone"), Conflict)
)]
pub async fn delete(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<StatusCode> {
    app.delete_provider(&caller, name(&params)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
