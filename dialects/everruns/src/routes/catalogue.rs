//! Models, harnesses, providers and capabilities.

use axum::extract::{OriginalUri, State};
use dialect_kit::{Answer, Authed, Params, Query};
use domain::{Caller, Error, Result, codes, fold};
use engine::{App, app::models::PublicModel};

use super::page::Page;
use crate::{convert::catalogue, error, ids, wire};

/// Lists the models of the catalogue, and those that the server's configuration adds.
#[utoipa::path(
    get, path = "/v1/models", operation_id = "list_all_models", tag = "models", params(wire::ModelsQuery),
    responses((status = 200, description = "List of models", body = wire::Listed<wire::ModelWithProvider>)),
)]
pub async fn models(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<wire::ModelsQuery>,
) -> Answer<axum::Json<wire::Listed<wire::ModelWithProvider>>> {
    let all = app.public_models(&caller).await?.into_iter().map(catalogue::model);
    let is_asked = |model: &wire::ModelWithProvider| query.source.is_none_or(|source| source == model.source);
    let data = all.filter(|model| is_asked(model) && query.favorites_only != Some(true)).collect();
    Ok(axum::Json(wire::Listed { data }))
}

/// Shows a model.
#[utoipa::path(
    get, path = "/v1/models/{id}", operation_id = "get_model", tag = "models",
    params(("id" = String, Path, description = "`model_` and 32 hex digits, or the plain UUID")),
    responses((status = 200, description = "Model found", body = wire::ModelWithProvider)),
)]
pub async fn model(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
) -> Answer<axum::Json<wire::ModelWithProvider>> {
    let id = params.parse("id", ids::parse_model, || error::invalid_id("model_"))?;
    let found = app.public_models(&caller).await?.into_iter().find(|model| model.id == id);
    let found = found.ok_or_else(|| Error::not_found(codes::MODEL_NOT_FOUND, "Model"))?;
    Ok(axum::Json(catalogue::model(found)))
}

/// Lists the harnesses. There is one.
#[utoipa::path(
    get, path = "/v1/harnesses", operation_id = "list_harnesses", tag = "harnesses", params(wire::HarnessesQuery),
    responses((status = 200, description = "List of harnesses", body = wire::Listed<wire::Harness>)),
)]
pub async fn harnesses(
    Authed(_): Authed,
    Query(query): Query<wire::HarnessesQuery>,
) -> Answer<axum::Json<wire::Listed<wire::Harness>>> {
    let one = catalogue::harness();
    let found = query.search.is_none_or(|words| fold::contains(&one.name, &fold::fold(&words)));
    Ok(axum::Json(wire::Listed { data: if found { vec![one] } else { Vec::new() } }))
}

/// Shows the harness, by its id or its name.
#[utoipa::path(
    get, path = "/v1/harnesses/{id}", operation_id = "get_harness", tag = "harnesses",
    params(("id" = String, Path, description = "Its id, the vendor's id of it, or its name")),
    responses((status = 200, description = "Harness found", body = wire::Harness)),
)]
pub async fn harness(Authed(_): Authed, params: Params) -> Answer<axum::Json<wire::Harness>> {
    let one = catalogue::harness();
    let found = params.text("id").filter(|text| ids::is_harness(text) || *text == one.name);
    found.ok_or_else(|| Error::not_found(codes::HARNESS_NOT_FOUND, "Harness"))?;
    Ok(axum::Json(one))
}

/// Lists the providers of the models: the vendors of the catalogue, and those of the configuration's own models.
#[utoipa::path(
    get, path = "/v1/providers", operation_id = "list_providers", tag = "providers",
    responses((status = 200, description = "List of providers", body = wire::Listed<wire::Provider>)),
)]
pub async fn providers(
    State(app): State<App>,
    Authed(caller): Authed,
) -> Answer<axum::Json<wire::Listed<wire::Provider>>> {
    Ok(axum::Json(wire::Listed { data: all_providers(&app, &caller).await? }))
}

/// Shows a provider of the models.
#[utoipa::path(
    get, path = "/v1/providers/{id}", operation_id = "get_provider", tag = "providers",
    params(("id" = String, Path, description = "`provider_` and 32 hex digits")),
    responses((status = 200, description = "Provider found", body = wire::Provider)),
)]
pub async fn provider(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
) -> Answer<axum::Json<wire::Provider>> {
    let all = all_providers(&app, &caller).await?;
    let found = all.into_iter().find(|provider| params.text("id") == Some(provider.id.as_str()));
    Ok(axum::Json(found.ok_or_else(|| Error::not_found(codes::PROVIDER_NOT_FOUND, "Provider"))?))
}

/// The providers of the models, each once, by name.
async fn all_providers(app: &App, caller: &Caller) -> Result<Vec<wire::Provider>> {
    let models = app.public_models(caller).await?;
    let mut named: Vec<(&str, &str)> = models.iter().map(|model: &PublicModel| catalogue::provider_of(model)).collect();
    named.sort_unstable();
    named.dedup_by_key(|(name, _)| *name);
    Ok(named.into_iter().map(|(name, kind)| catalogue::provider(name, kind)).collect())
}

/// Lists capabilities. The list is always empty.
#[utoipa::path(
    get, path = "/v1/capabilities", operation_id = "list_capabilities", tag = "capabilities", params(wire::PageQuery),
    responses((status = 200, description = "List of capabilities", body = wire::Paginated<String>)),
)]
pub async fn capabilities(
    Authed(_): Authed,
    Query(query): Query<wire::PageQuery>,
    OriginalUri(uri): OriginalUri,
) -> Answer<axum::Json<wire::Paginated<String>>> {
    let page = Page::read(query.offset, query.limit)?;
    Ok(axum::Json(page.of(Vec::new(), 0, &uri)))
}
