//! Threads by what no index knows: what is said in them, or what is true of them.
//!
//! A page looks at no more than [`domain::Limits::search_scan`] threads and entries of those that it looks into, but for the last
//! one, so it may be short or empty and yet have a next one.

use domain::{Caller, ProjectId, Result, ThreadId, caller::Scope, thread::Thread};
use store::{Operation, Tx};

use super::threads::Filter;
use crate::App;

/// A page of threads, the newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub threads: Vec<Thread>,
    /// Where the next page begins: there may be more below it. Absent: there are no more.
    pub next: Option<ThreadId>,
}

impl Found {
    /// The first `limit` of these. More of them say that there is a next page.
    pub fn first(mut threads: Vec<Thread>, limit: i64) -> Self {
        let limit = usize::try_from(limit).unwrap_or_default();
        let more = threads.len() > limit;
        threads.truncate(limit);
        Self { next: threads.last().filter(|_| more).map(|thread| thread.id), threads }
    }
}

impl App {
    /// As [`App::list_threads`], only those that `is` true of.
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
        let left = self.limits.search_scan as i64;
        self.store.read_long(Sift { project: caller.project, filter, is, before, limit, left }).await
    }

    /// As [`App::list_threads`], only those whose title, or a message that has something to read, contains `text`, whatever the
    /// case.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn threads_that_say(
        &self,
        caller: &Caller,
        filter: Filter,
        text: &str,
        before: Option<ThreadId>,
        limit: i64,
    ) -> Result<Found> {
        caller.require(Scope::Read)?;
        let (project, text, left) = (caller.project, text.to_lowercase(), self.limits.search_scan as i64);
        self.store.read_long(Search { project, filter, text, before, limit, left }).await
    }
}

struct Search {
    project: ProjectId,
    filter: Filter,
    /// In lower case.
    text: String,
    before: Option<ThreadId>,
    limit: i64,
    /// How much may still be looked at.
    left: i64,
}

/// Threads, or messages of one, that are read at once.
const ROWS: i64 = 200;

impl Operation for Search {
    type Out = Found;

    async fn run(mut self, tx: &mut Tx) -> Result<Found> {
        let (mut threads, mut before) = (Vec::new(), self.before);
        loop {
            let page = store::threads::list(tx, self.project, &self.filter, before, ROWS).await?;
            let is_last = (page.len() as i64) < ROWS;
            for thread in page {
                if self.left <= 0 {
                    return Ok(Found { threads, next: before });
                }
                before = Some(thread.id);
                if self.is_said(tx, &thread).await? {
                    threads.push(thread);
                }
                if threads.len() as i64 > self.limit {
                    return Ok(Found::first(threads, self.limit));
                }
            }
            if is_last {
                return Ok(Found { threads, next: None });
            }
        }
    }
}

impl Search {
    async fn is_said(&mut self, tx: &mut Tx, thread: &Thread) -> Result<bool> {
        self.left -= 1;
        if thread.title.as_ref().is_some_and(|title| title.to_lowercase().contains(&self.text)) {
            return Ok(true);
        }
        self.left -= thread.last_seq;
        // A database may not know the case of letters beyond ASCII: then every message is looked at.
        let part = self.text.is_ascii().then_some(self.text.as_str());
        let mut before = i64::MAX;
        loop {
            let page = store::messages::containing(tx, thread.id, part, before, ROWS).await?;
            if page.iter().any(|message| message.body.plain_text().to_lowercase().contains(&self.text)) {
                return Ok(true);
            }
            let Some(last) = page.last().filter(|_| page.len() as i64 == ROWS) else { return Ok(false) };
            before = last.seq;
        }
    }
}

struct Sift<F> {
    project: ProjectId,
    filter: Filter,
    is: F,
    before: Option<ThreadId>,
    limit: i64,
    /// How many threads may still be looked at.
    left: i64,
}

impl<F: Fn(&Thread) -> bool + Send + 'static> Operation for Sift<F> {
    type Out = Found;

    async fn run(self, tx: &mut Tx) -> Result<Found> {
        let Self { project, filter, is, mut before, limit, mut left } = self;
        let mut threads = Vec::new();
        while left > 0 {
            let rows = left.min(ROWS);
            let page = store::threads::list(tx, project, &filter, before, rows).await?;
            let is_last = (page.len() as i64) < rows;
            before = page.last().map(|thread| thread.id).or(before);
            threads.extend(page.into_iter().filter(&is));
            if is_last || threads.len() as i64 > limit {
                return Ok(Found::first(threads, limit));
            }
            left -= rows;
        }
        Ok(Found { threads, next: before })
    }
}
