//! Saved replies.

use axum::extract::State;
use dialect_kit::{Answer, Authed, IdempotencyHeader, IdempotencyKey, Json, Params, Query};
use engine::{App, app::saved_replies::SavedReplyPatch};
use http::StatusCode;

use super::{Conflict, Created, Found, created, found, saved_reply_id};
use crate::{
    page::{Asked, Page, PageQuery},
    wire,
};

/// Save a reply.
///
/// Its name is unique within the project.
#[utoipa::path(
    post, path = "/threadline/v1/saved-replies", operation_id = "create_saved_reply", tag = "handling",
    params(IdempotencyHeader), request_body = wire::NewSavedReply,
    responses((status = 201, description = "The saved reply", body = wire::SavedReply), Conflict)
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewSavedReply>,
) -> Created<wire::SavedReply> {
    let origin = key.with_body("POST /threadline/v1/saved-replies", &source);
    created(app.create_saved_reply(&caller, value.name, value.text, origin).await?.into())
}

/// List saved replies, by name.
#[utoipa::path(
    get, path = "/threadline/v1/saved-replies", operation_id = "list_saved_replies", tag = "handling",
    params(PageQuery), responses((status = 200, description = "A page of saved replies", body = Page<wire::SavedReply>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<PageQuery>,
) -> Found<Page<wire::SavedReply>> {
    let asked: Asked<String> = Asked::read(&app, &caller, "saved-replies", (), query)?;
    let replies = app.list_saved_replies(&caller, asked.from.clone(), asked.rows()).await?;
    found(asked.page(replies, |reply| reply.name.clone(), wire::SavedReply::from))
}

/// Get a saved reply.
#[utoipa::path(
    get, path = "/threadline/v1/saved-replies/{reply}", operation_id = "get_saved_reply", tag = "handling",
    params(("reply" = wire::Id, Path)),
    responses((status = 200, description = "The saved reply", body = wire::SavedReply))
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::SavedReply> {
    found(app.saved_reply(&caller, saved_reply_id(&params)?).await?.into())
}

/// Change a saved reply.
#[utoipa::path(
    patch, path = "/threadline/v1/saved-replies/{reply}", operation_id = "update_saved_reply", tag = "handling",
    params(("reply" = wire::Id, Path)), request_body = wire::SavedReplyPatch,
    responses((status = 200, description = "The saved reply after the change", body = wire::SavedReply), Conflict)
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Json { value, .. }: Json<wire::SavedReplyPatch>,
) -> Found<wire::SavedReply> {
    let patch = SavedReplyPatch { name: value.name, text: value.text };
    found(app.update_saved_reply(&caller, saved_reply_id(&params)?, patch).await?.into())
}

/// Remove a saved reply.
#[utoipa::path(
    delete, path = "/threadline/v1/saved-replies/{reply}", operation_id = "delete_saved_reply", tag = "handling",
    params(("reply" = wire::Id, Path)), responses((status = 204, description = "The saved reply is removed"))
)]
pub async fn delete(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<StatusCode> {
    app.delete_saved_reply(&caller, saved_reply_id(&params)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
