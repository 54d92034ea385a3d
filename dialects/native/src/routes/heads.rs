//! Heads that move, as a long poll and as a stream.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use dialect_kit::{Answer, Authed, Frame, Query, Spellings, Streams, sse::Keep};
use domain::{Caller, Error, Result, ThreadId, Timestamp, thread::Thread};
use engine::{
    App,
    app::threads::heads::{Heads, Moved},
};
use futures_util::{StreamExt, stream};
use http::HeaderMap;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    events::{ResumeHeader, resumed, wants_stream},
    open::Open,
    wait,
};
use crate::{
    convert,
    wire::{self, HeadMoved, Id},
};

/// The position from which heads are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ChangesQuery {
    /// Only heads that moved after this position: `next` of a poll, or `id:` of a stream. Absent: from now on.
    #[param(example = "1760000000000000")]
    after: Option<String>,
    /// For a poll: the seconds to wait until a head moves.
    #[param(minimum = 0, maximum = 60)]
    wait: Option<u64>,
}

/// Follow the threads that move.
///
/// A poll answers with the heads that moved after `after`, each as it is now. With `Accept: text/event-stream` the answer is a stream. Its
/// events are `thread`, `gone` for a deleted thread, and `reset` if too much has moved: then read your lists again. `id:` is the position
/// for `Last-Event-ID`. A head can come more than once. The order of heads is that of their newest entries.
#[utoipa::path(
    get, path = "/threadline/v1/threads/changes", operation_id = "follow_threads", tag = "threads",
    params(ChangesQuery, ResumeHeader),
    responses((status = 200, description = "Heads that moved, or a stream of them", content(
        (wire::Changes = "application/json"), (wire::HeadMoved = "text/event-stream")
    )))
)]
pub async fn changes(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    Query(query): Query<ChangesQuery>,
    headers: HeaderMap,
    open: Open,
) -> Answer {
    let after = match resumed(&headers)? {
        Some(text) => Some(position("Last-Event-ID", text)?),
        None => query.after.as_deref().map(|text| position("after", text)).transpose()?,
    };
    let heads = app.follow_heads(&caller, after).await?;
    if wants_stream(&headers) {
        return follow(&open.streams, &caller, Feed { app, spellings }, heads);
    }
    let changes = poll(Feed { app, spellings }, &caller, heads, after.is_some(), query, open).await?;
    Ok(axum::Json(changes).into_response())
}

/// # Errors
/// `invalid` for what is no position.
fn position(field: &str, text: &str) -> Result<Timestamp> {
    let us = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    us.map(Timestamp).ok_or_else(|| Error::field(field, "must be a position like `1760000000000000`"))
}

/// What shows heads.
struct Feed {
    app: App,
    spellings: Spellings,
}

impl Feed {
    async fn shown(&self, heads: Vec<Thread>) -> Result<Vec<wire::Thread>> {
        let (beside, now) = (self.app.beside_threads(&heads).await?, self.app.clock().now());
        let show = |(head, beside)| convert::thread::thread(head, now, beside, &self.spellings);
        Ok(heads.into_iter().zip(beside).map(show).collect())
    }
}

async fn poll(
    feed: Feed,
    caller: &Caller,
    mut heads: Heads,
    is_resumed: bool,
    query: ChangesQuery,
    open: Open,
) -> Answer<wire::Changes> {
    let wait = wait(&feed.app, query.wait)?;
    let mut moved = if is_resumed { heads.now().await? } else { Moved::default() };
    if !wait.is_zero() && moved == Moved::default() {
        let _place = open.streams.place(caller)?;
        open.patience.extend(wait);
        tokio::select! {
            next = heads.next() => moved = next?,
            () = tokio::time::sleep(wait) => {}
            () = open.shutdown.wait() => {}
        }
    }
    let Moved { heads: threads, gone, reset } = moved;
    let threads = feed.shown(threads).await?;
    let gone = gone.into_iter().map(|id| Id(id.0)).collect();
    Ok(wire::Changes { threads, gone, reset, next: heads.position().0.to_string() })
}

fn follow(streams: &Streams, caller: &Caller, feed: Feed, heads: Heads) -> Answer<Response> {
    let watch = heads.watch();
    let batches = stream::unfold((feed, heads), async |(feed, mut heads)| {
        let Moved { heads: threads, gone, reset } = heads.next().await.ok()?;
        let threads = feed.shown(threads).await.ok()?;
        let thread = |thread| ("thread", HeadMoved { thread: Some(thread), ..HeadMoved::default() });
        let no_more = |id: ThreadId| ("gone", HeadMoved { gone: Some(Id(id.0)), ..HeadMoved::default() });
        let reset = reset.then(|| ("reset", HeadMoved { reset: Some(true), ..HeadMoved::default() }));
        let events = threads.into_iter().map(thread).chain(gone.into_iter().map(no_more)).chain(reset);
        let mut frames: Vec<Frame> = events.map(|(event, moved)| frame(event, &moved)).collect();
        // A client that has read a part of them is told all again.
        if let Some(last) = frames.last_mut() {
            last.id = Some(heads.position().0.to_string());
        }
        Some((stream::iter(frames), (feed, heads)))
    });
    streams.open(caller, watch, batches.flatten(), Keep::alive("keep-alive"))
}

fn frame(event: &'static str, moved: &HeadMoved) -> Frame {
    let data = serde_json::to_string(moved).expect("its keys are texts, and it holds no map of others");
    Frame { event: Some(event.into()), data: Some(data), ..Frame::default() }
}
