//! A session's events as they happened.

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use dialect_kit::{Answer, Authed, Params, Query};
use engine::App;
use http::{HeaderName, header};

use super::session_of;
use crate::{
    follow::Session,
    history::{Filter, History},
    wire,
};

/// How many events the session has, beside a list that shows a part of them.
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// Lists a session's events, oldest first: entries of its log, without pieces of text and what only follows from an entry.
#[utoipa::path(
    get, path = "/v1/sessions/{session_id}/events", operation_id = "list_events", tag = "events",
    params(
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        wire::EventsQuery,
    ),
    responses((
        status = 200, description = "List of events", body = wire::Listed<wire::Event>,
        headers(("X-Total-Count" = i64, description = "With `limit`: how many the session has")),
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
    let history = History::new(Session { app, caller, thread }, filter, last_seq);
    let part = history.part(&query).await?;
    let mut response = Body::from_stream(history.write(part, query.order_desc == Some(true))).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    if limited {
        headers.insert(TOTAL, last_seq.into());
    }
    Ok(response)
}
