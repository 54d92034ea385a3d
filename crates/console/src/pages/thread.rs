//! A thread's conversation: the newest messages, and those before on demand.

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed, Params, Query};
use domain::{Caller, Position, Result, Timestamp, event::DeltaKind, thread::Thread};
use engine::{
    App,
    app::messages::list::{From, Page},
};
use serde::Deserialize;

use super::{
    ROWS,
    said::{self, Speakers},
    state::{self, Word},
    thread_id,
};
use crate::{
    answer,
    frame::{Frame, Place},
    html::Html,
    markdown, texts as t,
    times::{self, Time},
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ThreadQuery {
    /// The entry below which the page ends. Absent: the newest messages.
    before: Option<i64>,
}

/// The top of a thread's pages.
pub struct Head {
    pub id: String,
    pub title: String,
    pub agent: String,
    pub state: Word,
    pub is_closed: bool,
    pub is_open_turn: bool,
    pub may_write: bool,
    pub facts: Vec<String>,
    pub started: Time,
}

/// The band below the title, which says who answers. Replaced as a whole when that changes.
#[derive(Template)]
#[template(path = "parts/band.html")]
pub struct Band<'h> {
    pub head: &'h Head,
}

/// The message that the agent still says.
#[derive(Template)]
#[template(path = "parts/saying.html")]
pub struct Saying {
    pub id: String,
    pub speaker: String,
    pub blocks: Html,
    pub tail: Html,
    pub thinks: bool,
}

#[derive(Template)]
#[template(path = "pages/thread.html")]
struct Conversation {
    frame: Frame,
    head: Head,
    tab: &'static str,
    band: Html,
    messages: Vec<Html>,
    saying: Option<Html>,
    earlier: Option<String>,
    is_newest: bool,
    /// Up to where the page has the log.
    position: String,
}

pub async fn show(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<ThreadQuery>,
) -> Answer {
    let id = thread_id(&params)?;
    let page = Page { from: From::Before(query.before), limit: ROWS, listed: false };
    let listed = app.list_messages(&caller, id, page).await?;
    let (thread, now, mut speakers) = (listed.thread, app.clock().now(), Speakers::new(&app, &caller));
    let earlier = listed.messages.last().filter(|_| listed.more);
    let earlier = earlier.map(|oldest| format!("/console/threads/{id}?before={}", oldest.seq));
    let mut messages = Vec::with_capacity(listed.messages.len());
    for message in listed.messages.into_iter().rev() {
        messages.push(Html::of(&speakers.said(message, now).await?)?);
    }
    let agent = speakers.names.of(&app, &caller, thread.agent).await?;
    let is_newest = query.before.is_none();
    let mut position = Position::entry(thread.last_seq);
    let mut saying = None;
    if is_newest && thread.run.running {
        let mut deltas = app.unfinished(&caller, id).await?;
        // Later ones follow entries that this page does not have.
        deltas.retain(|delta| delta.seq <= thread.last_seq);
        if let Some(last) = deltas.last() {
            position = position.max(Position::delta(last.seq, last.n));
        }
        let text: String = deltas.iter().filter(|d| d.kind == DeltaKind::Text).map(|d| d.text.as_str()).collect();
        let view = deltas.last().map(|last| Saying::of(said::element(last.message), agent.clone(), &text));
        saying = view.as_ref().map(Html::of).transpose()?;
    }
    let head = head(&caller, &thread, agent, now);
    let frame = Frame::of(&app, &caller, Place::Threads, head.title.clone()).await?;
    let position = position.to_string();
    let (tab, band) = (t::CONVERSATION, Html::of(&Band { head: &head })?);
    answer::page(&Conversation { frame, head, tab, band, messages, saying, earlier, is_newest, position })
}

impl Saying {
    /// The view of a text that still grows.
    pub fn of(id: String, speaker: String, text: &str) -> Self {
        let closed = markdown::closed(text);
        let (blocks, tail) = (markdown::html(&text[..closed]), markdown::html(&text[closed..]));
        Self { id, speaker, blocks, tail, thinks: text.is_empty() }
    }
}

pub fn head(caller: &Caller, thread: &Thread, agent: String, now: Timestamp) -> Head {
    let mut facts = vec![agent.clone()];
    let messages = if thread.listed == 1 { t::MESSAGE } else { t::MESSAGES };
    facts.push(format!("{} {messages}", times::grouped(thread.listed.max(0) as u64)));
    facts.extend(state::cost(thread));
    facts.extend(thread.tags.iter().map(|tag| tag.name.clone()));
    Head {
        id: thread.id.to_string(),
        title: state::title(thread),
        agent,
        state: state::of_thread(thread, now),
        is_closed: thread.closed_at(now).is_some(),
        is_open_turn: thread.run.is_open(),
        may_write: caller.scopes.has(domain::caller::Scope::Write),
        facts,
        started: Time::of(thread.created_at, now),
    }
}

/// The head of a thread for a page beside the conversation.
pub async fn head_of(app: &App, caller: &Caller, params: &Params) -> Result<(Thread, Head)> {
    let thread = app.thread(caller, thread_id(params)?).await?;
    let agent = super::names::Names::default().of(app, caller, thread.agent).await?;
    let head = head(caller, &thread, agent, app.clock().now());
    Ok((thread, head))
}
