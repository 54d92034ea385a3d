//! The inbox: threads that need a person, one's own, and everything.

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed, Query};
use domain::{Caller, MemberId, Result, ThreadId, Timestamp};
use engine::{
    App,
    app::threads::{
        Filter,
        heads::{Awaited, Latest},
        search::Found,
    },
};
use serde::Deserialize;

use super::{ROWS, row::Rows};
use crate::{
    answer,
    frame::{Frame, Place},
    html::Html,
    texts as t,
};

/// A list of the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// A person is wanted, or the customer waits for too long. Those who wait longest come first.
    Needs,
    /// Assigned to the member who is signed in. The newest come first.
    Mine,
    /// The newest come first.
    All,
}

impl Tab {
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Needs, Self::Mine, Self::All].into_iter().find(|tab| tab.word() == word)
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Needs => "needs",
            Self::Mine => "mine",
            Self::All => "all",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Needs => t::NEEDS_PERSON,
            Self::Mine => t::MINE,
            Self::All => t::EVERYTHING,
        }
    }

    pub fn filter(self, app: &App, own: Option<MemberId>) -> Filter {
        match self {
            Self::Needs => Filter { needs_person: Some(app.overdue(true)), ..Filter::default() },
            Self::Mine => Filter { assignee: own, ..Filter::default() },
            Self::All => Filter::default(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct InboxQuery {
    tab: String,
    /// Where the page begins: behind this time, in microseconds, and this thread.
    at: Option<i64>,
    thread: Option<String>,
}

/// A tab as the page shows it.
struct Choice {
    href: String,
    text: &'static str,
    /// How many wait.
    count: Option<String>,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "pages/inbox.html")]
struct Inbox {
    frame: Frame,
    tabs: Vec<Choice>,
    tab: &'static str,
    rows: Vec<Html>,
    next: Option<String>,
    is_first: bool,
    /// Up to where the page has the project's heads.
    position: i64,
    count: String,
}

pub async fn show(State(app): State<App>, Authed(caller): Authed, Query(query): Query<InboxQuery>) -> Answer {
    // Before the lists are read, so that nothing falls between them and the stream.
    let position = app.clock().now();
    let own = caller.member();
    let awaited = app.list_awaited(&caller, Tab::Needs.filter(&app, None), None, ROWS).await?;
    let waiting = Waiting::of(&awaited);
    let fallback = if waiting.is_empty() { Tab::All } else { Tab::Needs };
    let tab = Tab::parse(&query.tab).filter(|tab| *tab != Tab::Mine || own.is_some()).unwrap_or(fallback);
    let place = query.at.zip(query.thread.as_deref().and_then(ThreadId::parse));
    let (threads, next) = match (tab, place) {
        (Tab::Needs, None) => (awaited.threads, awaited.next),
        _ => list(&app, &caller, tab, place).await?,
    };
    let mut rows = Rows::new(&app, &caller);
    let rows = rows.of(&threads).await?.iter().map(Html::of).collect::<Result<Vec<Html>>>()?;
    let next = next.map(|(at, thread)| format!("/console?tab={}&at={at}&thread={thread}", tab.word()));
    let offered = [Some(Tab::Needs), own.map(|_| Tab::Mine), Some(Tab::All)].into_iter().flatten();
    let count = waiting.text();
    let tabs = offered.map(|one| Choice {
        href: format!("/console?tab={}", one.word()),
        text: one.text(),
        count: (one == Tab::Needs && !waiting.is_empty()).then(|| count.clone()),
        is_chosen: one == tab,
    });
    let tabs = tabs.collect();
    let frame = Frame::of(&app, &caller, Place::Inbox, t::INBOX).await?;
    let (is_first, tab) = (place.is_none(), tab.word());
    answer::page(&Inbox { frame, tabs, tab, rows, next, is_first, position: position.0, count })
}

/// A page of the list, and the place behind it.
async fn list(
    app: &App,
    caller: &Caller,
    tab: Tab,
    place: Option<(i64, ThreadId)>,
) -> Result<(Vec<domain::thread::Thread>, Option<(i64, ThreadId)>)> {
    let filter = tab.filter(app, caller.member());
    if tab == Tab::Needs {
        let found = app.list_awaited(caller, filter, place, ROWS).await?;
        return Ok((found.threads, found.next));
    }
    let place = place.map(|(at, thread)| Latest { at: Timestamp(at), thread });
    let found = app.list_latest(caller, filter, place, ROWS).await?;
    Ok((found.threads, found.next.map(|next| (next.at.0, next.thread))))
}

/// How many threads need a person, counted up to a bound.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    count: usize,
    is_more: bool,
}

impl Waiting {
    fn of(awaited: &Found<Awaited>) -> Self {
        Self { count: awaited.threads.len(), is_more: awaited.next.is_some() }
    }

    pub fn is_empty(self) -> bool {
        self.count == 0
    }

    /// `3`, or `50+`.
    pub fn text(self) -> String {
        format!("{}{}", self.count, if self.is_more { "+" } else { "" })
    }
}

pub async fn waiting(app: &App, caller: &Caller) -> Result<Waiting> {
    Ok(Waiting::of(&app.list_awaited(caller, Tab::Needs.filter(app, None), None, ROWS).await?))
}
