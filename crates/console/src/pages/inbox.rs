//! The inbox: threads, the newest first.

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed, Query};
use domain::{Caller, Result, ThreadId, thread::Thread};
use engine::{App, app::threads::Filter};
use serde::Deserialize;

use super::{
    ROWS,
    names::Names,
    state::{self, Word},
};
use crate::{
    answer,
    frame::{Frame, Place},
    texts as t,
    times::Time,
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct InboxQuery {
    /// The thread below which the page begins.
    before: Option<String>,
}

/// A thread in a list.
pub struct Row {
    pub href: String,
    pub title: String,
    pub agent: String,
    pub state: Word,
    pub messages: i64,
    pub tags: Vec<String>,
    pub at: Time,
    pub started: Time,
    pub cost: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/inbox.html")]
struct Inbox {
    frame: Frame,
    rows: Vec<Row>,
    next: Option<String>,
    is_first: bool,
}

pub async fn show(State(app): State<App>, Authed(caller): Authed, Query(query): Query<InboxQuery>) -> Answer {
    let before = query.before.as_deref().and_then(ThreadId::parse);
    let found = app.list_threads(&caller, Filter::default(), before, ROWS).await?;
    let rows = rows(&app, &caller, &found.threads).await?;
    let next = found.next.map(|next| format!("/console?before={next}"));
    let frame = Frame::of(&app, &caller, Place::Inbox, t::INBOX).await?;
    answer::page(&Inbox { frame, rows, next, is_first: before.is_none() })
}

pub async fn rows(app: &App, caller: &Caller, threads: &[Thread]) -> Result<Vec<Row>> {
    let (now, mut names, mut rows) = (app.clock().now(), Names::default(), Vec::with_capacity(threads.len()));
    for thread in threads {
        rows.push(Row {
            href: format!("/console/threads/{}", thread.id),
            title: state::title(thread),
            agent: names.of(app, caller, thread.agent).await?,
            state: state::of_thread(thread, now),
            messages: thread.listed,
            tags: thread.tags.iter().map(|tag| tag.name.clone()).collect(),
            at: Time::of(thread.last_at, now),
            started: Time::of(thread.created_at, now),
            cost: state::cost(thread),
        });
    }
    Ok(rows)
}
