//! The headers of a call.

use domain::fault::Fault;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};

use crate::model::Failure;

/// JSON goes out, and events come in. The secret stands in its own header and in no log.
///
/// # Errors
/// `unauthenticated` if a header cannot carry the secret.
pub(super) fn headers(secret: Option<(HeaderName, &str)>) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    if let Some((name, secret)) = secret {
        let unsendable = |_| Failure::new(Fault::Unauthenticated, "the provider's key is not the text of a header");
        let mut value = HeaderValue::from_str(secret).map_err(unsendable)?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// The same with the key as a bearer token.
///
/// # Errors
/// As [`headers`].
pub(super) fn bearer(key: Option<&str>) -> Result<HeaderMap, Failure> {
    let secret = key.map(|key| format!("Bearer {key}"));
    headers(secret.as_deref().map(|secret| (AUTHORIZATION, secret)))
}
