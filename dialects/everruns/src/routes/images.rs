//! Pictures, uploaded for use in messages or sent within one.

use std::time::Duration;

use axum::extract::{Request, State};
use dialect_kit::{Answer, Authed, IdempotencyHeader, IdempotencyKey, Params, Patience, Query, form};
use domain::{AttachmentId, Error, Kind, Map, Result, ThreadId, attachment::Attachment, codes};
use engine::App;
use http::{HeaderMap, StatusCode};

use crate::{error, ids, wire};

/// The slowest accepted upload, about half a megabit a second. It sets the time limit of an upload.
const SLOWEST_BYTES_PER_S: u64 = 65_536;
const LIMIT: u32 = 50;
const LIMIT_MAX: u32 = 1_000;

/// Uploads a picture in the field `file` of a form.
#[utoipa::path(
    post, path = "/v1/images", operation_id = "upload_image", tag = "images",
    params(wire::UploadQuery, IdempotencyHeader),
    request_body(content = wire::ImageForm, content_type = "multipart/form-data"),
    responses((status = 201, description = "Image uploaded successfully", body = wire::ImageUploadResponse)),
)]
pub async fn upload(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<wire::UploadQuery>,
    key: IdempotencyKey,
    patience: Patience,
    request: Request,
) -> Answer<(StatusCode, axum::Json<wire::ImageUploadResponse>)> {
    patience.extend(Duration::from_secs(app.limits().upload_bytes / SLOWEST_BYTES_PER_S));
    let origin = key.without_body("everruns.upload_image");
    let store = async |head: form::Head, bytes| {
        let session = head.field("session_id").or(query.session_id.as_deref()).filter(|id| !id.is_empty());
        app.upload_image(&caller, &head.name, session.map(session_named).transpose()?, bytes, origin).await
    };
    let image = form::upload(request, &["session_id"], store).await?;
    let shown = wire::ImageUploadResponse {
        id: ids::image(image.id),
        filename: image.name,
        content_type: image.media_type,
        size_bytes: image.size_bytes,
        created_at: image.created_at,
    };
    Ok((StatusCode::CREATED, axum::Json(shown)))
}

fn session_named(id: &str) -> Result<ThreadId> {
    ids::parse_session(id).ok_or_else(|| Error::field("session_id", "must be session_ and 32 hex digits"))
}

/// Lists pictures, newest first.
#[utoipa::path(
    get, path = "/v1/images", operation_id = "list_images", tag = "images", params(wire::ImagesQuery),
    responses((status = 200, description = "List of images", body = Vec<wire::ImageInfo>)),
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<wire::ImagesQuery>,
) -> Answer<axum::Json<Vec<wire::ImageInfo>>> {
    let limit = query.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Error::field("limit", format!("must be between 1 and {LIMIT_MAX}")).into());
    }
    let images = app.list_images(&caller, query.offset.unwrap_or(0).into(), limit.into()).await?;
    Ok(axum::Json(images.into_iter().map(info).collect()))
}

fn info(image: Attachment) -> wire::ImageInfo {
    let session = image.thread.map(|id| ("session_id".to_owned(), ids::session(id).into()));
    wire::ImageInfo {
        id: ids::image(image.id),
        filename: image.name,
        content_type: image.media_type,
        size_bytes: image.size_bytes,
        created_at: image.created_at,
        metadata: Map::from_iter(session),
    }
}

/// Deletes a picture. Messages that name it keep its id.
#[utoipa::path(
    delete, path = "/v1/images/{image_id}", operation_id = "delete_image", tag = "images",
    params(("image_id" = String, Path, description = "`img_` and 32 hex digits, or the plain UUID")),
    responses((status = 204, description = "Image deleted successfully")),
)]
pub async fn delete(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<StatusCode> {
    app.delete_image(&caller, image_of(&params)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn image_of(params: &Params) -> Result<AttachmentId> {
    params.parse("image_id", ids::parse_image, || error::invalid_id("img_"))
}

/// Sends a picture's bytes. The picture was sent within a message, or uploaded through any API.
#[utoipa::path(
    get,
    path = "/v1/images/{image_id}",
    operation_id = "get_image",
    tag = "images",
    params(("image_id" = String, Path, description = "`img_` and 32 hex digits, or the plain UUID")),
    responses(
        (status = 200, description = "Image binary data", content_type = "image/*"),
        (status = 206, description = "The bytes of the range", content_type = "image/*"),
        (status = 304, description = "The client's copy is current"),
        (status = 412, description = "The file does not match `If-Match`", body = error::ErrorResponse, content_type = error::CONTENT_TYPE),
        (status = 416, description = "The range begins after the end of the file", body = error::ErrorResponse, content_type = error::CONTENT_TYPE),
    ),
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params, headers: HeaderMap) -> Answer {
    let found = app.attachment(&caller, image_of(&params)?).await;
    let image = found.map_err(|error| if error.kind == Kind::NotFound { not_found() } else { error })?;
    if !image.is_image() {
        return Err(not_found().into());
    }
    dialect_kit::show(&app, &image, &headers).await
}

fn not_found() -> Error {
    Error::not_found(codes::IMAGE_NOT_FOUND, "Image")
}
