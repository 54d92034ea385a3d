//! `/api/v1/message`.

use axum::{extract::State, http::StatusCode};
use dialect_kit::{Answer, Authed, FilesJson, Json, Params, Source};
use domain::{Error, MessageId, Result};
use engine::{App, Origin};

use crate::{convert, wire};

#[utoipa::path(
    post,
    path = "/api/v1/message",
    tag = "Go!Chat",
    operation_id = "createThreadMessage",
    summary = "Create thread message",
    description = "Creates a chat message.",
    request_body = wire::MessageInput,
    responses(
        (status = 204, description = "No content."),
        (status = 409, description = "The ext_msg_id was used for a different message", body = wire::APIErrors),
    ),
)]
pub async fn create_message(
    State(app): State<App>,
    Authed(caller): Authed,
    FilesJson { value, source }: FilesJson<wire::MessageInput>,
) -> Answer<StatusCode> {
    let origin = origin(&value, source).await?;
    app.file_letter(&caller, convert::letter::letter(value, origin)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    post,
    path = "/api/v1/message/{id}",
    tag = "Go!Chat",
    operation_id = "updateThreadMessage",
    summary = "Update thread message",
    description = "Changes what is given of a message: its words only while it waits to be sent.",
    params(("id" = String, Path, format = "uuid")),
    request_body = wire::MessageUpdate,
    responses(
        (status = 204, description = "No content."),
        (status = 409, description = "It is not the project's own message, or it was sent", body = wire::APIErrors),
    ),
)]
pub async fn update_message(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: Json<wire::MessageUpdate>,
) -> Answer<StatusCode> {
    let id = params.parse("id", MessageId::parse, convert::message_not_found)?;
    app.update_message(&caller, None, id, convert::letter::patch(body.value)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The fingerprint takes the whole body once more: with files in it, on a thread of its own.
async fn origin(input: &wire::MessageInput, source: Source) -> Result<Option<Origin>> {
    let Some(key) = input.ext_msg_id.clone() else { return Ok(None) };
    let fingerprint = move || source.fingerprint("createThreadMessage");
    let fingerprint = match &input.attachments {
        None => fingerprint(),
        Some(_) => tokio::task::spawn_blocking(fingerprint).await.map_err(Error::internal)?,
    };
    Ok(Some(convert::letter::origin(key, fingerprint)))
}
