//! Attachments.

use axum::{
    body::Body,
    extract::{Request, State},
};
use dialect_kit::{
    Answer, Authed, Fault, IdempotencyHeader, IdempotencyKey, Params, Patience, Query, body_pieces, form,
};
use domain::{Caller, Error, attachment, codes};
use engine::{App, Origin};
use http::{HeaderMap, header};
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;

use super::{Conflict, Created, Found, attachment_id, created, found};
use crate::wire;

/// What of a file is not in its bytes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// The file's name, for a bare body. Folders and control characters are left out. A form has its own name.
    name: Option<String>,
}

/// The slowest accepted upload, about half a megabit a second. It sets the time limit of an upload.
const SLOWEST_BYTES_PER_S: u64 = 65_536;

/// Upload a file.
///
/// The file is the field `file` of a form, or the body itself with `?name=`. The server finds its type in its bytes.
#[utoipa::path(
    post, path = "/threadline/v1/attachments", operation_id = "upload_attachment", tag = "attachments",
    params(UploadQuery, IdempotencyHeader),
    request_body(content(
        (wire::FileForm = "multipart/form-data"), (wire::Bytes = "application/octet-stream")
    )),
    responses((status = 201, description = "The file is stored", body = wire::Attachment), Conflict)
)]
pub async fn upload(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<UploadQuery>,
    key: IdempotencyKey,
    patience: Patience,
    request: Request,
) -> Created<wire::Attachment> {
    let most = app.limits().upload_bytes;
    patience.extend(Duration::from_secs(most / SLOWEST_BYTES_PER_S));
    let origin = key.without_body("POST /threadline/v1/attachments");
    let attachment = match form::is_form(request.headers()) {
        true if query.name.is_some() => {
            return Err(Error::field("name", "is of a raw body; a form's file has its own").into());
        }
        true => {
            let store = async |head: form::Head, bytes| app.upload(&caller, &head.name, bytes, origin).await;
            form::upload(request, &[], store).await?
        }
        false if announces_more(request.headers(), most) => {
            return Err(Error::too_large(format!("The file is larger than {most} bytes")).into());
        }
        false => raw(&app, &caller, request.into_body(), query.name, origin).await?,
    };
    created(attachment.into())
}

fn announces_more(headers: &HeaderMap, most: u64) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|text| text.parse().ok()).is_some_and(|length: u64| length > most)
}

async fn raw(
    app: &App,
    caller: &Caller,
    body: Body,
    name: Option<String>,
    origin: Option<Origin>,
) -> Answer<attachment::Attachment> {
    let uploaded = app.upload(caller, &name.unwrap_or_default(), body_pieces(body), origin).await;
    uploaded.map_err(|error| match error.code {
        codes::REQUEST_TIMEOUT => Fault::body_too_slow(),
        _ => error.into(),
    })
}

/// Get the description of a file.
#[utoipa::path(
    get, path = "/threadline/v1/attachments/{attachment}", operation_id = "get_attachment", tag = "attachments",
    params(("attachment" = wire::Id, Path)),
    responses((status = 200, description = "The attachment", body = wire::Attachment))
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Attachment> {
    found(app.attachment(&caller, attachment_id(&params)?).await?.into())
}

/// Download a file, or one range of it.
///
/// A browser saves the file and runs nothing of it, since a stranger may have uploaded it.
#[utoipa::path(
    get, path = "/threadline/v1/attachments/{attachment}/content", operation_id = "download_attachment",
    tag = "attachments",
    params(
        ("attachment" = wire::Id, Path),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the client's copy"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version that the client wants"),
        ("Range" = Option<String>, Header, description = "One range of bytes: `bytes=0-99`, `bytes=100-`, `bytes=-100`"),
        ("If-Range" = Option<String>, Header, description = "The `ETag` of the client's copy. With another one the whole file comes"),
    ),
    responses(
        (status = 200, description = "The bytes", body = wire::Bytes, content_type = "*/*"),
        (status = 206, description = "The bytes of the range", body = wire::Bytes, content_type = "*/*"),
        (status = 304, description = "The client's copy is current"),
        (status = 412, description = "`If-Match` names another version", body = wire::Problem,
            content_type = "application/problem+json"),
        (status = 416, description = "The range begins beyond the end", body = wire::Problem,
            content_type = "application/problem+json"),
    )
)]
pub async fn download(State(app): State<App>, Authed(caller): Authed, params: Params, headers: HeaderMap) -> Answer {
    let attachment = app.attachment(&caller, attachment_id(&params)?).await?;
    dialect_kit::download(&app, &attachment, &headers).await
}
