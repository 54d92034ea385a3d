//! `/api/v1/message`.

use axum::{extract::State, http::StatusCode};
use dialect_kit::{Answer, Authed, FilesJson, IdempotencyHeader, IdempotencyKey, Json, Params, Source};
use domain::{Error, MessageId, Result};
use engine::{App, Origin, OriginKind};

use crate::{convert, wire};

#[utoipa::path(
    post,
    path = "/api/v1/message",
    tag = "Go!Chat",
    operation_id = "createThreadMessage",
    summary = "Create thread message",
    description = "Creates a chat message.",
    params(IdempotencyHeader),
    request_body = wire::MessageInput,
    responses(
        (status = 204, description = "No content."),
        (status = 409, description = "The ext_msg_id, or the key, was used for a different message", body = wire::APIErrors),
    ),
)]
pub async fn create_message(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    FilesJson { value, source }: FilesJson<wire::MessageInput>,
) -> Answer<StatusCode> {
    let origin = origin(key, &value, source).await?;
    let filed = app.file_email(&caller, convert::email::email(value, origin)?).await;
    filed.map_err(convert::email::refusal)?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    post,
    path = "/api/v1/message/{id}",
    tag = "Go!Chat",
    operation_id = "updateThreadMessage",
    summary = "Update thread message",
    description = "Changes the given fields of a message. The text can change only while the message waits to be sent.",
    params(("id" = String, Path, format = "uuid"), IdempotencyHeader),
    request_body = wire::MessageUpdate,
    responses(
        (status = 204, description = "No content."),
        (status = 409, description = "The message is not the project's own, or it was already sent", body = wire::APIErrors),
    ),
)]
pub async fn update_message(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    body: Json<wire::MessageUpdate>,
) -> Answer<StatusCode> {
    let id = params.parse("id", MessageId::parse, convert::message_not_found)?;
    let origin = key.with_body("algoreg.updateThreadMessage", &body.source);
    let updated = app.keyed(origin).update_message(&caller, id, convert::email::patch(body.value)).await;
    updated.map_err(convert::email::refusal)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Computes the fingerprint over the whole body, on its own thread if the body has files.
async fn origin(key: IdempotencyKey, input: &wire::MessageInput, source: Source) -> Result<Option<Origin>> {
    let name = input.ext_msg_id.clone();
    let origin = move || match name {
        Some(name) => Some(key.of_message(OriginKind::External, name, source.fingerprint("createThreadMessage"))),
        None => key.with_body("algoreg.createThreadMessage", &source),
    };
    match &input.attachments {
        None => Ok(origin()),
        Some(_) => tokio::task::spawn_blocking(origin).await.map_err(Error::internal),
    }
}
