//! The limits of the installation.

use axum::extract::State;
use domain::Limits;
use engine::App;

use super::{Found, found};
use crate::{page::Page, wire};

/// List every limit of this installation.
///
/// Each limit has its value, its default and its meaning.
#[utoipa::path(
    get, path = "/threadline/v1/limits", operation_id = "list_limits", tag = "installation",
    responses((status = 200, description = "All limits", body = Page<wire::Limit>))
)]
pub async fn list(State(app): State<App>) -> Found<Page<wire::Limit>> {
    let rows = app.limits().values().into_iter().zip(Limits::TABLE);
    let show = |((name, value), (_, default, meaning)): ((&'static str, u64), &'static (_, u64, &'static str))| {
        wire::Limit { name, value, default: *default, meaning }
    };
    found(Page::whole(rows.map(show).collect()))
}
