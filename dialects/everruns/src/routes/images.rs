//! The bytes of pictures, where events and messages say that they are.

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use dialect_kit::{Answer, Authed, Params};
use domain::{Error, Kind, attachment::Attachment};
use engine::App;
use futures_util::stream;
use http::header;
use tokio::io::AsyncReadExt;

use crate::{error, ids};

/// Bytes read at once.
const CHUNK_BYTES: usize = 65_536;

/// A picture's bytes: of one that came within a message, or was uploaded through any door.
#[utoipa::path(
    get,
    path = "/v1/images/{image_id}",
    operation_id = "get_image",
    tag = "images",
    params(("image_id" = String, Path, description = "`img_` and 32 hex digits, or the plain UUID")),
    responses((status = 200, description = "Image binary data", content_type = "image/*")),
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    let id = params.parse("image_id", ids::parse_image, || error::invalid_id("img_"))?;
    let found = app.attachment(&caller, id).await;
    let image = found.map_err(|error| if error.kind == Kind::NotFound { not_found() } else { error })?;
    if !image.is_image() {
        return Err(not_found().into());
    }
    Ok(bytes(&app, &image).await?)
}

fn not_found() -> Error {
    Error::not_found("image_not_found", "Image")
}

async fn bytes(app: &App, image: &Attachment) -> domain::Result<Response> {
    let file = app.attachment_bytes(image, None).await?;
    let chunks = stream::try_unfold(file, |mut file| async move {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        let read = (&mut file).take(CHUNK_BYTES as u64).read_to_end(&mut chunk).await?;
        Ok::<_, std::io::Error>((read > 0).then_some((chunk, file)))
    });
    let headers = [
        (header::CONTENT_TYPE, image.media_type.clone()),
        (header::CONTENT_LENGTH, image.size_bytes.to_string()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".into()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".into()),
    ];
    Ok((headers, Body::from_stream(chunks)).into_response())
}
