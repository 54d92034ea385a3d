//! The entries of a thread, as they are stored.

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed, Params, Query};
use domain::event::Entry;
use engine::App;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ROWS,
    thread::{self, Head},
};
use crate::{
    answer,
    frame::{Frame, Place},
    texts as t,
    times::Time,
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct LogQuery {
    /// The entry after which the page begins. Absent: the newest entries.
    after: Option<i64>,
}

pub struct Row {
    pub seq: i64,
    pub kind: &'static str,
    pub at: Time,
    pub json: String,
}

#[derive(Template)]
#[template(path = "pages/log.html")]
struct Log {
    frame: Frame,
    head: Head,
    tab: &'static str,
    rows: Vec<Row>,
    earlier: Option<String>,
    later: Option<String>,
}

pub async fn show(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<LogQuery>,
) -> Answer {
    let (found, head) = thread::head_of(&app, &caller, &params).await?;
    let newest = (found.last_seq - ROWS).max(0);
    let after = query.after.unwrap_or(newest).clamp(0, found.last_seq);
    let page = app.list_events(&caller, found.id, after, ROWS).await?;
    let address = |after: i64| format!("/console/threads/{}/log?after={after}", head.id);
    let earlier = (after > 0).then(|| address((after - ROWS).max(0)));
    let later = page.rows.last().filter(|_| page.more).map(|last| address(last.seq));
    let now = app.clock().now();
    let rows = page.rows.iter().map(|entry| Row {
        seq: entry.seq,
        kind: entry.event.kind(),
        at: Time::of(entry.at, now),
        json: text(entry),
    });
    let rows = rows.collect();
    let frame = Frame::of(&app, &caller, Place::Threads, head.title.clone()).await?;
    answer::page(&Log { frame, head, tab: t::LOG, rows, earlier, later })
}

/// The entry as JSON with line breaks.
fn text(entry: &Entry) -> String {
    serde_json::to_string_pretty(&json_of(entry)).unwrap_or_default()
}

/// The entry as JSON.
pub fn json_of(entry: &Entry) -> Value {
    let event = serde_json::to_value(&entry.event).unwrap_or(Value::Null);
    let mut shown = json!({ "seq": entry.seq, "at": entry.at, "event": event });
    if let Some(turn) = entry.turn {
        shown["turn"] = json!(turn);
    }
    if let Some(message) = &entry.message {
        let body = serde_json::to_value(&message.body).unwrap_or(Value::Null);
        shown["message"] =
            json!({ "id": message.id, "role": message.role.as_str(), "author": message.author, "body": body });
    }
    shown
}
