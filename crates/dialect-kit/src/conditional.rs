//! Conditional reads: 304 for a client whose copy is current (RFC 9110, sections 8.8.3 and 13.1.2).

use std::{convert::Infallible, fmt::Write};

use axum::{
    Json,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The tag of one state of a resource. Two states never have the same tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// Makes a tag from everything that distinguishes this state: the ids, the position in the log, the query.
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

    /// Makes a tag of a state that only a log position distinguishes from others of the same `parts`.
    /// [`IfNoneMatch::position`] reads the position back.
    pub fn at(position: i64, parts: &[&[u8]]) -> Self {
        let at = position.to_be_bytes();
        let Self(rest) = Self::of(&[&[&at[..]], parts].concat());
        Self(format!("\"{position:x}-{}", &rest[1..]))
    }

    fn position(text: &str) -> Option<i64> {
        let (position, _) = text.strip_prefix('"')?.split_once('-')?;
        i64::from_str_radix(position, 16).ok()
    }

    fn value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("hex digits in quotes")
    }
}

/// The tags in `If-None-Match`. An extractor; without the header, there are none.
#[derive(Clone, Debug, Default)]
pub struct IfNoneMatch(Vec<String>);

impl IfNoneMatch {
    pub fn has(&self, tag: &ETag) -> bool {
        self.0.iter().any(|own| own == "*" || strong(own) == tag.0)
    }

    /// The position of the client's copy. `tag` makes the tag of a position.
    pub fn position(&self, tag: impl Fn(i64) -> ETag) -> Option<i64> {
        let read = |own: &String| ETag::position(strong(own)).filter(|position| tag(*position).0 == strong(own));
        self.0.iter().find_map(read)
    }
}

/// The result of a file's conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// The file is sent.
    Wanted,
    /// The client's copy is current.
    Unchanged,
    /// The client requires another state.
    Another,
}

/// Evaluates `If-Match`, then `If-None-Match`, for the resource with `tag` (RFC 9110, section 13.2.2). An unreadable
/// tag matches nothing.
pub(crate) fn judge(headers: &HeaderMap, tag: &str) -> Judged {
    let listed = |name: HeaderName| {
        let values = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
        values.flat_map(|value| value.split(',')).map(str::trim)
    };
    let is_asked = headers.contains_key(header::IF_MATCH);
    if is_asked && !listed(header::IF_MATCH).any(|own| own == "*" || own == tag) {
        return Judged::Another;
    }
    match listed(header::IF_NONE_MATCH).any(|own| own == "*" || strong(own) == tag) {
        true => Judged::Unchanged,
        false => Judged::Wanted,
    }
}

/// The tag without the mark of a weak tag, which has no meaning here.
fn strong(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    /// An unreadable tag matches nothing.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let values = parts.headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        Ok(Self(values.flat_map(|value| value.split(',')).map(|tag| tag.trim().to_owned()).collect()))
    }
}

/// 200 with the body and its tag, or 304 for a client with a current copy.
pub struct Conditional<T> {
    tag: ETag,
    body: Option<T>,
}

impl<T> Conditional<T> {
    /// The body of this state.
    pub fn whole(tag: ETag, body: T) -> Self {
        Self { tag, body: Some(body) }
    }

    /// The client's copy is current.
    pub fn unchanged(tag: ETag) -> Self {
        Self { tag, body: None }
    }
}

impl<T: Serialize> IntoResponse for Conditional<T> {
    fn into_response(self) -> Response {
        let headers = [(header::ETAG, self.tag.value())];
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
    }

    #[tokio::test]
    async fn the_position_that_the_client_had_is_read_in_its_tag() {
        let tag = |position: i64| ETag::at(position, &[b"a"]);
        let own = tag(26).0;
        assert!(own.starts_with("\"1a-"), "{own}");
        for values in [vec![own.as_str()], vec!["*", "\"x\"", &format!("W/{own}")]] {
            assert_eq!(given(&values).await.position(tag), Some(26), "{values:?}");
        }
        let of_other = ETag::at(26, &[b"b"]).0;
        for value in [&of_other, "*", "", "\"-\"", &own[..20], &own.replace("1a-", "1b-"), &ETag::of(&[b"a"]).0] {
            assert_eq!(given(&[value]).await.position(tag), None, "{value}");
        }
    }
}
