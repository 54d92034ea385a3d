//! Pages of other origins: those that may send requests, and those that may read answers (CORS, in the Fetch standard).

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{extract::FromRequestParts, response::Response};
use domain::Error;
use http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};

/// The source of the origins whose pages may read answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// The origins of the caller's project.
    ByProject,
    /// The operation itself, by [`Origin::allow`].
    ByOperation,
}

/// The origin of the requesting page. An extractor.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Absent without a page, and for a page of this server.
    text: Option<Arc<str>>,
    allowed: Arc<AtomicBool>,
}

/// Headers that pages may send.
const REQUEST_HEADERS: &str = "authorization, content-type, idempotency-key, if-match, if-none-match, if-range, last-event-id, range, x-request-id";
/// Headers of answers that pages may read.
const RESPONSE_HEADERS: &str = "x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, \
     idempotent-replayed, x-threadline-ignored, x-threadline-quota";
/// Seconds for which a browser may cache a preflight.
const MAX_AGE_S: &str = "600";

impl Origin {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        // Pages cannot set this header. A page of this server reads its answers in any case.
        if headers.get("sec-fetch-site").is_some_and(|site| site.as_bytes() == b"same-origin") {
            return Self { text: None, allowed: Arc::default() };
        }
        let mut values = headers.get_all(header::ORIGIN).iter();
        let text = match (values.next(), values.next()) {
            (None, _) => None,
            (Some(value), None) => Some(value.to_str().unwrap_or("null")),
            // It is unclear which page is meant, so it counts as an origin that nobody lists.
            (Some(_), Some(_)) => Some("null"),
        };
        Self { text: text.map(Into::into), allowed: Arc::default() }
    }

    pub(crate) fn in_request(extensions: &Extensions) -> Self {
        extensions.get::<Self>().cloned().unwrap_or_else(|| Self { text: None, allowed: Arc::default() })
    }

    /// In the form of browsers: `https://shop.example.com`.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Lets the page read the answer, errors included.
    pub fn allow(&self) {
        self.allowed.store(true, Ordering::Relaxed);
    }

    /// Tells the browser whether the page may read the answer.
    pub(crate) fn mark(&self, response: &mut Response) {
        let Some(origin) = self.text.as_deref().filter(|_| self.allowed.load(Ordering::Relaxed)) else { return };
        let Ok(origin) = HeaderValue::from_str(origin) else { return };
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(RESPONSE_HEADERS));
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }

    /// The answer to a preflight request.
    pub(crate) fn preflight(methods: &[Method]) -> Response {
        let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        if let Ok(methods) = HeaderValue::from_str(&names.join(", ")) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(REQUEST_HEADERS));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE_S));
        response
    }

    pub(crate) fn refused(&self) -> Error {
        Error::origin_not_allowed(self.text().unwrap_or_default())
    }
}

/// Tells whether the request is a preflight.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

impl<S: Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::in_request(&parts.extensions))
    }
}
