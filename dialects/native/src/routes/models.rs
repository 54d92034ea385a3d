//! The public names of models.

use axum::extract::State;
use dialect_kit::{Authed, Query};
use engine::App;

use super::{Found, found};
use crate::{
    page::{Asked, Page, PageQuery},
    wire,
};

/// List the models that a message or an agent may choose.
///
/// The names of the catalogue come first, then the exact names of the configuration. A name that only a pattern of the
/// configuration has may be chosen too, and is not listed.
#[utoipa::path(
    get, path = "/threadline/v1/models", operation_id = "list_models", tag = "installation", params(PageQuery),
    responses((status = 200, description = "A page of models", body = Page<wire::Model>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<PageQuery>,
) -> Found<Page<wire::Model>> {
    let asked: Asked<i64> = Asked::read(&app, &caller, "models", (), query)?;
    let begin = asked.from.unwrap_or(0);
    let count = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    let models = app.public_models(&caller).await?;
    let rows: Vec<_> = models.into_iter().skip(count(begin)).take(count(asked.rows())).collect();
    found(asked.page(rows, |_| begin + asked.limit, wire::Model::from))
}
