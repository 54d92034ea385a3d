//! Conditional reads: a client that has the answer already is told so (RFC 9110, sections 8.8.3 and 13.1.2).

use std::{convert::Infallible, fmt::Write};

use axum::{
    Json,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What one state of a resource is known by. Two states never have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// Of everything that tells this state from every other: the ids, the position in the log, the query.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut text = String::from("\"");
        for byte in &hash.finalize()[..16] {
            write!(text, "{byte:02x}").expect("a text takes what is written");
        }
        text.push('"');
        Self(text)
    }

    fn value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("hex digits in quotes")
    }
}

/// What the client has already, by `If-None-Match`. An extractor; without the header the client has nothing.
#[derive(Clone, Debug, Default)]
pub struct IfNoneMatch(Vec<String>);

impl IfNoneMatch {
    /// Whether the client has anything: if not, nothing need be looked up to answer it whole.
    pub fn is_given(&self) -> bool {
        !self.0.is_empty()
    }

    pub fn has(&self, tag: &ETag) -> bool {
        self.0.iter().any(|own| own == "*" || own.strip_prefix("W/").unwrap_or(own) == tag.0)
    }
}

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    /// What cannot be read is the tag of nothing.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let values = parts.headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        Ok(Self(values.flat_map(|value| value.split(',')).map(|tag| tag.trim().to_owned()).collect()))
    }
}

/// 200 with the body and its tag, or 304 for a client that has it.
pub struct Conditional<T> {
    tag: ETag,
    body: Option<T>,
}

impl<T> Conditional<T> {
    /// The body, which is this state's.
    pub fn whole(tag: ETag, body: T) -> Self {
        Self { tag, body: Some(body) }
    }

    /// The client has it.
    pub fn unchanged(tag: ETag) -> Self {
        Self { tag, body: None }
    }
}

impl<T: Serialize> IntoResponse for Conditional<T> {
    fn into_response(self) -> Response {
        // A cache may keep it, and has to ask each time whether it still holds.
        let headers =
            [(header::ETAG, self.tag.value()), (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"))];
        match self.body {
            Some(body) => (headers, Json(body)).into_response(),
            None => (StatusCode::NOT_MODIFIED, headers).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    async fn given(values: &[&str]) -> IfNoneMatch {
        let mut request = Request::builder();
        for value in values {
            request = request.header(header::IF_NONE_MATCH, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let Ok(given) = IfNoneMatch::from_request_parts(&mut parts, &()).await;
        given
    }

    #[tokio::test]
    async fn a_tag_is_found_among_those_that_the_client_has() {
        let tag = ETag::of(&[b"a", b"b"]);
        assert_ne!(tag, ETag::of(&[b"ab", b""]));
        let own = tag.0.clone();
        for values in
            [vec![own.as_str()], vec!["*"], vec![&format!("W/{own}")], vec!["\"x\"", &format!("\"y\" , {own}")]]
        {
            assert!(given(&values).await.has(&tag), "{values:?}");
        }
        for values in [vec![], vec![""], vec!["\"\""], vec![own.trim_matches('"')], vec![&own[..20]]] {
            assert!(!given(&values).await.has(&tag), "{values:?}");
        }
        assert!(!given(&[]).await.is_given() && given(&["\"x\""]).await.is_given());
    }
}
