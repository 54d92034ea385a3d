//! The event stream of a session.

use std::time::Duration;

use axum::{Extension, extract::State, http::HeaderMap};
use dialect_kit::{Answer, Authed, Params, Query, Streams, sse::Keep};
use domain::{Caller, Position, Result, ThreadId};
use engine::App;
use tokio::time::Instant;

use super::session_of;
use crate::{
    Cycle,
    convert::header_once,
    event_id::EventIds,
    filter::Filter,
    follow::{Follower, From, Session},
    frames, wire,
};

/// Silence after which a comment is sent as a keep-alive. The SDKs close a connection after 45 s.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// Time after a turn's end in which a stream without a position still starts with the turn's message.
const FRESH_US: i64 = 10_000_000;

/// Streams events (SSE). Resumes after the position given by `Last-Event-ID`, `since_id` or `after_sequence`, in this
/// order of precedence. Without a position, it starts with the newest message if its turn is open or ended less than 10
/// s ago, else live.
#[utoipa::path(
    get,
    path = "/v1/sessions/{session_id}/sse",
    operation_id = "stream_sse",
    tag = "events",
    params(
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that the client received"),
        wire::EventQuery,
    ),
    responses((status = 200, description = "Event stream", body = wire::Event, content_type = "text/event-stream")),
)]
pub async fn stream(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    headers: HeaderMap,
    Query(query): Query<wire::EventQuery>,
    streams: Streams,
    Extension(cycle): Extension<Cycle>,
) -> Answer {
    let thread = session_of(&params)?;
    let last_event_id = header_once(&headers, "last-event-id")?.filter(|id| !id.is_empty());
    let cursor = cursor(&app, thread, last_event_id.or(query.since_id.as_deref()), query.after_sequence)?;
    let filter = Filter::new(query.types, query.exclude)?;
    let from = match cursor {
        Some(position) => From::Beyond(position),
        None => newest(&app, &caller, thread).await?,
    };
    let until = Instant::now() + cycle.length(app.clock().id());
    let session = Session { app, caller: caller.clone(), thread };
    let follower = Follower::open(session, from, filter, until).await?;
    let farewell = Some(frames::disconnecting());
    let (watch, keep) = (follower.watch(), Keep { comment: "heartbeat", every: Some(HEARTBEAT), farewell });
    streams.open(&caller, watch, follower.frames(), keep)
}

/// The requested position. A reconnecting SDK sends both fields, and the event's id is the newer one.
fn cursor(app: &App, thread: ThreadId, id: Option<&str>, after: Option<wire::Sequence>) -> Result<Option<Position>> {
    match (id, after) {
        (Some(id), _) => EventIds::new(app, thread).read(id).map(Some),
        (None, Some(after)) => Ok(Some(Position::entry(after.0))),
        (None, None) => Ok(None),
    }
}

/// A client that sends a message and then opens the stream sees the whole turn, even a fast one. A client that opens
/// the stream first does not see the previous turn.
async fn newest(app: &App, caller: &Caller, thread: ThreadId) -> Result<From> {
    let Some(question) = app.newest_question(caller, thread).await? else { return Ok(From::Now) };
    let now = app.clock().now();
    let fresh = question.turn.is_some_and(|(_, state, ended_at)| {
        state.is_open() || ended_at.is_some_and(|ended_at| now.since_us(ended_at) < FRESH_US)
    });
    Ok(if fresh { From::At(question.message.seq) } else { From::Now })
}
