//! Events of a channel's session, as they happened and as they happen.

use axum::{Extension, extract::State, http::HeaderMap};
use dialect_kit::{Answer, Authed, Params, Query, Streams};
use domain::{Error, Result};
use engine::App;

use super::Channel;
use crate::{
    Cycle,
    event_id::EventIds,
    follow::{Memory, Session},
    routes::{session_of, sse},
    stream as told, wire,
};

/// Events of a page when the request does not say, and at most.
const PAGE: u32 = 100;
const PAGE_MAX: u32 = 500;

/// Lists events behind a sequence, oldest first, the last page when it has less than `limit`: entries of the session's log, without pieces of text and what only follows from
/// an entry.
#[utoipa::path(
    get, path = "/v1/channels/{channel_id}/sessions/{session_id}/events", operation_id = "list_agent_events", tag = "channels",
    params(
        ("channel_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or the agent's name"),
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        ("End-User" = Option<String>, Header, description = "For whom the key's program asks"),
        wire::AgentEventsQuery,
    ),
    responses((status = 200, description = "A page of events", body = wire::Listed<wire::Event>)),
)]
pub async fn list(
    State(app): State<App>,
    Channel(caller): Channel,
    params: Params,
    Query(query): Query<wire::AgentEventsQuery>,
) -> Answer<axum::Json<wire::Listed<wire::Event>>> {
    let thread = session_of(&params)?;
    let limit = within("limit", query.limit, PAGE, PAGE_MAX)?;
    let after = query.after_sequence.map_or(0, |after| after.0);
    let entries = app.list_events(&caller, thread, after, limit.into()).await?;
    let event_ids = EventIds::new(&app, thread);
    let (session, mut memory) = (Session { app, caller, thread }, Memory::default());
    let mut data = Vec::with_capacity(entries.len());
    for entry in &entries {
        let around = memory.around(&session, entry).await?;
        data.push(told::event(told::own(entry, &around), thread, &event_ids));
    }
    Ok(axum::Json(wire::Listed { data }))
}

/// Streams events (SSE), as the sessions' own stream does. Resumes behind the position given by `Last-Event-ID`, `since_id` or
/// `after_sequence`, in this order of precedence. Without one it begins with the newest message if its turn is open or ended
/// less than 10 s ago, else live.
#[utoipa::path(
    get, path = "/v1/channels/{channel_id}/sessions/{session_id}/sse", operation_id = "stream_agent_events", tag = "channels",
    params(
        ("channel_id" = String, Path, description = "`agent_` and 32 hex digits, the plain UUID, or the agent's name"),
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        ("End-User" = Option<String>, Header, description = "For whom the key's program asks"),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen"),
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
/// `invalid` beyond 1 to `most`.
pub(super) fn within(name: &str, asked: Option<u32>, usual: u32, most: u32) -> Result<u32> {
    match asked.unwrap_or(usual) {
        limit if (1..=most).contains(&limit) => Ok(limit),
        _ => Err(Error::field(name, format!("must be between 1 and {most}"))),
    }
}
