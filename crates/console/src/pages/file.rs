//! The bytes of an attachment: raster pictures inline, everything else as a download.

use axum::extract::State;
use dialect_kit::{Answer, Authed, Params, download, show as show_inline};
use domain::{AttachmentId, Error, codes};
use engine::App;
use http::HeaderMap;

pub async fn show(State(app): State<App>, Authed(caller): Authed, params: Params, headers: HeaderMap) -> Answer {
    let unknown = || Error::not_found(codes::ATTACHMENT_NOT_FOUND, "Attachment");
    let id = params.parse("attachment", AttachmentId::parse, unknown)?;
    let attachment = app.attachment(&caller, id).await?;
    match attachment.is_image() {
        true => show_inline(&app, &attachment, &headers).await,
        false => download(&app, &attachment, &headers).await,
    }
}
