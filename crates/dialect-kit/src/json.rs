//! JSON bodies: checked strictly as bytes, then decoded, with the invalid field named.

use std::ops::Deref;

use axum::{
    body::Body,
    extract::{FromRequest, OptionalFromRequest, Request},
};
use bytes::Bytes;
use domain::{Caller, Error, Limits, caller::Subject};
use engine::Fingerprint;
use http::{HeaderMap, header, request::Parts};
use serde::de::DeserializeOwned;

pub use crate::decode::not_null;
use crate::{
    Fault,
    account::Account,
    body::{self},
    decode,
    edge::Edge,
    fingerprint, strict, values,
};

/// A larger body is decoded on its own thread, so that it does not delay others.
const INLINE_BYTES: usize = 262_144;

/// A JSON body of at most `body_bytes`. An extractor. `Option<Json<T>>` is `None` for a request with no or an empty
/// body, whatever its content type.
///
/// Errors: 415 for another content type or charset, 413 for more bytes or more than `json_values` values, 503 without
/// room in memory, 408, `invalid_json`, `invalid_parameter`.
#[derive(Clone, Debug)]
pub struct Json<T> {
    pub value: T,
    pub source: Source,
}

/// Like [`Json`], of at most `files_body_bytes`, for bodies that contain files as base64. For a guest or a customer,
/// who may not send files, the limit is `body_bytes`.
#[derive(Clone, Debug)]
pub struct FilesJson<T> {
    pub value: T,
    pub source: Source,
}

/// The sent request, for comparison with a repeated one.
#[derive(Clone, Debug)]
pub struct Source {
    bytes: Bytes,
    path_and_query: Box<str>,
    depth: u64,
}

impl Source {
    /// The fingerprint for an origin key: the operation, the path and query, and the body with its keys in any order.
    /// The body is read a second time, because few requests have a key, and the others should not pay for it.
    pub fn fingerprint(&self, operation: &str) -> Fingerprint {
        fingerprint::with_body(operation, &self.path_and_query, self.body())
    }

    /// The fingerprint for a client's own id of a message. It is the same for any path and query that carry the body.
    pub fn fingerprint_of_body(&self, operation: &str) -> Fingerprint {
        fingerprint::with_body(operation, "", self.body())
    }

    /// `None` if the body was empty.
    fn body(&self) -> Option<strict::Checked<'_>> {
        strict::check(&self.bytes, self.depth).ok()
    }
}

impl<T: DeserializeOwned + Send + 'static, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        let (value, source) = decode_request(request, body_bytes).await?;
        Ok(Self { value, source })
    }
}

impl<T: DeserializeOwned + Send + 'static, S: Sync> FromRequest<S> for FilesJson<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        let (value, source) = decode_request(request, files_bytes).await?;
        Ok(Self { value, source })
    }
}

impl<T: DeserializeOwned + Send + 'static, S: Sync> OptionalFromRequest<S> for Json<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Option<Self>, Fault> {
        let (parts, body) = request.into_parts();
        // The end of a chunked body is needed to know that it is empty.
        let source = read(&parts, body, body_bytes).await?;
        if source.bytes.is_empty() {
            return Ok(None);
        }
        require_json(&parts.headers)?;
        Ok(Some(Self { value: decode_source(&source).await?, source }))
    }
}

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

async fn decode_request<T: DeserializeOwned + Send + 'static>(
    request: Request,
    max: fn(&Parts) -> u64,
) -> Result<(T, Source), Fault> {
    let (parts, body) = request.into_parts();
    require_json(&parts.headers)?;
    let source = read(&parts, body, max).await?;
    Ok((decode_source(&source).await?, source))
}

fn body_bytes(head: &Parts) -> u64 {
    Edge::of(&head.extensions).limits.body_bytes
}

/// A guest or a customer may not send files.
fn files_bytes(head: &Parts) -> u64 {
    let sends_none = |caller: &Caller| matches!(caller.subject, Subject::Thread(_) | Subject::Customer(_));
    match head.extensions.get().is_some_and(sends_none) {
        true => body_bytes(head),
        false => Edge::of(&head.extensions).limits.files_body_bytes,
    }
}

