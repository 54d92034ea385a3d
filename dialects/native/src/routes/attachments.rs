//! Attachments.

mod range;

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use dialect_kit::{Answer, Authed, Fault, Params, Patience, Query, body_pieces, form};
use domain::{Caller, Error, Result, attachment};
use engine::{App, Origin};
use futures_util::{Stream, stream};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use std::{ops::Range, time::Duration};
use tokio::io::{AsyncRead, AsyncReadExt};
use utoipa::IntoParams;

use self::range::Part;
use super::{Conflict, Created, Found, attachment_id, created, found};
use crate::{
    error,
    idempotency::{IdempotencyHeader, IdempotencyKey},
    wire,
};

/// What of a file is not in its bytes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// Of a raw body: the file's name. Folders and control characters are left out. A form has its own.
    name: Option<String>,
}

/// An upload may take a second for each so many bytes that a file may have: about half a megabit a second.
const SLOWEST_BYTES_PER_S: u64 = 65_536;

/// Upload a file.
///
/// As the field `file` of a form, or as the body itself with `?name=`. Its type is what its bytes are.
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
        "request_timeout" => Fault::body_too_slow(),
        _ => error.into(),
    })
}

/// Get what is known of a file.
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
/// What a stranger has uploaded is never opened in a page's own name: a browser saves it, and runs nothing of it.
#[utoipa::path(
    get, path = "/threadline/v1/attachments/{attachment}/content", operation_id = "download_attachment",
    tag = "attachments",
    params(
        ("attachment" = wire::Id, Path),
        ("Range" = Option<String>, Header, description = "One range of bytes: `bytes=0-99`, `bytes=100-`, `bytes=-100`"),
        ("If-Range" = Option<String>, Header, description = "The `ETag` of what the client has: else the whole file comes"),
    ),
    responses(
        (status = 200, description = "The bytes", body = wire::Bytes, content_type = "*/*"),
        (status = 206, description = "The bytes of the range", body = wire::Bytes, content_type = "*/*"),
        (status = 416, description = "The range begins beyond the end", body = wire::Problem,
            content_type = "application/problem+json"),
    )
)]
pub async fn download(State(app): State<App>, Authed(caller): Authed, params: Params, headers: HeaderMap) -> Answer {
    let attachment = app.attachment(&caller, attachment_id(&params)?).await?;
    let size = u64::try_from(attachment.size_bytes).unwrap_or_default();
    let shown = wire::Attachment::from(attachment.clone());
    let tag = format!("\"{}\"", shown.sha256);
    let (status, bytes) = match range::asked(&headers, &tag, size) {
        Part::Whole => (StatusCode::OK, 0..size),
        Part::Range(bytes) => (StatusCode::PARTIAL_CONTENT, bytes),
        Part::Unsatisfiable => return Ok(unsatisfiable(size)),
    };
    let file = app.attachment_bytes(&attachment, Some(bytes.clone())).await?;
    let mut response = (status, Body::from_stream(pieces(file))).into_response();
    describe(response.headers_mut(), &shown, &tag, &bytes)?;
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{size}", bytes.start, bytes.end - 1);
        response.headers_mut().insert(header::CONTENT_RANGE, value(&range)?);
    }
    Ok(response)
}

fn describe(headers: &mut HeaderMap, shown: &wire::Attachment, tag: &str, bytes: &Range<u64>) -> Result<()> {
    headers.insert(header::CONTENT_TYPE, value(&shown.media_type)?);
    headers.insert(header::CONTENT_LENGTH, (bytes.end - bytes.start).into());
    headers.insert(header::CONTENT_DISPOSITION, value(&disposition(&shown.name))?);
    headers.insert(header::ETAG, value(tag)?);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // The bytes of an id never change; only the client that may see them may keep them.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400, immutable"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    Ok(())
}

fn value(text: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(text).map_err(Error::internal)
}

/// `attachment` with the name twice (RFC 6266, appendix D): in ASCII for old clients, in UTF-8 (RFC 8187) for all others.
fn disposition(name: &str) -> String {
    let plain = |c: char| (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%');
    let ascii: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&b);
    let utf8: String =
        name.bytes().map(|b| if unreserved(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{utf8}")
}

fn unsatisfiable(size: u64) -> Response {
    let status = StatusCode::RANGE_NOT_SATISFIABLE;
    let error = Error::invalid("range_not_satisfiable", "The range begins beyond the end of the file");
    let fault = Fault { status: Some(status), ..Fault::from(error) };
    let mut response = error::render(&fault);
    response.headers_mut().insert(
        header::CONTENT_RANGE,
        HeaderValue::from_str(&format!("bytes */{size}")).expect("digits are visible ASCII"),
    );
    response
}

const PIECE_BYTES: usize = 65_536;

fn pieces(file: impl AsyncRead + Unpin + Send) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    stream::unfold(file, async |mut file| {
        let mut piece = bytes::BytesMut::with_capacity(PIECE_BYTES);
        match file.read_buf(&mut piece).await {
            Ok(0) => None,
            Ok(_) => Some((Ok(piece.freeze()), file)),
            Err(error) => Some((Err(error), file)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_name_cannot_leave_its_place_in_the_header() {
        for (name, expect) in [
            ("a.pdf", r#"attachment; filename="a.pdf"; filename*=UTF-8''a.pdf"#),
            ("a b.pdf", r#"attachment; filename="a b.pdf"; filename*=UTF-8''a%20b.pdf"#),
            ("a\"; x=\"", r#"attachment; filename="a_; x=_"; filename*=UTF-8''a%22%3B%20x%3D%22"#),
            ("ціна.txt", "attachment; filename=\"____.txt\"; filename*=UTF-8''%D1%86%D1%96%D0%BD%D0%B0.txt"),
            ("a\r\nb", "attachment; filename=\"a__b\"; filename*=UTF-8''a%0D%0Ab"),
            ("100%\\", "attachment; filename=\"100__\"; filename*=UTF-8''100%25%5C"),
        ] {
            assert_eq!(disposition(name), expect);
        }
    }
}
