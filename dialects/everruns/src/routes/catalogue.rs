//! Models, harnesses, providers and capabilities. They are the same on every installation.

use axum::extract::OriginalUri;
use dialect_kit::{Answer, Authed, Params, Query};
use domain::{Error, codes, fold, model};

use super::page::Page;
use crate::{convert::catalogue, error, ids, wire};

/// Lists the models of the catalogue.
#[utoipa::path(
    get, path = "/v1/models", operation_id = "list_all_models", tag = "models", params(wire::ModelsQuery),
    responses((status = 200, description = "List of models", body = wire::Listed<wire::ModelWithProvider>)),
)]
pub async fn models(
    Authed(_): Authed,
    Query(query): Query<wire::ModelsQuery>,
) -> Answer<axum::Json<wire::Listed<wire::ModelWithProvider>>> {
    let none = query.favorites_only == Some(true)
        || query.source.is_some_and(|source| source != wire::ModelSource::Predefined);
    let data = if none { Vec::new() } else { model::CATALOGUE.iter().map(catalogue::model).collect() };
    Ok(axum::Json(wire::Listed { data }))
}

/// Shows a model of the catalogue.
#[utoipa::path(
    get, path = "/v1/models/{id}", operation_id = "get_model", tag = "models",
    params(("id" = String, Path, description = "`model_` and 32 hex digits, or the plain UUID")),
    responses((status = 200, description = "Model found", body = wire::ModelWithProvider)),
)]
pub async fn model(Authed(_): Authed, params: Params) -> Answer<axum::Json<wire::ModelWithProvider>> {
    let id = params.parse("id", ids::parse_model, || error::invalid_id("model_"))?;
    let found = model::by_id(id).ok_or_else(|| Error::not_found(codes::MODEL_NOT_FOUND, "Model"))?;
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

/// Lists the providers of the catalogue's models.
#[utoipa::path(
    get, path = "/v1/providers", operation_id = "list_providers", tag = "providers",
    responses((status = 200, description = "List of providers", body = wire::Listed<wire::Provider>)),
)]
pub async fn providers(Authed(_): Authed) -> Answer<axum::Json<wire::Listed<wire::Provider>>> {
    let data = catalogue::vendors().into_iter().map(catalogue::provider).collect();
    Ok(axum::Json(wire::Listed { data }))
}

/// Shows a provider of the catalogue's models.
#[utoipa::path(
    get, path = "/v1/providers/{id}", operation_id = "get_provider", tag = "providers",
    params(("id" = String, Path, description = "`provider_` and 32 hex digits")),
    responses((status = 200, description = "Provider found", body = wire::Provider)),
)]
pub async fn provider(Authed(_): Authed, params: Params) -> Answer<axum::Json<wire::Provider>> {
    let mut all = catalogue::vendors().into_iter().map(catalogue::provider);
    let found = all.find(|provider| params.text("id") == Some(provider.id.as_str()));
    Ok(axum::Json(found.ok_or_else(|| Error::not_found(codes::PROVIDER_NOT_FOUND, "Provider"))?))
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
