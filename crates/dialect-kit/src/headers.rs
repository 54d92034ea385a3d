//! Headers of every answer: caching, and protection against browsers that interpret content.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

/// An answer is data and not a page, unless its handler sets a policy for its page.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// A client's own cache may keep an answer with a tag, and must revalidate it at each use.
const TAGGED: HeaderValue = HeaderValue::from_static("private, no-cache");
const UNTAGGED: HeaderValue = HeaderValue::from_static("no-store");

/// Completes the headers of an answer. A handler's own `Cache-Control` is kept if it begins with `public`, for files
/// that are the same for everybody.
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
    // It would have to be the length of the 200 (RFC 9110, section 8.6).
    if is_unmodified {
        headers.remove(header::CONTENT_LENGTH);
    }
}
