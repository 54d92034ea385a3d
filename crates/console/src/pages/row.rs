//! A thread in a list.

use std::collections::BTreeMap;

use askama::Template;
use domain::{Caller, MemberId, Result, Timestamp, author::Author, handling::Handling, message::Role, thread::Thread};
use engine::App;

use super::{
    band,
    names::Names,
    state::{self, Word},
};
use crate::{texts as t, times::Time};

/// A thread in a list.
#[derive(Template)]
#[template(path = "parts/row.html")]
pub struct Row {
    /// The element's id.
    pub id: String,
    pub href: String,
    pub title: String,
    pub agent: String,
    /// The dialect through which the customer's side wrote last.
    pub door: Option<String>,
    pub state: Word,
    /// The state, with the name of the member who answers.
    pub says: String,
    /// The time of the newest entry, by which lists are ordered.
    pub order: i64,
    /// Who spoke last, the class of the speaker's colour, and the words.
    pub words: Option<(String, &'static str, String)>,
    /// True if the member who is signed in has not read the newest words.
    pub is_unread: bool,
    /// Members who look at the thread now.
    pub present: Option<String>,
    pub messages: i64,
    pub tags: Vec<String>,
    pub at: Time,
    pub started: Time,
    pub cost: Option<String>,
}

/// Makes rows. It looks up each name once.
pub struct Rows<'a> {
    app: &'a App,
    caller: &'a Caller,
    names: Names,
    members: BTreeMap<MemberId, String>,
}

impl<'a> Rows<'a> {
    pub fn new(app: &'a App, caller: &'a Caller) -> Self {
        Self { app, caller, names: Names::default(), members: BTreeMap::new() }
    }

    pub async fn of(&mut self, threads: &[Thread]) -> Result<Vec<Row>> {
        let (app, caller, now) = (self.app, self.caller, self.app.clock().now());
        let seen = match caller.member() {
            Some(own) => {
                let ids = threads.iter().map(|thread| thread.id).collect();
                Some((own, app.seen_by(caller, own.to_string(), ids).await?))
            }
            None => None,
        };
        let mut rows = Vec::with_capacity(threads.len());
        for (at, thread) in threads.iter().enumerate() {
            let mut row = self.row(thread, now).await?;
            row.is_unread = seen.as_ref().is_some_and(|(own, seen)| is_unread(thread, *own, seen[at]));
            rows.push(row);
        }
        Ok(rows)
    }

    async fn row(&mut self, thread: &Thread, now: Timestamp) -> Result<Row> {
        let (app, caller) = (self.app, self.caller);
        let words = match &thread.last_words {
            Some(words) => {
                let (speaker, class) = self.names.of_author(app, caller, &words.author).await?;
                Some((speaker, class, words.text.clone()))
            }
            None => None,
        };
        let state = state::of_thread(thread, now);
        let is_held = thread.people.handling() == Handling::Person && thread.closed_at(now).is_none();
        let says = match thread.people.holder().filter(|_| is_held) {
            Some(holder) if Some(holder) == caller.member() => t::YOU_ANSWER_SHORT.into(),
            Some(holder) => format!("{} {}", self.member(holder).await?, t::ANSWERS),
            None => state.text.into(),
        };
        let at = thread.last_words.as_ref().map_or(thread.last_at, |words| words.at);
        Ok(Row {
            id: format!("t-{}", thread.id),
            href: format!("/console/threads/{}", thread.id),
            title: self.title(thread),
            agent: self.names.of(app, caller, thread.agent).await?,
            door: thread.last_words.as_ref().and_then(|words| words.door.clone()),
            state: state::overdue(app, thread, now).unwrap_or(state),
            says,
            order: thread.last_at.0,
            words,
            is_unread: false,
            present: present(app, caller, thread)?,
            messages: thread.listed,
            tags: thread.tags.iter().map(|tag| tag.name.clone()).collect(),
            at: Time::of(at, now),
            started: Time::of(thread.created_at, now),
            cost: state::cost(thread),
        })
    }

    /// The thread's title, or the customer who spoke last.
    fn title(&self, thread: &Thread) -> String {
        match thread.last_words.as_ref().map(|words| &words.author) {
            Some(Author::Customer { address: Some(address), .. }) if thread.title.is_none() => address.clone(),
            _ => state::title(thread),
        }
    }

    async fn member(&mut self, id: MemberId) -> Result<String> {
        if let Some(name) = self.members.get(&id) {
            return Ok(name.clone());
        }
        let name = band::member(self.app, self.caller, id).await?;
        self.members.insert(id, name.clone());
        Ok(name)
    }
}

fn is_unread(thread: &Thread, own: MemberId, seen: i64) -> bool {
    let is_own = |author: &Author| matches!(author, Author::Member { member, .. } if *member == own);
    thread
        .last_words
        .as_ref()
        .is_some_and(|words| words.seq > seen && words.role != Role::Tool && !is_own(&words.author))
}

/// Others who look at the thread: `Ben`, `Ben, Cem`.
fn present(app: &App, caller: &Caller, thread: &Thread) -> Result<Option<String>> {
    let present = app.present(caller, thread.id)?;
    let others = present.into_iter().filter_map(|one| one.member).filter(|one| Some(one.id) != caller.member());
    let names: Vec<String> = others.map(|one| super::names::of_person(&one)).collect();
    Ok((!names.is_empty()).then(|| names.join(", ")))
}
