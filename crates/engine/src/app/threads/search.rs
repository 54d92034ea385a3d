//! Lists of threads, and searches for properties without an index.
//!
//! A search reads ranges of threads. A page examines at most [`domain::Limits::search_scan`] threads, and the same
//! number of messages or [`domain::Limits::search_bytes`] of them. It may therefore be short or empty although a next
//! one exists.

use std::{
    collections::{BTreeMap, HashMap},
    vec,
};

use domain::{Caller, MessageId, ProjectId, Result, ThreadId, caller::Scope, fold, thread::Thread};
use store::{
    Bound, Fitted, Operation, Tx,
    messages::Side,
    threads::{Filter, Stretch},
};
use uuid::Uuid;

use crate::{App, narrowing};

/// A page of threads, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<P = ThreadId> {
    pub threads: Vec<Thread>,
    /// Start of the next page, because more may follow. Absent: there are no more.
    pub next: Option<P>,
}

impl<P> Found<P> {
    /// The empty page of a search that cannot match.
    pub fn nothing() -> Self {
        Self { threads: Vec::new(), next: None }
    }
}

/// The place where a search continues: below a thread, or inside it below an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub thread: ThreadId,
    pub below: Option<i64>,
}

/// The filter with its title as titles are compared.
pub(super) fn folded(filter: Filter) -> Filter {
    Filter { title: filter.title.as_deref().map(fold::fold), ..filter }
}

impl App {
    /// Threads of the caller's project below `before` that match the filter, newest first.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn list_threads(
        &self,
        caller: &Caller,
        filter: Filter,
        before: Option<ThreadId>,
        limit: i64,
    ) -> Result<Found> {
        if filter != Filter::default() {
            return self.search_threads(caller, filter, |_| true, before, limit).await;
        }
        caller.require(Scope::Read)?;
        let (project, bound, stretch) = (caller.project, self.bound(limit), Stretch { before, from: None });
        let list = store::op(move |tx| {
            Box::pin(async move { store::threads::list(tx, project, &filter, stretch, bound).await })
        });
        let Fitted { rows, more, .. } = self.store.read(list).await?;
        Ok(Found { next: rows.last().filter(|_| more).map(|last| last.id), threads: rows })
    }

    /// Like [`App::list_threads`], limited to threads for which `is` is true.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    pub async fn search_threads(
        &self,
        caller: &Caller,
        filter: Filter,
        is: impl Fn(&Thread) -> bool + Send + 'static,
        before: Option<ThreadId>,
        limit: i64,
    ) -> Result<Found> {
        caller.require(Scope::Read)?;
        let walk = self.walk(caller.project, filter, before);
        self.store.read_long(Sift { walk, is, page: self.bound(limit) }).await
    }

    /// Like [`App::list_threads`], limited to threads that contain `text` in the title or a readable message; case does
    /// not matter.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn threads_that_say(
        &self,
        caller: &Caller,
        filter: Filter,
        text: &str,
        from: Option<Place>,
        limit: i64,
    ) -> Result<Found<Place>> {
        caller.require(Scope::Read)?;
        let within = from.and_then(|place| Some((place.thread, place.below?)));
        let before = from.map(|place| if place.below.is_some() { next_id(place.thread) } else { place.thread });
        let walk = self.walk(caller.project, filter, before);
        let (left, bytes_left) = (self.limits.search_scan as i64, self.limits.search_bytes as i64);
        let (text, page, narrowed) = (fold::fold(text), self.bound(limit), None);
        let search = Search { walk, text, narrowed, within, page, left, bytes_left };
        self.store.read_long(search).await
    }

    fn walk(&self, project: ProjectId, filter: Filter, before: Option<ThreadId>) -> Walk {
        let filter = folded(filter);
        let left = self.limits.search_scan as i64;
        Walk { project, filter, narrowed: None, before, edge: None, left, at_end: false }
    }
}

/// The id above this one.
fn next_id(id: ThreadId) -> ThreadId {
    ThreadId(Uuid::from_u128(id.0.as_u128().saturating_add(1)))
}

/// Threads, or messages of one, that are read at once, and their bytes.
const ROWS: i64 = 500;
/// Messages that are read by their ids at once.
const BY_IDS: i64 = 100;
const BYTES: i64 = 1 << 20;

