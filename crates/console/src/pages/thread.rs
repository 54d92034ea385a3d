//! A thread's conversation: the newest messages, and those before on demand; who answers; what may be written.

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed, Params, Query, Spellings};
use domain::{
    Caller, Position, Result, ThreadId,
    event::DeltaKind,
    message::{Message, Role},
    thread::Thread,
};
use engine::App;
use http::StatusCode;
use serde::Deserialize;

use super::{
    ROWS,
    acting::Acting,
    band::{Band, Standing},
    composer::{Composer, Draft, Way},
    happened,
    names::Names,
    said::{self, Speakers},
    side::Side,
    state::{self, Word},
    thread_id,
};
use crate::{
    answer,
    frame::{Frame, Place},
    html::Html,
    markdown, texts as t,
    times::Time,
};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ThreadQuery {
    /// The entry below which the page ends. Absent: the newest messages.
    pub before: Option<i64>,
    /// Attachments of the next reply.
    pub files: Vec<String>,
}

/// The top of a thread's pages.
pub struct Head {
    pub id: String,
    pub title: String,
    pub agent: String,
    pub state: Word,
    pub standing: Standing,
    pub is_closed: bool,
    pub is_open_turn: bool,
    pub may_write: bool,
    pub facts: Vec<String>,
    pub started: Time,
    /// The newest entry.
    pub seq: i64,
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
    /// Messages and lines about people, in order.
    items: Vec<Html>,
    saying: Option<Html>,
    composer: Option<Html>,
    side: Html,
    earlier: Option<String>,
    is_newest: bool,
    /// Up to where the page has the log.
    position: String,
}

/// What a page tells about a form that was refused.
#[derive(Default)]
pub struct Told {
    pub status: StatusCode,
    /// Why an act was refused.
    pub problem: Option<String>,
    /// What the person has written.
    pub draft: Draft,
}

pub async fn show(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    Query(query): Query<ThreadQuery>,
) -> Answer {
    let draft = Draft { files: query.files, ..Draft::default() };
    let told = Told { draft, ..Told::default() };
    page(&app, &caller, &spellings, (thread_id(&params)?, query.before), told).await
}

/// The page of a thread's conversation.
///
/// # Errors
/// `not_found` for an unknown or foreign thread.
pub async fn page(
    app: &App,
    caller: &Caller,
    spellings: &Spellings,
    (id, before): (ThreadId, Option<i64>),
    told: Told,
) -> Answer {
    let (listed, people) = app.list_conversation(caller, id, before, ROWS).await?;
    let (thread, now, mut speakers) = (listed.thread, app.clock().now(), Speakers::new(app, caller));
    let earlier = listed.messages.last().filter(|_| listed.more);
    let earlier = earlier.map(|oldest| format!("/console/threads/{id}?before={}", oldest.seq));
    let deliveries = app.beside_messages(caller, &listed.messages).await?.deliveries;
    let way = way(&mut speakers.names, app, caller, &listed.messages).await?;
    let mut items = Vec::with_capacity(listed.messages.len() + people.len());
    for message in listed.messages.into_iter().rev() {
        items.push((message.seq, Html::of(&speakers.said(message, now).await?)?));
    }
    for entry in &people {
        let shown = happened::shown((app, caller), &mut speakers.names, entry, now).await?;
        items.extend(shown.map(|shown| (entry.seq, shown)));
    }
    items.sort_by_key(|(seq, _)| *seq);
    let items = items.into_iter().map(|(_, html)| html).collect();

    let agent = speakers.names.of(app, caller, thread.agent).await?;
    let is_newest = before.is_none();
    let (position, saying) = match is_newest {
        true => saying(app, caller, &thread, &agent).await?,
        false => (Position::entry(thread.last_seq), None),
    };
    let acting = Acting::of(app, caller).await?;
    let head = head(app, caller, &thread, agent, &acting).await?;
    let band = Html::of(&Band { head: &head, acting: &acting, problem: told.problem.as_deref() })?;
    let composer = match is_newest && acting.may() {
        true => Some(Html::of(&Composer::of((app, caller), &head, &acting, way, told.draft).await?)?),
        false => None,
    };
    let side = Html::of(&Side::of((app, caller), spellings, &thread, &head, &acting, &deliveries).await?)?;
    let frame = Frame::of(app, caller, Place::Threads, head.title.clone()).await?;
    let (tab, position) = (t::CONVERSATION, position.to_string());
    let page = Conversation { frame, head, tab, band, items, saying, composer, side, earlier, is_newest, position };
    answer::with_status(told.status, &page)
}

/// To whom a reply goes, and on which way: as the newest message of the customer's side came.
async fn way(names: &mut Names, app: &App, caller: &Caller, messages: &[Message]) -> Result<Way> {
    let Some(newest) = messages.iter().find(|message| message.role == Role::User) else { return Ok(Way::default()) };
    let (to, _) = names.of_message(app, caller, newest).await?;
    Ok(Way { to: Some(to), door: newest.body.door.clone() })
}

/// The message that the agent still says, and up to where the page has the log with it.
pub async fn saying(app: &App, caller: &Caller, thread: &Thread, agent: &str) -> Result<(Position, Option<Html>)> {
    let at = Position::entry(thread.last_seq);
    if !thread.run.running {
        return Ok((at, None));
    }
    let mut deltas = app.unfinished(caller, thread.id).await?;
    // Later ones follow entries that this page does not have.
    deltas.retain(|delta| delta.seq <= thread.last_seq);
    let Some(last) = deltas.last() else { return Ok((at, None)) };
    let text: String = deltas.iter().filter(|d| d.kind == DeltaKind::Text).map(|d| d.text.as_str()).collect();
    let view = Saying::of(said::element(last.message), agent.to_owned(), &text);
    Ok((at.max(Position::delta(last.seq, last.n)), Some(Html::of(&view)?)))
}

impl Saying {
    /// The view of a text that still grows.
    pub fn of(id: String, speaker: String, text: &str) -> Self {
        let closed = markdown::closed(text);
        let (blocks, tail) = (markdown::html(&text[..closed]), markdown::html(&text[closed..]));
        Self { id, speaker, blocks, tail, thinks: text.is_empty() }
    }
}

pub async fn head(app: &App, caller: &Caller, thread: &Thread, agent: String, acting: &Acting) -> Result<Head> {
    let now = app.clock().now();
    let mut facts = vec![agent.clone()];
    facts.extend(state::cost(thread));
    Ok(Head {
        id: thread.id.to_string(),
        title: state::title(thread),
        agent,
        state: state::of_thread(thread, now),
        standing: Standing::of((app, caller), thread, acting, now).await?,
        is_closed: thread.closed_at(now).is_some(),
        is_open_turn: thread.run.is_open(),
        may_write: caller.scopes.has(domain::caller::Scope::Write),
        facts,
        started: Time::of(thread.created_at, now),
        seq: thread.last_seq,
    })
}

/// The head of a thread for a page beside the conversation.
pub async fn head_of(app: &App, caller: &Caller, params: &Params) -> Result<(Thread, Head)> {
    let thread = app.thread(caller, thread_id(params)?).await?;
    let agent = Names::default().of(app, caller, thread.agent).await?;
    let head = head(app, caller, &thread, agent, &Acting::default()).await?;
    Ok((thread, head))
}
