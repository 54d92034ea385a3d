//! Search over messages, with the sought text marked. The address of the page holds the filters.

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed, Query};
use domain::{
    AgentId, Caller, CustomerId, MessageId, Result, Timestamp, author,
    handling::Handling,
    message::{Message, Part},
};
use engine::{
    App,
    app::messages::search::{Hits, Only, Search, places},
};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::{
    ROWS,
    choice::Choice,
    names::{Names, agent_choices},
    said::element,
};
use crate::{
    answer,
    frame::{Frame, Place},
    texts as t,
    times::Time,
};

/// Characters that are shown on each side of the first place of the text.
const AROUND: usize = 120;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SearchQuery {
    q: String,
    agent: String,
    /// The kind of the author.
    by: String,
    handling: String,
    /// The id of a customer.
    customer: String,
    /// Days of UTC: the first, and the one behind the last.
    since: String,
    until: String,
    /// Where the page begins: below this message.
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/search.html")]
struct Page {
    frame: Frame,
    hits: Vec<Hit>,
    q: String,
    customer: String,
    since: String,
    until: String,
    agents: Vec<Choice>,
    authors: Vec<Choice>,
    sides: Vec<Choice>,
    /// The list of threads with the same text in their titles or messages.
    threads: String,
    next: Option<String>,
    is_first: bool,
}

/// A found message.
struct Hit {
    href: String,
    speaker: String,
    class: &'static str,
    title: String,
    at: Time,
    pieces: Vec<Piece>,
}

/// Words of a message, marked if they are the sought ones.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    text: String,
    is_sought: bool,
}

pub async fn show(State(app): State<App>, Authed(caller): Authed, Query(query): Query<SearchQuery>) -> Answer {
    let text: String = query.q.trim().chars().take(app.limits().search_chars as usize).collect();
    let found = match text.is_empty() {
        true => Hits { messages: Vec::new(), next: None },
        false => {
            let search = Search { text: text.clone(), only: query.only() };
            let before = query.before.as_deref().and_then(MessageId::parse);
            app.search_messages(&caller, search, before, ROWS).await?
        }
    };
    let next = found.next.map(|last| query.address("/console/search?", Some(last)));
    let hits = hits(&app, &caller, found.messages, &text).await?;
    let agents = Choice::of(agent_choices(&app, &caller).await?, &query.agent);
    let choice = |word: &'static str| (word.to_owned(), word_of(word).to_owned());
    let authors = Choice::of(author::Kind::ALL.iter().map(|kind| choice(kind.as_str())), &query.by);
    let sides = Choice::of([Handling::Agent, Handling::Person].map(|side| choice(side.as_str())), &query.handling);
    let threads = Serializer::new(String::from("/console/threads?")).append_pair("q", &text).finish();
    let frame = Frame::of(&app, &caller, Place::Search, t::SEARCH).await?;
    let is_first = query.before.is_none();
    let SearchQuery { q, customer, since, until, .. } = query;
    answer::page(&Page { frame, hits, q, customer, since, until, agents, authors, sides, threads, next, is_first })
}

impl SearchQuery {
    /// A filter that cannot be read is none.
    fn only(&self) -> Only {
        let day = |text: &str| Timestamp::parse(&format!("{}T00:00:00Z", text.trim()));
        Only {
            agent: AgentId::parse(&self.agent),
            customer: CustomerId::parse(&self.customer),
            handling: Handling::parse(&self.handling),
            author: author::Kind::parse(&self.by),
            since: day(&self.since),
            until: day(&self.until),
        }
    }

    fn address(&self, path: &str, before: Option<MessageId>) -> String {
        let Self { q, agent, by, handling, customer, since, until, .. } = self;
        let all = [
            ("q", q),
            ("agent", agent),
            ("by", by),
            ("handling", handling),
            ("customer", customer),
            ("since", since),
            ("until", until),
        ];
        let mut address = Serializer::new(String::from(path));
        for (name, value) in all.into_iter().filter(|(_, value)| !value.is_empty()) {
            address.append_pair(name, value);
        }
        if let Some(before) = before {
            address.append_pair("before", &before.to_string());
        }
        address.finish()
    }
}

async fn hits(app: &App, caller: &Caller, messages: Vec<Message>, text: &str) -> Result<Vec<Hit>> {
    let (mut names, mut hits, now) = (Names::default(), Vec::new(), app.clock().now());
    for message in messages {
        let (speaker, class) = names.of_message(app, caller, &message).await?;
        // A thread that was deleted meanwhile has no message to lead to.
        let Ok(thread) = app.thread(caller, message.thread).await else { continue };
        hits.push(Hit {
            href: format!("/console/threads/{}#{}", message.thread, element(message.id)),
            speaker,
            class,
            title: thread.title.unwrap_or_else(|| t::UNTITLED.into()),
            at: Time::of(message.at, now),
            pieces: pieces(&message, text),
        });
    }
    Ok(hits)
}

/// The words around the first place of the text, with each place in them marked.
fn pieces(message: &Message, text: &str) -> Vec<Piece> {
    let plain = |text: String| Piece { text, is_sought: false };
    let places = places(message, text);
    let Some(first) = places.first() else { return vec![plain(message.body.beginning(2 * AROUND))] };
    let words: Vec<char> =
        message.body.content.get(first.part).and_then(Part::words).unwrap_or_default().chars().collect();
    let (from, to) = (first.start.saturating_sub(AROUND), (first.end + AROUND).min(words.len()));
    let slice = |from: usize, to: usize| words.get(from..to).unwrap_or_default().iter().collect::<String>();
    let (mut pieces, mut at) = (Vec::new(), from);
    if from > 0 {
        pieces.push(plain("… ".into()));
    }
    for place in places.iter().filter(|place| place.part == first.part && place.end <= to) {
        pieces.push(plain(slice(at, place.start)));
        pieces.push(Piece { text: slice(place.start, place.end), is_sought: true });
        at = place.end;
    }
    pieces.push(plain(slice(at, to)));
    if to < words.len() {
        pieces.push(plain(" …".into()));
    }
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

fn word_of(word: &str) -> &'static str {
    match word {
        "key" => t::PROGRAM,
        "member" => t::MEMBER_WORD,
        "customer" => t::CUSTOMER,
        "guest" => t::GUEST,
        "person" => t::A_PERSON,
        _ => t::AGENT,
    }
}
