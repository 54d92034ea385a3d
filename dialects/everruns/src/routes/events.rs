//! The stored events of a session.

use axum::{extract::State, response::Response};
use dialect_kit::{Answer, Authed, Params, Query};
use engine::App;
use http::{HeaderName, HeaderValue};

use super::session_of;
use crate::{
    follow::Session,
    history::{Asked, Filter, History, Writer},
    wire,
};

/// The total number of the session's events, given with partial lists.
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");
/// True if the log may contain further events of a list that ended at its limit of events or bytes.
const MORE: HeaderName = HeaderName::from_static("x-has-more");

/// Lists a session's events, oldest first. The list contains the entries of the session's log, without deltas and
/// derived events. One derived event is listed: `session.idled` follows its entry, with an id, without a sequence, and
/// not counted in `limit`.
///
/// With `limit` or `around`, the list ends at 4 MiB at the latest, after at least one event (limit `page_bytes`).
/// `X-Has-More` then tells whether the log continues. Without both, the list contains all events.
#[utoipa::path(
    get, path = "/v1/sessions/{session_id}/events", operation_id = "list_events", tag = "events",
    params(
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        wire::EventsQuery,
    ),
    responses((
        status = 200, description = "List of events", body = wire::Listed<wire::Event>,
        headers(
            ("X-Total-Count" = i64, description = "With `limit`: how many the session has"),
            ("X-Has-More" = bool, description = "With `limit` or `around`: whether the log goes on where the list ends"),
        ),
    )),
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<wire::EventsQuery>,
) -> Answer<Response> {
    let thread = session_of(&params)?;
    let filter = Filter::new(&query)?;
    let last_seq = app.thread(&caller, thread).await?.last_seq;
    let limited = query.limit.is_some();
    let session = Session { app, caller, thread };
    let newest_first = query.order_desc == Some(true);
    let mut writer = Writer::new(session.clone(), filter.clone(), newest_first);
    let history = History::new(session, filter, last_seq);
    let (mut entries, more) = match history.asked(&query).await? {
        Asked::Whole(stretch) => return Ok(writer.answer(String::new(), history.pieces(stretch, newest_first))),
        Asked::Page { entries, more } => (entries, more),
    };
    if newest_first {
        entries.reverse();
    }
    let written = writer.write(&entries).await?;
    let mut response = Writer::page(&written);
    let headers = response.headers_mut();
    headers.insert(MORE, HeaderValue::from_static(if more { "true" } else { "false" }));
    if limited {
        headers.insert(TOTAL, last_seq.into());
    }
    Ok(response)
}
