//! Streams large pages piece by piece, each after the client has read the one before.

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use domain::{Error, Result};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use serde::Serialize;

/// 200 with `{"<name>":[…],"total":…}`: first the given items, then those of the pieces.
pub fn page<T: Serialize + 'static>(
    name: &str,
    first: &[T],
    rest: impl Stream<Item = Result<Vec<T>>> + Send + 'static,
    total: i64,
) -> Response {
    let open = stream::iter([Ok(Bytes::from(format!("{{{}:[{}", json(name), items(first))))]);
    let rest = rest.map_ok(|piece| match piece.is_empty() {
        true => Bytes::new(),
        // The page has more than its first items.
        false => Bytes::from(format!(",{}", items(&piece))),
    });
    let close = stream::iter([Ok(Bytes::from(format!("],\"total\":{total}}}")))]);
    let body = open.chain(rest).chain(close);
    let body = body.inspect_err(|error: &Error| tracing::error!(?error, "a page ended early"));
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(body)).into_response()
}

fn items<T: Serialize>(all: &[T]) -> String {
    all.iter().map(json).collect::<Vec<_>>().join(",")
}

fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("what goes over the wire has text for its keys")
}
