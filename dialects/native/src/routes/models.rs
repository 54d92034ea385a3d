//! The catalogue of models.

use domain::model::CATALOGUE;

use super::{Found, found};
use crate::{page::Page, wire};

/// List the models that a message or an agent may choose.
///
/// The catalogue is the same on every installation.
#[utoipa::path(
    get, path = "/threadline/v1/models", operation_id = "list_models", tag = "installation",
    responses((status = 200, description = "All models", body = Page<wire::Model>))
)]
pub async fn list() -> Found<Page<wire::Model>> {
    found(Page::whole(CATALOGUE.iter().map(wire::Model::from).collect()))
}
