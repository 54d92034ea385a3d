//! The tags that a project knows.

use axum::extract::State;
use dialect_kit::{Authed, Json, Params};
use domain::{
    Error,
    tag::{Color, Tag},
};
use engine::App;

use super::{Found, found};
use crate::{
    page::Page,
    wire::{self, TagStyle},
};

/// List the tags that the project knows, by name.
///
/// Threads may carry other tags too.
#[utoipa::path(
    get, path = "/threadline/v1/tags", operation_id = "list_tags", tag = "tags",
    responses((status = 200, description = "All tags", body = Page<wire::Tag>))
)]
pub async fn list(State(app): State<App>, Authed(caller): Authed) -> Found<Page<wire::Tag>> {
    let tags = app.list_tags(&caller).await?;
    found(Page::whole(tags.into_iter().map(Into::into).collect()))
}

/// Define a tag of the project, or change its colour.
#[utoipa::path(
    put, path = "/threadline/v1/tags/{tag}", operation_id = "define_tag", tag = "tags",
    params(("tag" = String, Path, description = "At most 64 lower-case letters, digits, `_` and `-`. The first is a letter or a digit")),
    request_body = Option<wire::TagStyle>,
    responses((status = 200, description = "The tag", body = wire::Tag))
)]
pub async fn define(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: Option<Json<TagStyle>>,
) -> Found<wire::Tag> {
    let name = params.text("tag").ok_or_else(|| Error::field("name", "is no name of a tag"))?;
    let color = body.and_then(|body| body.value.color).unwrap_or(Color::Default);
    found(app.define_tag(&caller, Tag { name: name.into(), color }).await?.into())
}
