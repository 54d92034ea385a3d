//! The entries of a thread, as they are stored.

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed, Params, Query};
use domain::{
    Caller, Result, ThreadId,
    event::{Entry, Event},
};
use engine::App;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ROWS,
    choice::Choice,
    thread::{self, Head},
};
use crate::{
    answer,
    frame::{Frame, Place},
    own::Host,
    texts as t,
    times::Time,
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct LogQuery {
    /// The entry after which the page begins. Absent: the newest entries.
    after: Option<i64>,
    /// The type of the entries. Absent: all.
    r#type: String,
}

/// Entries that one page with a type looks through.
const WINDOW: i64 = 500;

pub struct Row {
    pub seq: i64,
    pub kind: &'static str,
    pub at: Time,
    pub json: String,
    /// Reads this very entry from a shell.
    pub command: String,
}

#[derive(Template)]
#[template(path = "pages/log.html")]
struct Log {
    frame: Frame,
    head: Head,
    tab: &'static str,
    rows: Vec<Row>,
    kinds: Vec<Choice>,
    earlier: Option<String>,
    later: Option<String>,
}

pub async fn show(
    State(app): State<App>,
    Authed(caller): Authed,
    host: Host,
    params: Params,
    Query(query): Query<LogQuery>,
) -> Answer {
    let (found, head) = thread::head_of(&app, &caller, &params).await?;
    let kind = Event::KINDS.iter().copied().find(|kind| *kind == query.r#type);
    let step = if kind.is_some() { WINDOW } else { ROWS };
    let newest = (found.last_seq - step).max(0);
    let after = query.after.unwrap_or(newest).clamp(0, found.last_seq);
    let (entries, end) = read(&app, &caller, found.id, after, step).await?;
    let of_type = kind.map(|kind| format!("&type={kind}")).unwrap_or_default();
    let address = |after: i64| format!("/console/threads/{}/log?after={after}{of_type}", head.id);
    let earlier = (after > 0).then(|| address((after - step).max(0)));
    let later = (end < found.last_seq).then(|| address(end));
    let now = app.clock().now();
    let base = host.address(&app);
    let shown = entries.iter().filter(|entry| kind.is_none_or(|kind| entry.event.kind() == kind));
    let rows = shown.map(|entry| Row {
        command: format!(
            "curl -H \"Authorization: Bearer $THREADLINE_KEY\" \\\n  '{base}/threadline/v1/threads/{}/events?after={}&limit=1'",
            head.id,
            entry.seq - 1
        ),
        seq: entry.seq,
        kind: entry.event.kind(),
        at: Time::of(entry.at, now),
        json: text(entry),
    });
    let rows = rows.collect();
    let kinds = Event::KINDS.iter().map(|kind| ((*kind).to_owned(), (*kind).to_owned()));
    let kinds = Choice::of(kinds, kind.unwrap_or_default());
    let frame = Frame::of(&app, &caller, Place::Threads, head.title.clone()).await?;
    answer::page(&Log { frame, head, tab: t::LOG, rows, kinds, earlier, later })
}

/// The entries above `after`, and the place of the last one. A read may give fewer than were asked for.
async fn read(app: &App, caller: &Caller, thread: ThreadId, after: i64, most: i64) -> Result<(Vec<Entry>, i64)> {
    let (mut entries, mut end) = (Vec::new(), after);
    while end < after + most {
        let page = app.list_events(caller, thread, end, after + most - end).await?;
        end = page.rows.last().map_or(end, |entry| entry.seq);
        let is_last = !page.more;
        entries.extend(page.rows);
        if is_last {
            break;
        }
    }
    Ok((entries, end))
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
