//! Threads by what no index knows: what is said in them, or what is true of them.

use domain::{Caller, ProjectId, Result, ThreadId, caller::Scope, thread::Thread};
use store::{Operation, Tx};

use super::threads::Filter;
use crate::App;

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
    ) -> Result<Vec<Thread>> {
        caller.require(Scope::Read)?;
        self.store.read_long(Sift { project: caller.project, filter, is, before, limit }).await
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
    ) -> Result<Vec<Thread>> {
        caller.require(Scope::Read)?;
        let (project, text) = (caller.project, text.to_lowercase());
        self.store.read_long(Search { project, filter, text, before, limit }).await
    }
}

struct Search {
    project: ProjectId,
    filter: Filter,
    /// In lower case.
    text: String,
    before: Option<ThreadId>,
    limit: i64,
}

/// Threads, or messages of one, that are read at once.
const ROWS: i64 = 200;

impl Operation for Search {
    type Out = Vec<Thread>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<Thread>> {
        let (mut found, mut before) = (Vec::new(), self.before);
        loop {
            let page = store::threads::list(tx, self.project, &self.filter, before, ROWS).await?;
            before = page.last().map(|thread| thread.id);
            let is_last = (page.len() as i64) < ROWS;
            for thread in page {
                if found.len() as i64 == self.limit {
                    return Ok(found);
                }
                if self.is_said(tx, &thread).await? {
                    found.push(thread);
                }
            }
            if is_last {
                return Ok(found);
            }
        }
    }
}

impl Search {
    async fn is_said(&self, tx: &mut Tx, thread: &Thread) -> Result<bool> {
        if thread.title.as_ref().is_some_and(|title| title.to_lowercase().contains(&self.text)) {
            return Ok(true);
        }
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
}

impl<F: Fn(&Thread) -> bool + Send + 'static> Operation for Sift<F> {
    type Out = Vec<Thread>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<Thread>> {
        let Self { project, filter, is, mut before, limit } = self;
        let mut found = Vec::new();
        while (found.len() as i64) < limit {
            let page = store::threads::list(tx, project, &filter, before, ROWS).await?;
            let Some(last) = page.last().map(|thread| thread.id) else { break };
            before = Some(last);
            found.extend(page.into_iter().filter(&is));
        }
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }
}
