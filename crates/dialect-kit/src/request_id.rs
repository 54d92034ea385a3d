//! Request ids, by which a request is found in the log.

use std::{convert::Infallible, sync::Arc};

use axum::extract::FromRequestParts;
use engine::Clock;
use http::{HeaderMap, HeaderName, HeaderValue, request::Parts};

pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A request's id, on the answer and on every log line: the client's own if it is well-formed, else a UUIDv7. An
/// extractor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    pub(crate) fn of(headers: &HeaderMap, clock: &Clock) -> Self {
        let sent = headers.get(HEADER).and_then(|value| value.to_str().ok()).filter(|text| is_sane(text));
        match sent {
            Some(text) => Self(text.into()),
            None => Self(clock.id().to_string().into()),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("a request id is visible ASCII")
    }
}

/// Tests for 1–64 characters that cannot break a log line or a header.
fn is_sane(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().expect("the doors put it into every request"))
    }
}