/// Walks through the project's threads that match a filter, from the newest, range by range.
struct Walk {
    project: ProjectId,
    /// The title is already folded.
    filter: Filter,
    /// The only threads that may match, newest first.
    narrowed: Option<vec::IntoIter<ThreadId>>,
    /// Everything from here on has been read.
    before: Option<ThreadId>,
    /// End of the present range.
    edge: Option<ThreadId>,
    /// Number of threads that may still be read.
    left: i64,
    at_end: bool,
}

impl Walk {
    /// Walks only through these threads, in ascending order.
    fn narrow(&mut self, ids: impl DoubleEndedIterator<Item = ThreadId>) {
        let before = self.before;
        let ids: Vec<_> = ids.rev().filter(|id| before.is_none_or(|before| *id < before)).collect();
        self.narrowed = Some(ids.into_iter());
    }

    /// The next threads, perhaps none. `None`: there are no more, or the budget is used up.
    async fn next(&mut self, tx: &mut Tx) -> Result<Option<Fitted<Thread>>> {
        if let Some(ids) = &mut self.narrowed {
            if self.left <= 0 {
                return Ok(None);
            }
            let Some(id) = ids.next() else {
                self.at_end = true;
                return Ok(None);
            };
            (self.left, self.before) = (self.left - 1, Some(id));
            let found = store::threads::list(tx, self.project, &self.filter, Stretch::one(id), Bound::rows(1)).await?;
            return Ok(Some(found));
        }
        if self.edge.is_none() {
            if self.left <= 0 {
                return Ok(None);
            }
            let rows = self.left.min(ROWS);
            self.left -= rows;
            self.edge = store::threads::edge(tx, self.project, self.before, rows).await?;
            self.at_end = self.edge.is_none();
        }
        let Some(edge) = self.edge else { return Ok(None) };
        let (stretch, bound) = (Stretch { before: self.before, from: Some(edge) }, Bound::page(ROWS, BYTES));
        let page = store::threads::list(tx, self.project, &self.filter, stretch, bound).await?;
        if !page.more {
            self.edge = None;
        }
        self.before = if page.more { page.rows.last().map(|last| last.id) } else { Some(edge) };
        Ok(Some(page))
    }

    fn lets(&self, thread: &Thread) -> bool {
        let Some(folded) = &self.filter.title else { return true };
        thread.title.as_ref().is_some_and(|title| fold::contains(title, folded))
    }

    fn rest(&self) -> Option<ThreadId> {
        self.before.filter(|_| !self.at_end)
    }
}

struct Sift<F> {
    walk: Walk,
    is: F,
    page: Bound,
}

impl<F: Fn(&Thread) -> bool + Send + 'static> Operation for Sift<F> {
    type Out = Found;

    async fn run(self, tx: &mut Tx) -> Result<Found> {
        let Self { mut walk, is, page } = self;
        if let Some(title) = &walk.filter.title
            && let Some(ids) = narrowing::titles(tx, walk.project, title).await?
        {
            walk.narrow(ids.into_iter());
        }
        let (mut threads, mut bytes): (Vec<Thread>, i64) = (Vec::new(), 0);
        while let Some(stretch) = walk.next(tx).await? {
            for (thread, size) in stretch.rows.into_iter().zip(stretch.sizes) {
                if !walk.lets(&thread) || !is(&thread) {
                    continue;
                }
                bytes += size as i64;
                if threads.len() as i64 >= page.rows || (bytes > page.bytes && !threads.is_empty()) {
                    let next = threads.last().map(|last| last.id);
                    return Ok(Found { threads, next });
                }
                threads.push(thread);
            }
        }
        Ok(Found { threads, next: walk.rest() })
    }
}

struct Search {
    walk: Walk,
    /// The folded text.
    text: String,
    /// The messages that may contain the text, of each thread that may. Absent: all may.
    narrowed: Option<HashMap<ThreadId, BTreeMap<i64, MessageId>>>,
    /// The thread with which the search continues, below one of its entries.
    within: Option<(ThreadId, i64)>,
    page: Bound,
    /// Number of messages that may still be read, and bytes of their text.
    left: i64,
    bytes_left: i64,
}

/// The result for one thread.
enum Said {
    Yes,
    No,
    /// The budget was used up at this entry.
    Unknown(i64),
}

