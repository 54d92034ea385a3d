//! `/models`.

use axum::Json;
use dialect_kit::Answer;

use crate::wire;

#[utoipa::path(
    get,
    path = "/models",
    tag = "models",
    operation_id = "listModels",
    summary = "List models",
    description = "List models available to the API.",
    responses((status = 200, description = "Success", body = wire::ListModelsResponse)),
)]
pub async fn list_models() -> Answer<Json<wire::ListModelsResponse>> {
    let models = wire::listed_models().map(|model| wire::ListedModel {
        id: model.name,
        name: model.display_name,
        provider: model.vendor,
        captain_eligible: true,
    });
    Ok(Json(wire::ListModelsResponse { models: models.collect() }))
}
