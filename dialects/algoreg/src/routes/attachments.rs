//! `/api/v1/attachment`.

use axum::{extract::State, http::HeaderMap};
use dialect_kit::{Answer, Authed, Params};
use domain::{AttachmentId, Error, codes};
use engine::App;

use crate::wire;

#[utoipa::path(
    get,
    path = "/api/v1/attachment/{id}",
    tag = "Go!Chat",
    operation_id = "downloadAttachment",
    summary = "Download attachment",
    description = "The bytes of a message's file, or one range of them.",
    params(
        ("id" = String, Path, format = "uuid"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the client's copy"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the file must have"),
        ("Range" = Option<String>, Header, description = "One range of bytes: `bytes=0-99`, `bytes=100-`, `bytes=-100`"),
    ),
    responses(
        (status = 200, description = "The bytes", body = wire::Bytes, content_type = "*/*"),
        (status = 206, description = "The bytes of the range", body = wire::Bytes, content_type = "*/*"),
        (status = 304, description = "The client's copy is current"),
        (status = 412, description = "The file does not match `If-Match`", body = wire::APIErrors),
        (status = 416, description = "The range begins after the end of the file", body = wire::APIErrors),
    ),
)]
pub async fn download(State(app): State<App>, Authed(caller): Authed, params: Params, headers: HeaderMap) -> Answer {
    let unknown = || Error::not_found(codes::ATTACHMENT_NOT_FOUND, "Attachment");
    let id = params.parse("id", AttachmentId::parse, unknown)?;
    let attachment = app.attachment(&caller, id).await?;
    dialect_kit::download(&app, &attachment, &headers).await
}
