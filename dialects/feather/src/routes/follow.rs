//! `/api/v1/threads/{threadId}/stream`.

use std::sync::Arc;

use axum::{extract::State, http::HeaderMap};
use dialect_kit::{Answer, Authed, Frame, Params, Streams, sse::Keep};
use domain::{Error, Position, Result, event::Item};
use engine::{
    App,
    app::following::{Reader, Start},
};
use futures_util::{Stream, StreamExt, stream};

use super::{last_seen, thread_id};
use crate::stream::{frame, opening};

const LAST_EVENT_ID: &str = "last-event-id";

#[utoipa::path(
    get,
    path = "/api/v1/threads/{threadId}/stream",
    tag = "SMS Threads",
    operation_id = "streamThreadMessages",
    summary = "Stream new web chat thread messages",
    description = "Server-Sent Events stream for new outbound agent messages on a web chat thread. Load history separately \
                   via GET /api/v1/threads/{threadId}/messages.",
    params(
        ("threadId" = String, Path, format = "uuid"),
        ("Last-Event-ID" = Option<String>, Header, format = "uuid", nullable = false,
         description = "A message of this thread: the stream begins with what came after it"),
    ),
    responses((status = 200, description = "SSE stream of new agent messages", body = String, content_type = "text/event-stream")),
)]
pub async fn stream_messages(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    headers: HeaderMap,
    streams: Streams,
) -> Answer {
    let thread = thread_id(&params)?;
    let start = match last_event_id(&headers)? {
        Some(id) => Start::Beyond(Position::entry(last_seen(&app, &caller, thread, "Last-Event-ID", id).await?.seq)),
        None => Start::Head,
    };
    let reader = app.follow(&caller, thread, start).await?;
    streams.open(frames(reader), Keep::alive("keep-alive"))
}

/// # Errors
/// `invalid` when it stands twice or is not text.
fn last_event_id(headers: &HeaderMap) -> Result<Option<&str>> {
    let refuse = || Error::field("Last-Event-ID", "must be the id of one message");
    let mut values = headers.get_all(LAST_EVENT_ID).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| refuse()),
        (Some(_), Some(_)) => Err(refuse()),
    }
}

/// The opening, then what the reader finds, until the thread is gone. A client whose stream breaks off comes back with the
/// id of the last message that it has got.
fn frames(reader: Reader) -> impl Stream<Item = Frame> + Send {
    let batches = stream::unfold(reader, |mut reader| async {
        match reader.next().await {
            Ok(items) => items.map(|items| (items, reader)),
            Err(error) => {
                tracing::warn!(?error, "a stream ends early: its thread cannot be read");
                None
            }
        }
    });
    let messages =
        batches.flat_map(|items: Vec<Arc<Item>>| stream::iter(items).filter_map(|item| async move { frame(&item) }));
    stream::iter([opening()]).chain(messages)
}
