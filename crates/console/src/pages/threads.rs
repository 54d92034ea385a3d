//! All threads as a table, with filters and search. The address of the page holds them.

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed, Query};
use domain::{AgentId, Caller, MemberId, Result, ThreadId, thread::Thread};
use engine::{
    App,
    app::threads::{Filter, search},
};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::{
    ROWS,
    choice::Choice,
    names::agent_choices,
    row::{Row, Rows},
};
use crate::{
    answer,
    frame::{Frame, Place},
    texts as t,
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ThreadsQuery {
    q: String,
    state: String,
    agent: String,
    tag: String,
    /// The id of a member, to whom the threads are assigned.
    assignee: String,
    /// Where the page begins: below this thread, and within it below this entry.
    before: Option<String>,
    entry: Option<i64>,
}

#[derive(Template)]
#[template(path = "pages/threads.html")]
struct Threads {
    frame: Frame,
    rows: Vec<Row>,
    q: String,
    tag: String,
    assignee: String,
    states: Vec<Choice>,
    agents: Vec<Choice>,
    next: Option<String>,
    is_first: bool,
    is_filtered: bool,
}

pub async fn show(State(app): State<App>, Authed(caller): Authed, Query(query): Query<ThreadsQuery>) -> Answer {
    let (threads, next) = found(&app, &caller, &query).await?;
    let rows = Rows::new(&app, &caller).of(&threads).await?;
    let next = next.map(|place| query.address_of(place));
    let states = ["open", "answering", "closed"].map(|word| (word.to_owned(), state_text(word).to_owned()));
    let states = Choice::of(states, &query.state);
    let agents = Choice::of(agent_choices(&app, &caller).await?, &query.agent);
    let is_filtered = query.filters().iter().any(|(_, text)| !text.is_empty());
    let is_first = query.before.is_none();
    let frame = Frame::of(&app, &caller, Place::Threads, t::THREADS).await?;
    let (q, tag, assignee) = (query.q, query.tag, query.assignee);
    answer::page(&Threads { frame, rows, q, tag, assignee, states, agents, next, is_first, is_filtered })
}

/// The threads of the page, and the place of the next one.
async fn found(app: &App, caller: &Caller, query: &ThreadsQuery) -> Result<(Vec<Thread>, Option<search::Place>)> {
    let now = app.clock().now();
    let filter = Filter {
        agent: AgentId::parse(&query.agent),
        assignee: MemberId::parse(&query.assignee),
        closed_at: match query.state.as_str() {
            "open" => Some((false, now)),
            "closed" => Some((true, now)),
            _ => None,
        },
        open_turn: (query.state == "answering").then_some(true),
        tag: Some(query.tag.trim().to_owned()).filter(|tag| !tag.is_empty()),
        ..Filter::default()
    };
    let before = query.before.as_deref().and_then(ThreadId::parse);
    if query.q.trim().is_empty() {
        let found = app.list_threads(caller, filter, before, ROWS).await?;
        let next = found.next.map(|thread| search::Place { thread, below: None });
        return Ok((found.threads, next));
    }
    let from = before.map(|thread| search::Place { thread, below: query.entry });
    let text: String = query.q.trim().chars().take(app.limits().search_chars as usize).collect();
    let found = app.threads_that_say(caller, filter, &text, from, ROWS).await?;
    Ok((found.threads, found.next))
}

impl ThreadsQuery {
    fn filters(&self) -> [(&'static str, &str); 5] {
        let Self { q, state, agent, tag, assignee, .. } = self;
        [("q", q), ("state", state), ("agent", agent), ("tag", tag), ("assignee", assignee)]
    }

    /// The address of the page that begins at this place, with the same filters.
    fn address_of(&self, place: search::Place) -> String {
        let mut address = Serializer::new(String::from("/console/threads?"));
        for (name, value) in self.filters() {
            if !value.is_empty() {
                address.append_pair(name, value);
            }
        }
        address.append_pair("before", &place.thread.to_string());
        if let Some(below) = place.below {
            address.append_pair("entry", &below.to_string());
        }
        address.finish()
    }
}

fn state_text(word: &str) -> &'static str {
    match word {
        "open" => t::OPEN,
        "answering" => t::ANSWERING,
        _ => t::CLOSED,
    }
}
