//! Searches messages.

mod seek;

use domain::{
    AgentId, Caller, CustomerId, Error, MessageId, ProjectId, Result, ThreadId, Timestamp, author,
    caller::Scope,
    fold,
    handling::Handling,
    message::{Message, Part},
};
use store::{Fitted, Operation, Tx, messages::Side};

use self::seek::{Looked, Seek};
use crate::{App, narrowing, unknown, validate};

/// A search.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The text to find; case does not matter.
    pub text: String,
    pub only: Only,
}

impl Search {
    /// A search among all messages.
    pub fn of(text: &str) -> Self {
        Self { text: text.into(), only: Only::default() }
    }
}

/// The filter of a search. Absent fields match all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Only {
    /// The agent of the thread.
    pub agent: Option<AgentId>,
    /// A customer who takes part in the thread.
    pub customer: Option<CustomerId>,
    /// Who speaks in the thread.
    pub handling: Option<Handling>,
    /// The kind of the message's author.
    pub author: Option<author::Kind>,
    /// The time of the message, from and below.
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// Messages that contain a text, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Hits<P> {
    pub messages: Vec<Message>,
    /// Start of the next page, because more may follow. Absent: everything was examined.
    pub next: Option<P>,
}

/// A place of the sought text in a message: characters of a part, from `start` to before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number of the part, from 0.
    pub part: usize,
    pub start: usize,
    pub end: usize,
}

/// Most places of one message.
const PLACES: usize = 100;

/// The first places of the text in the words of the message's parts. A text that reaches over parts has none.
pub fn places(message: &Message, text: &str) -> Vec<Place> {
    let folded = fold::fold(text);
    let words = message.body.content.iter().map(Part::words).enumerate();
    let words = words.filter_map(|(part, words)| Some((part, words?)));
    let places = words.flat_map(|(part, words)| {
        fold::places(words, &folded).into_iter().map(move |(start, end)| Place { part, start, end })
    });
    places.take(PLACES).collect()
}

impl App {
    /// Messages of the project that contain the text in their text, links or file names. A page examines at most
    /// [`domain::Limits::search_scan`] messages of the project, and [`domain::Limits::search_bytes`] of text. It may
    /// therefore be short or empty although a next one exists.
    ///
    /// # Errors
    /// `forbidden` without `read`; `invalid` for the text.
    #[crate::boxed]
    pub async fn search_messages(
        &self,
        caller: &Caller,
        search: Search,
        before: Option<MessageId>,
        limit: i64,
    ) -> Result<Hits<MessageId>> {
        caller.require(Scope::Read)?;
        let seek = self.seek(caller.project, search, limit)?;
        self.store.read_long(Everywhere { project: caller.project, before, seek }).await
    }

    /// Like [`App::search_messages`], in one thread, below the entry `before`.
    ///
    /// # Errors
    /// `forbidden` without `read`; `invalid` for the text; `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn search_thread(
        &self,
        caller: &Caller,
        thread: ThreadId,
        search: Search,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Hits<i64>> {
        caller.require(Scope::Read)?;
        let seek = self.seek(caller.project, search, limit)?;
        self.store.read_long(Within { project: caller.project, thread, before, seek }).await
    }

    fn seek(&self, project: ProjectId, search: Search, limit: i64) -> Result<Seek> {
        let Search { text, only } = search;
        if text.trim().is_empty() {
            return Err(Error::field("q", "must not be empty"));
        }
        validate::chars("q", &text, self.limits.search_chars)?;
        Ok(Seek::new(project, fold::fold(&text), only, &self.limits, self.bound(limit)))
    }
}

/// Messages that are read by their ids at once.
const BY_IDS: usize = 100;

struct Everywhere {
    project: ProjectId,
    before: Option<MessageId>,
    seek: Seek,
}

impl Operation for Everywhere {
    type Out = Hits<MessageId>;

    /// Reads the messages that are not indexed, and then those that the index finds. Without the help of the index, it
    /// reads all.
    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { project, mut before, mut seek } = self;
        let narrowed = narrowing::messages(tx, project, seek.text()).await?;
        let above = narrowed.as_ref().map(|narrowed| narrowed.indexed_to);
        loop {
            let Some(bound) = seek.next() else { return Ok(seek.page(before)) };
            let stretch = store::messages::of_project(tx, project, (above, before), bound).await?;
            let more = stretch.more;
            let Looked { at, full } = seek.look(tx, stretch, |message| message.id).await?;
            before = at.or(before);
            if full {
                return Ok(seek.page(before));
            }
            if !more {
                break;
            }
        }
        let Some(narrowing::Messages { ids, .. }) = narrowed else { return Ok(seek.page(None)) };
        let begin = ids.partition_point(|id| before.is_some_and(|before| *id >= before));
        let mut ids = &ids[begin..];
        while !ids.is_empty() {
            let Some(bound) = seek.next() else { return Ok(seek.page(before)) };
            let (some, _) = ids.split_at(BY_IDS.min(ids.len()).min(bound.rows as usize));
            let Fitted { rows, sizes, more } = store::search::by_ids(tx, project, some, bound).await?;
            let read_to = if more { rows.last().map(|last| last.id) } else { some.last().copied() };
            let found = Fitted { rows, sizes, more };
            let Looked { at, full } = seek.look(tx, found, |message| message.id).await?;
            before = if full { at.or(before) } else { read_to.or(before) };
            if full {
                return Ok(seek.page(before));
            }
            ids = &ids[ids.partition_point(|id| before.is_some_and(|before| *id >= before))..];
        }
        Ok(seek.page(None))
    }
}

struct Within {
    project: ProjectId,
    thread: ThreadId,
    before: Option<i64>,
    seek: Seek,
}

impl Operation for Within {
    type Out = Hits<i64>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { project, thread, before, mut seek } = self;
        store::threads::find(tx, project, thread).await?.ok_or_else(unknown::thread)?;
        let mut below = before.unwrap_or(i64::MAX);
        while let Some(bound) = seek.next() {
            let stretch = store::messages::page(tx, thread, Side::Below(below), false, bound).await?;
            let more = stretch.more;
            let Looked { at, full } = seek.look(tx, stretch, |message| message.seq).await?;
            below = at.unwrap_or(below);
            if full || !more {
                return Ok(seek.page(Some(below).filter(|_| full)));
            }
        }
        Ok(seek.page(Some(below)))
    }
}
