//! Redirects: the request that follows from an answer.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, StatusCode, header};
use url::Url;

use crate::Failure;

/// Headers that carry no secret. All others stay within their origin.
const HARMLESS: [HeaderName; 5] =
    [header::ACCEPT, header::ACCEPT_LANGUAGE, header::CONTENT_TYPE, header::RANGE, header::USER_AGENT];

/// One request of a chain of redirects.
#[derive(Clone)]
pub(crate) struct Hop {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// The target of a redirect, as text. `None` if the answer is no redirect.
pub(crate) fn location(status: StatusCode, headers: &HeaderMap) -> Option<&str> {
    match status.as_u16() {
        301 | 302 | 303 | 307 | 308 => headers.get(header::LOCATION)?.to_str().ok(),
        _ => None,
    }
}

impl Hop {
    /// The request to the redirect's target. The target is not yet checked.
    ///
    /// # Errors
    /// No URL; another origin, unless the request has neither a body nor headers that may carry a secret.
    pub(crate) fn next(self, status: StatusCode, location: &str) -> Result<Self, Failure> {
        let url = self.url.join(location).map_err(|_| Failure::Target("must redirect to a URL"))?;
        let is_foreign = url.origin() != self.url.origin();
        let next = match status.as_u16() {
            303 if self.method != Method::HEAD => self.into_get(),
            301 | 302 if self.method == Method::POST => self.into_get(),
            _ => self,
        };
        let may_leave = next.body.is_empty() && next.headers.keys().all(|name| HARMLESS.contains(name));
        if is_foreign && !may_leave { Err(Failure::ForeignRedirect) } else { Ok(Self { url, ..next }) }
    }

    fn into_get(mut self) -> Self {
        for name in [header::CONTENT_ENCODING, header::CONTENT_LENGTH, header::CONTENT_TYPE] {
            self.headers.remove(name);
        }
        Self { method: Method::GET, body: Bytes::new(), ..self }
    }
}
