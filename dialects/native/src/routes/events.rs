//! A thread's log: as a list, as a long poll, as a stream.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use dialect_kit::{Answer, Authed, Params, Query, Streams, sse::Keep};
use domain::{
    Caller, Error, Position, Result, ThreadId,
    event::{Entry, Item},
};
use engine::{
    App,
    app::messages::{
        follow::{Reader, Start},
        sift::{Sift, Sifted, Stretch},
    },
};
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, header::ACCEPT};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{open::Open, thread_id, wait};
use crate::{
    convert,
    page::{Asked, Page, PageQuery},
    stream::{self as wire_stream, Types},
    wire,
};

/// The events that are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Only events after this position, which is the `id:` of a stream. `head` means only later events. Absent: all events.
    #[param(example = "12")]
    after: Option<String>,
    /// Only events of these types. The parameter is repeated, or has commas.
    #[param(example = json!(["message.completed", "turn.failed"]))]
    types: Vec<String>,
    /// For a list: the seconds to wait until there is an event.
    #[param(minimum = 0, maximum = 60)]
    wait: Option<u64>,
    /// For a list: 1 to 1,000. Absent: 100.
    limit: Option<i64>,
    /// For a list: `next` of the previous page.
    cursor: Option<String>,
}

/// The header by which a stream is resumed.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only its documentation is used")]
pub struct ResumeHeader {
    /// The last position that the reader has seen. It wins over `after`.
    #[param(rename = "Last-Event-ID", example = "12.57")]
    last_event_id: Option<String>,
}

/// Read a thread's log, as a list or as a stream.
///
/// With `Accept: text/event-stream` the answer is a stream. It goes on until the thread is deleted or the server stops. `id:` is an event's
/// position, `event:` its type. A stream also has `message.delta` events: pieces of a message that the model is still saying.
#[utoipa::path(
    get, path = "/threadline/v1/threads/{thread}/events", operation_id = "list_events", tag = "events",
    params(("thread" = wire::Id, Path), EventsQuery, ResumeHeader),
    responses((status = 200, description = "A page of events, or a stream of events", content(
        (Page<wire::Event> = "application/json"), (wire::Event = "text/event-stream")
    )))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
    open: Open,
) -> Answer {
    let thread = thread_id(&params)?;
    let types = Types::parse(&query.types)?;
    let start = start(&headers, query.after.as_deref())?;
    if wants_stream(&headers) {
        let reader = app.follow(&caller, thread, start).await?;
        return follow(&open.streams, &caller, reader, types);
    }
    let log = Log { app, caller, thread, types };
    let page = log.page(start, query, open).await?;
    Ok(axum::Json(page).into_response())
}

/// # Errors
/// `invalid` for what is no position.
fn start(headers: &HeaderMap, after: Option<&str>) -> Result<Start> {
    let (field, text) = match resumed(headers)? {
        None => ("after", after.unwrap_or("0")),
        Some(text) => ("Last-Event-ID", text),
    };
    match (field, text) {
        ("after", "head") => Ok(Start::Head),
        _ => Position::parse(text)
            .map(Start::Beyond)
            .ok_or_else(|| Error::field(field, "must be a position like `12` or `12.57`")),
    }
}

/// The position of the header by which a stream is resumed.
///
/// # Errors
/// `invalid` if the header is given more than once.
pub(super) fn resumed(headers: &HeaderMap) -> Result<Option<&str>> {
    let mut resumed = headers.get_all("last-event-id").iter();
    match (resumed.next(), resumed.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => Ok(Some(value.to_str().unwrap_or_default())),
        (Some(_), Some(_)) => Err(Error::field("Last-Event-ID", "given more than once")),
    }
}

pub(super) fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|range| {
        range.split(';').next().is_some_and(|range| range.trim().eq_ignore_ascii_case("text/event-stream"))
    })
}

fn follow(streams: &Streams, caller: &Caller, reader: Reader, types: Types) -> Answer<Response> {
    let watch = reader.watch();
    let frames = items(reader)
        .filter(move |item| std::future::ready(types.want(wire_stream::name(item))))
        .map(|item| wire_stream::frame(&item));
    streams.open(caller, watch, frames, Keep::alive("keep-alive"))
}

/// The reader's items until the thread is gone. A failure of the store ends them too: the client resumes by its last id.
fn items(reader: Reader) -> impl Stream<Item = Arc<Item>> + Send + 'static {
    let batches = stream::unfold(reader, async |mut reader| {
        let items = reader.next().await.ok().flatten()?;
        Some((stream::iter(items), reader))
    });
    batches.flatten()
}

/// What of a thread's log is listed.
struct Log {
    app: App,
    caller: Caller,
    thread: ThreadId,
    types: Types,
}

impl Log {
    /// A page at once, or as soon as there is something on it.
    async fn page(&self, start: Start, query: EventsQuery, open: Open) -> Answer<Page<wire::Event>> {
        let wait = wait(&self.app, query.wait)?;
        if self.types.is_only_deltas() {
            return Err(Error::field("types", format!("{} is on streams alone", wire_stream::DELTA)).into());
        }
        let paging = PageQuery { limit: query.limit, cursor: query.cursor };
        let asked: Asked<i64> = Asked::read(&self.app, &self.caller, "events", (self.thread, &self.types), paging)?;
        // Followed before the log is looked at, so that nothing comes in between; and it knows what lies beyond the head.
        let start = asked.from.map_or(start, |seq| Start::Beyond(Position::entry(seq)));
        let mut reader = self.app.follow(&self.caller, self.thread, start).await?;
        let after = reader.position().seq;
        let page = self.read(&asked, after).await?;
        if wait.is_zero() || !page.data.is_empty() || page.next.is_some() {
            return Ok(page);
        }
        let _place = open.streams.place(&self.caller)?;
        open.patience.extend(wait);
        tokio::select! {
            met = self.until_wanted(&mut reader) => met?,
            () = tokio::time::sleep(wait) => {}
            () = open.shutdown.wait() => {}
        }
        Ok(self.read(&asked, after).await?)
    }

    /// A page of the entries above `after` that are wanted. Where not every one is, a bounded number is looked at.
    async fn read(&self, asked: &Asked<i64>, after: i64) -> Result<Page<wire::Event>> {
        let sift = Sift {
            stretch: Stretch::above(after),
            newest_first: false,
            every: self.types.is_all(),
            limit: asked.limit,
            bytes: i64::try_from(self.app.limits().page_bytes).unwrap_or(i64::MAX),
            one_at_least: true,
        };
        let types = self.types.clone();
        let is = move |entry: &Entry| types.want(entry.event.kind());
        let Sifted { entries, rest, .. } = self.app.sift_events(&self.caller, self.thread, sift, is).await?;
        let next = rest.map(|rest| asked.cursor(&(rest.from - 1)));
        Ok(Page { data: entries.into_iter().map(convert::event::entry).collect(), next })
    }

    /// Until the reader meets an entry that is wanted, or the thread is gone.
    ///
    /// # Errors
    /// `unauthenticated` once the caller's credential has died.
    async fn until_wanted(&self, reader: &mut Reader) -> Result<()> {
        let wanted = |item: &Arc<Item>| matches!(&**item, Item::Entry(entry) if self.types.want(entry.event.kind()));
        while let Some(items) = reader.next().await? {
            if items.iter().any(wanted) {
                break;
            }
        }
        Ok(())
    }
}