impl Operation for Search {
    type Out = Found<Place>;

    async fn run(mut self, tx: &mut Tx) -> Result<Self::Out> {
        if let Some(narrowed) = narrowing::threads(tx, self.walk.project, &self.text).await? {
            self.walk.narrow(narrowed.keys().copied());
            self.narrowed = Some(narrowed.into_iter().collect());
        }
        let (mut threads, mut bytes): (Vec<Thread>, i64) = (Vec::new(), 0);
        let below = |thread: ThreadId| Place { thread, below: None };
        while let Some(stretch) = self.walk.next(tx).await? {
            for (thread, size) in stretch.rows.into_iter().zip(stretch.sizes) {
                let id = thread.id;
                match self.is_said(tx, &thread).await? {
                    Said::No => {}
                    Said::Unknown(seq) => {
                        return Ok(Found { threads, next: Some(Place { thread: id, below: Some(seq) }) });
                    }
                    Said::Yes => {
                        bytes += size as i64;
                        if threads.len() as i64 >= self.page.rows || (bytes > self.page.bytes && !threads.is_empty()) {
                            return Ok(Found { next: threads.last().map(|last| below(last.id)), threads });
                        }
                        threads.push(thread);
                    }
                }
                if self.is_tired() {
                    return Ok(Found { threads, next: Some(below(id)) });
                }
            }
        }
        Ok(Found { threads, next: self.walk.rest().map(below) })
    }
}

impl Search {
    async fn is_said(&mut self, tx: &mut Tx, thread: &Thread) -> Result<Said> {
        let goes_on = self.within.take().filter(|(id, _)| *id == thread.id);
        if goes_on.is_none() && thread.title.as_ref().is_some_and(|title| fold::contains(title, &self.text)) {
            return Ok(Said::Yes);
        }
        let mut below = goes_on.map_or(i64::MAX, |(_, below)| below);
        if let Some(narrowed) = &mut self.narrowed {
            let messages = narrowed.remove(&thread.id).unwrap_or_default();
            return self.is_said_among(tx, messages, below).await;
        }
        loop {
            let bound = Bound::page(self.left.clamp(1, ROWS), self.bytes_left.min(BYTES));
            let page = store::messages::page(tx, thread.id, Side::Below(below), true, bound).await?;
            self.left -= page.rows.len() as i64;
            self.bytes_left -= page.bytes();
            if page.rows.iter().any(|message| fold::contains(&message.body.plain_text(), &self.text)) {
                return Ok(Said::Yes);
            }
            let Some(last) = page.rows.last().filter(|_| page.more) else { return Ok(Said::No) };
            if self.is_tired() {
                return Ok(Said::Unknown(last.seq));
            }
            below = last.seq;
        }
    }

    /// Reads only these messages of a thread, by entry, below an entry.
    async fn is_said_among(&mut self, tx: &mut Tx, mut messages: BTreeMap<i64, MessageId>, below: i64) -> Result<Said> {
        messages.retain(|seq, _| *seq < below);
        while !messages.is_empty() {
            if self.is_tired() {
                return Ok(messages.last_key_value().map_or(Said::No, |(seq, _)| Said::Unknown(*seq + 1)));
            }
            let newest = messages.last_key_value().map_or(0, |(seq, _)| *seq);
            let from = messages.keys().rev().take(self.left.clamp(1, BY_IDS) as usize).next_back().copied();
            let some: Vec<MessageId> = messages.split_off(&from.unwrap_or(newest)).into_values().collect();
            let mut left = some;
            while !left.is_empty() {
                let bound = Bound::page(BY_IDS, BYTES);
                let page = store::search::by_ids(tx, self.walk.project, &left, bound).await?;
                self.left -= page.rows.len() as i64;
                self.bytes_left -= page.bytes();
                if page.rows.iter().any(|message| fold::contains(&message.body.plain_text(), &self.text)) {
                    return Ok(Said::Yes);
                }
                match page.rows.last().filter(|_| page.more) {
                    Some(last) => left.retain(|id| *id < last.id),
                    None => left.clear(),
                }
            }
        }
        Ok(Said::No)
    }

    fn is_tired(&self) -> bool {
        self.left <= 0 || self.bytes_left <= 0
    }
}
