//! What every answer says in its header, whoever made it: how it may be kept, and that no browser makes more of it.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

/// An answer is data and no page, unless its handler has said what a page of it may do.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// A cache of the client's own may keep what has a tag, and has to ask each time whether it still holds.
const TAGGED: HeaderValue = HeaderValue::from_static("private, no-cache");
const UNTAGGED: HeaderValue = HeaderValue::from_static("no-store");

/// Completes the header of an answer that is about to leave. A handler's own `Cache-Control` stands where it begins with
/// `public`: of files that are the same for everybody.
pub(crate) fn complete(response: &mut Response) {
    let is_unmodified = response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(POLICY);
    let is_public = headers.get(header::CACHE_CONTROL).is_some_and(|own| own.as_bytes().starts_with(b"public"));
    if !is_public {
        let keep = if headers.contains_key(header::ETAG) { TAGGED } else { UNTAGGED };
        headers.insert(header::CACHE_CONTROL, keep);
    }
    // RFC 9110, section 8.6: it would have to be the length of the 200.
    if is_unmodified {
        headers.remove(header::CONTENT_LENGTH);
    }
}
