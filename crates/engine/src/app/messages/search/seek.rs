//! The comparison of a search: its text, its filter and its budget.

use std::collections::HashMap;

use domain::{Limits, ProjectId, Result, ThreadId, fold, message::Message};
use store::{
    Bound, Fitted, Tx,
    threads::{self, Filter, Stretch},
};

use super::{Hits, Only};

/// Messages read at once, and their bytes.
const STRETCH: i64 = 500;
const STRETCH_BYTES: i64 = 1 << 20;

/// The text to find, the remaining budget, and the found messages.
pub(super) struct Seek {
    project: ProjectId,
    /// The folded text.
    text: String,
    only: Only,
    left: i64,
    bytes_left: i64,
    page: Bound,
    hits: Vec<Message>,
    hit_bytes: i64,
    /// Threads that were compared with the filter.
    threads: HashMap<ThreadId, bool>,
}

/// The progress of a search.
pub(super) struct Looked<P> {
    /// The last examined message.
    pub(super) at: Option<P>,
    /// True if the page is full.
    pub(super) full: bool,
}

impl Seek {
    pub(super) fn new(project: ProjectId, text: String, only: Only, limits: &Limits, page: Bound) -> Self {
        let (left, bytes_left) = (limits.search_scan as i64, limits.search_bytes as i64);
        let (hits, threads) = (Vec::new(), HashMap::new());
        Self { project, text, only, left, bytes_left, page, hits, hit_bytes: 0, threads }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The bound of the next read. `None`: the budget is used up.
    pub(super) fn next(&self) -> Option<Bound> {
        let bound = || Bound::page(self.left.min(STRETCH), self.bytes_left.min(STRETCH_BYTES));
        (self.left > 0 && self.bytes_left > 0).then(bound)
    }

    /// The page of all hits.
    pub(super) fn page<P>(self, next: Option<P>) -> Hits<P> {
        Hits { messages: self.hits, next }
    }

    pub(super) async fn look<P>(
        &mut self,
        tx: &mut Tx,
        stretch: Fitted<Message>,
        place: impl Fn(&Message) -> P,
    ) -> Result<Looked<P>> {
        let mut at = None;
        for (message, size) in stretch.rows.into_iter().zip(stretch.sizes) {
            let (here, size) = (place(&message), size as i64);
            (self.left, self.bytes_left) = (self.left - 1, self.bytes_left - size);
            if self.lets(&message) && self.lets_thread(tx, message.thread).await? {
                if !self.hits.is_empty() && self.hit_bytes + size > self.page.bytes {
                    return Ok(Looked { at, full: true });
                }
                self.hit_bytes += size;
                self.hits.push(message);
            }
            at = Some(here);
            if self.hits.len() as i64 == self.page.rows {
                return Ok(Looked { at, full: true });
            }
        }
        Ok(Looked { at, full: false })
    }

    fn lets(&self, message: &Message) -> bool {
        let Only { author, since, until, .. } = &self.only;
        author.is_none_or(|author| author == message.author.kind())
            && since.is_none_or(|since| since <= message.at)
            && until.is_none_or(|until| message.at < until)
            && fold::contains(&message.body.plain_text(), &self.text)
    }

    /// Compares the thread of a message that contains the text. Each thread is read once, and counts.
    async fn lets_thread(&mut self, tx: &mut Tx, thread: ThreadId) -> Result<bool> {
        let Only { agent, customer, handling, .. } = self.only;
        let filter = Filter { agent, customer, handling, ..Filter::default() };
        if filter == Filter::default() {
            return Ok(true);
        }
        if let Some(known) = self.threads.get(&thread) {
            return Ok(*known);
        }
        self.left -= 1;
        let found = threads::list(tx, self.project, &filter, Stretch::one(thread), Bound::rows(1)).await?;
        let lets = !found.rows.is_empty();
        self.threads.insert(thread, lets);
        Ok(lets)
    }
}