/// Highest memory cost of decoding a value, beside its bytes: `{}` becomes a struct of optional fields, in a list that
/// is moved as it grows.
const COST_OF_VALUE: u64 = 320;

async fn read(parts: &Parts, body: Body, max: fn(&Parts) -> u64) -> Result<Source, Fault> {
    let limits = &Edge::of(&parts.extensions).limits;
    let bytes = body::read(body, parts, max(parts)).await?;
    let values = within_values(&bytes, limits)?;
    Account::of(&parts.extensions).charge(values * COST_OF_VALUE)?;
    Ok(Source { bytes, path_and_query: path_and_query(parts), depth: limits.json_depth })
}

/// The number of values in the body that will be decoded. Zero for a too deeply nested body, which the reader refuses
/// first.
fn within_values(bytes: &[u8], limits: &Limits) -> Result<u64, Error> {
    let (found, max) = (values::count(bytes), limits.json_values);
    match found.depth > limits.json_depth {
        true => Ok(0),
        false if found.values <= max => Ok(found.values),
        false => Err(Error::too_large(format!("The body has more than {max} values"))),
    }
}

async fn decode_source<T: DeserializeOwned + Send + 'static>(source: &Source) -> Result<T, Error> {
    if source.bytes.len() <= INLINE_BYTES {
        return decode_bytes(source);
    }
    let source = source.clone();
    tokio::task::spawn_blocking(move || decode_bytes(&source)).await.map_err(Error::internal)?
}

fn decode_bytes<T: DeserializeOwned>(source: &Source) -> Result<T, Error> {
    decode::typed(strict::check(&source.bytes, source.depth)?)
}

pub(crate) fn path_and_query(parts: &Parts) -> Box<str> {
    parts.uri.path_and_query().map_or(parts.uri.path(), |both| both.as_str()).into()
}

/// The memory that decoding takes at most, with these bytes.
pub fn cost(bytes: &[u8]) -> u64 {
    bytes.len() as u64 * (1 + body::COST_OF_BYTE) + values::count(bytes).values * COST_OF_VALUE
}

/// Decodes strict JSON from bytes, for bodies with any content type.
///
/// # Errors
/// `invalid_json` or `invalid_parameter`; `payload_too_large` for more than `json_values` values.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, Error> {
    within_values(bytes, limits)?;
    decode::typed(strict::check(bytes, limits.json_depth)?)
}

/// # Errors
/// `unsupported` unless the content type is JSON (`application/json`, `application/…+json`) in UTF-8, not compressed.
pub fn require_json(headers: &HeaderMap) -> Result<(), Error> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let one = values.next().filter(|_| values.next().is_none()).and_then(|value| value.to_str().ok());
    let Some((essence, parameters)) = one.map(|value| value.split_once(';').unwrap_or((value, ""))) else {
        return Err(Error::unsupported("The content type must be application/json"));
    };
    let essence = essence.trim().to_ascii_lowercase();
    let json = essence.strip_prefix("application/").is_some_and(|kind| kind == "json" || kind.ends_with("+json"));
    if !json {
        return Err(Error::unsupported("The content type must be application/json"));
    }
    if !parameters.split(';').all(is_harmless) {
        return Err(Error::unsupported("The charset must be utf-8"));
    }
    match headers.get(header::CONTENT_ENCODING).is_none_or(|value| value == "identity") {
        true => Ok(()),
        false => Err(Error::unsupported("The body must not be compressed")),
    }
}

fn is_harmless(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let value = value.trim().trim_matches('"');
    !name.trim().eq_ignore_ascii_case("charset")
        || value.eq_ignore_ascii_case("utf-8")
        || value.eq_ignore_ascii_case("utf8")
}

#[cfg(test)]
mod tests {
    use domain::codes;
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;
    use crate::Given;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only what is refused matters here")]
    struct Send {
        message: Message,
        #[serde(default, deserialize_with = "not_null")]
        title: Option<String>,
        #[serde(default)]
        limit: Option<u8>,
        #[serde(default)]
        tags: Vec<String>,
        #[serde(default)]
        pair: Option<(u8, u8)>,
        #[serde(default)]
        mode: Option<Mode>,
        #[serde(default)]
        reminder: Given<i64>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only what is refused matters here")]
    struct Message {
        content: Vec<Part>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "type", rename_all = "snake_case")]
    #[allow(dead_code, reason = "only what is refused matters here")]
    enum Part {
        Text { text: String },
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Mode {
        Queue,
        Interrupt,
    }

    fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
        from_bytes(value.to_string().as_bytes(), &Limits::default())
    }

    fn with(field: &str, value: Value) -> Value {
        let mut body = json!({"message": {"content": [{"type": "text", "text": "x"}]}});
        body[field] = value;
        body
    }

    #[test]
    fn the_field_at_fault_is_named() {
        let text = |text: Value| with("message", json!({"content": [{"type": "text", "text": "x"}, text]}));
        for (body, path, message) in [
            (json!({}), "message", "required"),
            (json!({"message": {}}), "message.content", "required"),
            (with("message", json!(null)), "message", "expected an object, got null"),
            (with("message", json!(["x"])), "message", "expected an object, got an array"),
            (with("message", json!("x")), "message", "expected an object, got a string"),
            (text(json!({"type": "text"})), "message.content.1.text", "required"),
            (text(json!({"type": "audio"})), "message.content.1.type", "expected one of text"),
            (text(json!(["text", "x"])), "message.content.1", "expected an object, got an array"),
            (text(json!({"text": "x"})), "message.content.1.type", "required"),
            (with("extra", json!(1)), "extra", "unknown field"),
            (with("title", json!(null)), "title", "expected a string, got null"),
            (with("title", json!(1)), "title", "expected a string, got an integer"),
            (with("limit", json!("1")), "limit", "expected an integer from 0 to 255, got a string"),
            (with("limit", json!(1.5)), "limit", "expected an integer from 0 to 255, got a fraction"),
            (with("limit", json!(256)), "limit", "expected an integer from 0 to 255"),
            (with("limit", json!(-1)), "limit", "expected an integer from 0 to 255"),
            (with("limit", json!(true)), "limit", "expected an integer from 0 to 255, got a boolean"),
            (with("tags", json!({})), "tags", "expected an array, got an object"),
            (with("tags", json!(["a", 1])), "tags.1", "expected a string, got an integer"),
            (with("pair", json!([1, 2, 3])), "pair", "expected 2 elements, got 3 elements"),
            (with("mode", json!("later")), "mode", "expected one of queue, interrupt"),
            (with("mode", json!(true)), "mode", "expected a string, got a boolean"),
            (with("mode", json!({"queue": null})), "mode", "expected a string, got an object"),
        ] {
            let shown = body.to_string();
            let error = from_value::<Send>(body).expect_err(&shown);
            assert_eq!(error.code, codes::INVALID_PARAMETER, "{shown}");
            let field = error.fields.first().unwrap_or_else(|| panic!("{shown}: {error:?} names no field"));
            assert_eq!((field.path.as_str(), field.message.as_str()), (path, message), "{shown}");
        }
    }

    #[test]
    fn absent_and_null_are_told_apart() {
        let read = |body: Value| from_value::<Send>(body).unwrap();
        assert_eq!(read(with("tags", json!([]))).reminder, Given::Absent);
        assert_eq!(read(with("reminder", json!(null))).reminder, Given::Null);
        assert_eq!(read(with("reminder", json!(5))).reminder, Given::Value(5));
        assert!(matches!(read(with("mode", json!("interrupt"))).mode, Some(Mode::Interrupt)));
    }

    #[test]
    fn what_a_client_sent_is_never_echoed_at_length() {
        let error = from_value::<Send>(with(&"k".repeat(100_000), json!(1))).expect_err("unknown");
        assert!(error.message.len() < 200, "{} bytes", error.message.len());
    }

    #[test]
    fn only_json_in_utf8_is_a_json_content_type() {
        let check = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
            require_json(&headers).is_ok()
        };
        for good in [
            "application/json",
            "Application/JSON; Charset=UTF-8",
            "application/json;charset=\"utf-8\"",
            "application/merge-patch+json",
            "application/json; profile=x",
        ] {
            assert!(check(good), "{good}");
        }
        for bad in ["", "text/plain", "application/jsonp", "text/json", "application/json; charset=latin1", "json"] {
            assert!(!check(bad), "{bad}");
        }
        assert!(require_json(&HeaderMap::new()).is_err());
    }
}
