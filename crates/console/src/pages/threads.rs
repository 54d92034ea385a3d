//! All threads as a table, with filters and search. The address of the page holds them.

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed, Query, Spellings};
use domain::{AgentId, Caller, CustomerId, MemberId, Result, ThreadId, Timestamp, day::Day, thread::Thread};
use engine::{
    App,
    app::{
        people::customers::Filter as Customers,
        threads::{Filter, search},
    },
};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::{
    ROWS, acting,
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
    door: String,
    /// The id of a customer, the project's own id of one, or a whole address.
    customer: String,
    /// The days on which threads began, from the first to the last, in UTC.
    from: String,
    to: String,
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
    customer: String,
    from: String,
    to: String,
    /// True if a filter has a value that is folded away.
    is_narrow: bool,
    states: Vec<Choice>,
    agents: Vec<Choice>,
    members: Vec<Choice>,
    doors: Vec<Choice>,
    next: Option<String>,
    is_first: bool,
    is_filtered: bool,
}

pub async fn show(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    Query(query): Query<ThreadsQuery>,
) -> Answer {
    let (threads, next) = found(&app, &caller, &query).await?;
    let rows = Rows::new(&app, &caller).of(&threads).await?;
    let next = next.map(|place| query.address_of(place));
    let states = ["open", "answering", "closed"].map(|word| (word.to_owned(), state_text(word).to_owned()));
    let states = Choice::of(states, &query.state);
    let agents = Choice::of(agent_choices(&app, &caller).await?, &query.agent);
    let members = acting::members(&app, &caller).await?.into_iter().map(|one| (one.id, one.name));
    let members = Choice::of(members, &query.assignee);
    let doors = spellings.names().map(|name| (name.to_owned(), name.to_owned()));
    let doors = Choice::of(doors, &query.door);
    let is_filtered = query.filters().iter().any(|(_, text)| !text.is_empty());
    let is_first = query.before.is_none();
    let frame = Frame::of(&app, &caller, Place::Threads, t::THREADS).await?;
    let is_narrow =
        [&query.door, &query.assignee, &query.customer, &query.from, &query.to].iter().any(|text| !text.is_empty());
    let ThreadsQuery { q, tag, customer, from, to, .. } = query;
    answer::page(&Threads {
        frame,
        rows,
        q,
        tag,
        customer,
        from,
        to,
        is_narrow,
        states,
        agents,
        members,
        doors,
        next,
        is_first,
        is_filtered,
    })
}

/// The threads of the page, and the place of the next one.
async fn found(app: &App, caller: &Caller, query: &ThreadsQuery) -> Result<(Vec<Thread>, Option<search::Place>)> {
    let now = app.clock().now();
    let Some(customer) = query.customer(app, caller).await? else { return Ok((Vec::new(), None)) };
    let filter = Filter {
        customer,
        door: Some(query.door.clone()).filter(|door| !door.is_empty()),
        begun: query.begun(),
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
    fn filters(&self) -> [(&'static str, &str); 9] {
        let Self { q, state, agent, tag, assignee, door, customer, from, to, .. } = self;
        [
            ("q", q),
            ("state", state),
            ("agent", agent),
            ("tag", tag),
            ("assignee", assignee),
            ("door", door),
            ("customer", customer),
            ("from", from),
            ("to", to),
        ]
    }

    /// The customer of the filter, absent without one. `None` if nobody is meant.
    async fn customer(&self, app: &App, caller: &Caller) -> Result<Option<Option<CustomerId>>> {
        let text = self.customer.trim();
        if text.is_empty() || CustomerId::parse(text).is_some() {
            return Ok(Some(CustomerId::parse(text)));
        }
        let by = match text.contains('@') {
            true => Customers { contact: Some(text.to_owned()), ..Customers::default() },
            false => Customers { external_id: Some(text.to_owned()), ..Customers::default() },
        };
        let found = app.list_customers(caller, by, None, 1).await?;
        Ok(found.first().map(|customer| Some(customer.id)))
    }

    /// The beginning of the first day, and the end of the last one. What is no day is no bound.
    fn begun(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let (from, to) = (Day::parse(&self.from), Day::parse(&self.to));
        (from.map(Day::begins_at), to.map(|day| day.plus(1).begins_at()))
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
