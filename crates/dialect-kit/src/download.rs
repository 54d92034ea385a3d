//! Sends the bytes of an attachment, or one range of them.

mod range;

use std::ops::Range;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use domain::{Error, attachment::Attachment};
use engine::App;
use futures_util::{Stream, stream};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::io::{AsyncRead, AsyncReadExt};

use self::range::Part;
use crate::{
    Answer, Fault,
    account::InPieces,
    conditional::{self, Judged},
};

/// The bytes of an attachment, by the request's `If-Match`, `If-None-Match`, `Range` and `If-Range`. A browser saves
/// them and runs nothing in them with the page's origin.
///
/// # Errors
/// 412 if the client requires another state; 416 for a range after the end; `unavailable` if the bytes are not in the
/// data folder.
pub async fn download(app: &App, attachment: &Attachment, headers: &HeaderMap) -> Answer {
    let mut response = show(app, attachment, headers).await?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, value(&disposition(&attachment.name))?);
    Ok(response)
}

/// Like [`download`], for content that a browser shows inline.
///
/// # Errors
/// As [`download`].
pub async fn show(app: &App, attachment: &Attachment, headers: &HeaderMap) -> Answer {
    let size = u64::try_from(attachment.size_bytes).unwrap_or_default();
    let hash: String = attachment.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{hash}\"");
    match conditional::judge(headers, &tag) {
        Judged::Wanted => {}
        Judged::Unchanged => return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, value(&tag)?)]).into_response()),
        Judged::Another => return Err(Fault::precondition_failed()),
    }
    let (status, bytes) = match range::asked(headers, &tag, size) {
        Part::Whole => (StatusCode::OK, 0..size),
        Part::Range(bytes) => (StatusCode::PARTIAL_CONTENT, bytes),
        Part::Unsatisfiable => return Err(Fault::beyond_end(size)),
    };
    let file = app.attachment_bytes(attachment, Some(bytes.clone())).await?;
    let mut response: Response = (status, Body::from_stream(pieces(file))).into_response();
    describe(response.headers_mut(), attachment, &tag, &bytes)?;
    // One piece is read while the previous one is written.
    response.extensions_mut().insert(InPieces { bytes: 2 * PIECE_BYTES as u64 });
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{size}", bytes.start, bytes.end - 1);
        response.headers_mut().insert(header::CONTENT_RANGE, value(&range)?);
    }
    Ok(response)
}

fn describe(headers: &mut HeaderMap, shown: &Attachment, tag: &str, bytes: &Range<u64>) -> Result<(), Error> {
    headers.insert(header::CONTENT_TYPE, value(&shown.media_type)?);
    headers.insert(header::CONTENT_LENGTH, (bytes.end - bytes.start).into());
    headers.insert(header::ETAG, value(tag)?);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    Ok(())
}

fn value(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text).map_err(Error::internal)
}

/// `attachment` with the name in two forms (RFC 6266, appendix D): ASCII for old clients, UTF-8 (RFC 8187) for all
/// others.
fn disposition(name: &str) -> String {
    let plain = |c: char| (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%');
    let ascii: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&b);
    let utf8: String =
        name.bytes().map(|b| if unreserved(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{utf8}")
}

const PIECE_BYTES: usize = 65_536;

fn pieces(file: impl AsyncRead + Unpin + Send) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    stream::unfold(file, async |mut file| {
        let mut piece = BytesMut::with_capacity(PIECE_BYTES);
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
