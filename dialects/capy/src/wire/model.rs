//! Models.

use serde::Serialize;
use utoipa::ToSchema;

use super::schema;

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListModelsResponse {
    pub models: Vec<ListedModel>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListedModel {
    #[schema(schema_with = schema::listed_model)]
    pub id: &'static str,
    pub name: &'static str,
    pub provider: &'static str,
    /// Whether a message may choose it.
    pub captain_eligible: bool,
}
