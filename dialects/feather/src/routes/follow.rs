//! `/api/v1/threads/{threadId}/stream`.

use std::sync::Arc;

use axum::{extract::State, http::HeaderMap};
use dialect_kit::{Answer, Authed, Frame, Params, Streams, sse::Keep};
use domain::{Caller, Error, MessageId, Position, Result, ThreadId, event::Item};
use engine::{
    App,
    app::{
        handling::presence::Typists,
        messages::follow::{Reader, Start},
    },
};
use futures_util::{Stream, StreamExt, stream};

use super::{last_seen, thread_id};
use crate::{
    live::{Live, typing_frame},
    stream::{RETRY_MS, frame, message},
    wire,
};

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
         description = "A message of this thread; the stream begins after it"),
    ),
    responses((status = 200, description = "SSE stream of new agent messages", body = crate::wire::MessageHead, content_type = "text/event-stream")),
)]
pub async fn stream_messages(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    headers: HeaderMap,
    streams: Streams,
) -> Answer {
    let thread = thread_id(&params)?;
    open_stream(app, caller, thread, last_event_id(&headers)?, wire::Include::default(), streams).await
}

/// The stream of the thread, starting after the message `last` if it is given, with the included events.
pub(super) async fn open_stream(
    app: App,
    caller: Caller,
    thread: ThreadId,
    last: Option<&str>,
    include: wire::Include<wire::Live>,
    streams: Streams,
) -> Answer {
    let start = match last {
        Some(id) => Start::Beyond(Position::entry(last_seen(&app, &caller, thread, "Last-Event-ID", id).await?.seq)),
        None => Start::Head,
    };
    let reader = app.follow(&caller, thread, start).await?;
    let watch = reader.watch();
    let typists = match include.has(wire::Live::Typing) {
        true => Some(app.follow_typists(&caller, thread).await?),
        false => None,
    };
    let (live, first) = match include.is_empty() {
        true => (None, Vec::new()),
        false => {
            let (live, first) = Live::begin(&app, &caller, &reader, thread, include).await?;
            (Some(live), first)
        }
    };
    let given = Vec::new();
    let mut giving = Giving { app, caller: caller.clone(), thread, reader, given, began: false, live, typists };
    let first = giving.begun(first);
    streams.open(&caller, watch, stream::iter(first).chain(giving.frames()), Keep::alive("keep-alive"))
}

/// # Errors
/// `invalid` if it appears twice or is not text.
pub(super) fn last_event_id(headers: &HeaderMap) -> Result<Option<&str>> {
    let refuse = || Error::field("Last-Event-ID", "must be the id of one message");
    let mut values = headers.get_all(LAST_EVENT_ID).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| refuse()),
        (Some(_), Some(_)) => Err(refuse()),
    }
}

/// Sends messages to a reader, and records their delivery.
struct Giving {
    app: App,
    caller: Caller,
    thread: ThreadId,
    reader: Reader,
    /// Sent messages whose delivery is not yet recorded.
    given: Vec<MessageId>,
    /// True if a message or another event was sent.
    began: bool,
    /// For the events beyond the vendor's, if they are included.
    live: Option<Live>,
    /// Those who type, if that is included.
    typists: Option<Typists>,
}

enum Next {
    Items(Vec<Arc<Item>>),
    Typing(Vec<Frame>),
}

impl Giving {
    /// The reader's frames, until the thread is gone. A client whose stream ends early reconnects with the id of its
    /// last message.
    fn frames(self) -> impl Stream<Item = Frame> + Send {
        let batches = stream::unfold(self, |mut giving| async {
            giving.note().await;
            match giving.next().await {
                Ok(None) => None,
                Ok(Some(Next::Items(items))) => Some((giving.take(&items).await, giving)),
                Ok(Some(Next::Typing(typing))) => Some((giving.begun(typing), giving)),
                Err(error) => {
                    tracing::warn!(?error, "a stream ends early: its thread cannot be read");
                    None
                }
            }
        });
        batches.flat_map(stream::iter)
    }

    /// What comes next. Dropping the future loses nothing.
    async fn next(&mut self) -> Result<Option<Next>> {
        let Some(typists) = &mut self.typists else { return Ok(self.reader.next().await?.map(Next::Items)) };
        tokio::select! {
            biased;
            items = self.reader.next() => Ok(items?.map(Next::Items)),
            typing = typists.next() => Ok(Some(Next::Typing(vec![typing_frame(&typing?)]))),
        }
    }

    async fn take(&mut self, items: &[Arc<Item>]) -> Vec<Frame> {
        let (ids, frames): (Vec<_>, Vec<_>) = match &mut self.live {
            Some(live) => live.frames(items).await,
            None => items.iter().filter_map(|item| message(item)).map(|own| (own.id, frame(own))).unzip(),
        };
        self.given.extend(ids);
        self.begun(frames)
    }

    /// The frames, with the delay for reconnects in the very first one.
    fn begun(&mut self, mut frames: Vec<Frame>) -> Vec<Frame> {
        if let Some(first) = frames.first_mut().filter(|_| !self.began) {
            first.retry_ms = Some(RETRY_MS);
            self.began = true;
        }
        frames
    }

    /// A request for more proves that the client got the previous messages. A failure to record it does not end the
    /// stream.
    async fn note(&mut self) {
        let given = std::mem::take(&mut self.given);
        if given.is_empty() {
            return;
        }
        if let Err(error) = self.app.note_delivered(&self.caller, self.thread, given).await {
            tracing::warn!(?error, "the delivery receipts of messages could not be written");
        }
    }
}
