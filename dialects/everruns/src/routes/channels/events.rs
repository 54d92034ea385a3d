//! Events of a channel's session, as a list and as a stream.

use axum::{Extension, extract::State, http::HeaderMap, response::Response};
use dialect_kit::{Answer, Authed, Params, Query, Streams};
use domain::{Error, Result};
use engine::{App, app::messages::sift::Stretch};

use super::Channel;
use crate::{
    Cycle,
    follow::Session,
    history::{Filter, History, Writer},
    routes::{session_of, sse},
    wire,
};

/// Default and largest number of events on a page.
const PAGE: u32 = 100;
const PAGE_MAX: u32 = 500;

/// Lists events after a sequence, oldest first. A page with fewer than `limit` events is the last one. The list
/// contains the entries of the session's log, without deltas and derived events. One derived event is listed:
/// `session.idled` follows its entry, with an id, without a sequence, and not counted in `limit`.
#[utoipa::path(
    get, path = "/v1/channels/{channel_id}/sessions/{session_id}/events", operation_id = "list_agent_events", tag = "channels",
    params(
        ("channel_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or the agent's name"),
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        ("End-User" = Option<String>, Header, description = "The person for whom the key's program sends the request"),
        wire::AgentEventsQuery,
    ),
    responses((status = 200, description = "A page of events", body = wire::Listed<wire::Event>)),
)]
pub async fn list(
    State(app): State<App>,
    Channel(caller): Channel,
    params: Params,
    Query(query): Query<wire::AgentEventsQuery>,
) -> Answer<Response> {
    let thread = session_of(&params)?;
    let limit = within("limit", query.limit, PAGE, PAGE_MAX)?;
    let after = query.after_sequence.map_or(0, |after| after.0);
    let first = app.list_events(&caller, thread, after, limit.into()).await?;
    let session = Session { app, caller, thread };
    let mut writer = Writer::new(session.clone(), Filter::default(), false);
    let written = writer.write(&first.rows).await?;
    // Clients take a short page for the last one. A page that ends early for its bytes therefore continues here.
    let left = i64::from(limit) - first.rows.len() as i64;
    let Some(last) = first.rows.last().filter(|_| first.more && left > 0) else {
        return Ok(Writer::page(&written));
    };
    let rest = Stretch { from: last.seq + 1, to: last.seq + left };
    Ok(writer.answer(written, History::new(session, Filter::default(), rest.to).pieces(rest, false)))
}

/// Streams events (SSE), like the stream of a session. Resumes after the position given by `Last-Event-ID`, `since_id`
/// or `after_sequence`, in this order of precedence. Without a position, it starts with the newest message if its turn
/// is open or ended less than 10 s ago, else live.
#[utoipa::path(
    get, path = "/v1/channels/{channel_id}/sessions/{session_id}/sse", operation_id = "stream_agent_events", tag = "channels",
    params(
        ("channel_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or the agent's name"),
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        ("End-User" = Option<String>, Header, description = "The person for whom the key's program sends the request"),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that the client received"),
        wire::EventQuery,
    ),
    responses((status = 200, description = "Event stream", body = wire::Event, content_type = "text/event-stream")),
)]
pub async fn stream(
    state: State<App>,
    Channel(caller): Channel,
    params: Params,
    headers: HeaderMap,
    query: Query<wire::EventQuery>,
    streams: Streams,
    cycle: Extension<Cycle>,
) -> Answer {
    sse::stream(state, Authed(caller), params, headers, query, streams, cycle).await
}

/// # Errors
/// `invalid` for a number outside of 1 to `most`.
pub(super) fn within(name: &str, asked: Option<u32>, usual: u32, most: u32) -> Result<u32> {
    match asked.unwrap_or(usual) {
        limit if (1..=most).contains(&limit) => Ok(limit),
        _ => Err(Error::field(name, format!("must be between 1 and {most}"))),
    }
}
