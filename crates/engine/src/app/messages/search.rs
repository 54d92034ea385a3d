//! Searches messages.

use domain::{Caller, Error, MessageId, ProjectId, Result, ThreadId, caller::Scope, fold, message::Message};
use store::{Bound, Fitted, Operation, Tx, messages::Side};

use crate::{App, unknown, validate};

/// Messages read at once, and their bytes.
const STRETCH: i64 = 500;
const STRETCH_BYTES: i64 = 1 << 20;

/// Messages that contain a text, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Hits<P> {
    pub messages: Vec<Message>,
    /// Start of the next page, because more may follow. Absent: everything was examined.
    pub next: Option<P>,
}

impl App {
    /// Messages of the project that contain `text` in their text, links or file names; case does not matter. A page
    /// examines at most [`domain::Limits::search_scan`] messages of the project, and [`domain::Limits::search_bytes`]
    /// of text. It may therefore be short or empty although a next one exists.
    ///
    /// # Errors
    /// `forbidden` without `read`; `invalid` for the text.
    #[crate::boxed]
    pub async fn search_messages(
        &self,
        caller: &Caller,
        text: &str,
        before: Option<MessageId>,
        limit: i64,
    ) -> Result<Hits<MessageId>> {
        caller.require(Scope::Read)?;
        let seek = self.seek(text, limit)?;
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
        text: &str,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Hits<i64>> {
        caller.require(Scope::Read)?;
        let seek = self.seek(text, limit)?;
        self.store.read_long(Within { project: caller.project, thread, before, seek }).await
    }

    fn seek(&self, text: &str, limit: i64) -> Result<Seek> {
        if text.trim().is_empty() {
            return Err(Error::field("q", "must not be empty"));
        }
        validate::chars("q", text, self.limits.search_chars)?;
        Ok(Seek {
            text: fold::fold(text),
            left: self.limits.search_scan as i64,
            bytes_left: self.limits.search_bytes as i64,
            page: self.bound(limit),
            hits: Vec::new(),
            hit_bytes: 0,
        })
    }
}

/// The text to find, the remaining budget, and the found messages.
struct Seek {
    /// The folded text.
    text: String,
    left: i64,
    bytes_left: i64,
    page: Bound,
    hits: Vec<Message>,
    hit_bytes: i64,
}

/// The progress of a search.
struct Looked<P> {
    /// The last examined message.
    at: Option<P>,
    /// True if the page is full.
    full: bool,
}

impl Seek {
    /// The bound of the next read. `None`: the budget is used up.
    fn next(&self) -> Option<Bound> {
        let bound = || Bound::page(self.left.min(STRETCH), self.bytes_left.min(STRETCH_BYTES));
        (self.left > 0 && self.bytes_left > 0).then(bound)
    }

    fn look<P>(&mut self, stretch: Fitted<Message>, place: impl Fn(&Message) -> P) -> Looked<P> {
        let mut at = None;
        for (message, size) in stretch.rows.into_iter().zip(stretch.sizes) {
            let (here, size) = (place(&message), size as i64);
            (self.left, self.bytes_left) = (self.left - 1, self.bytes_left - size);
            if fold::contains(&message.body.plain_text(), &self.text) {
                if !self.hits.is_empty() && self.hit_bytes + size > self.page.bytes {
                    return Looked { at, full: true };
                }
                self.hit_bytes += size;
                self.hits.push(message);
            }
            at = Some(here);
            if self.hits.len() as i64 == self.page.rows {
                return Looked { at, full: true };
            }
        }
        Looked { at, full: false }
    }
}

struct Everywhere {
    project: ProjectId,
    before: Option<MessageId>,
    seek: Seek,
}

impl Operation for Everywhere {
    type Out = Hits<MessageId>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { project, mut before, mut seek } = self;
        while let Some(bound) = seek.next() {
            let stretch = store::messages::of_project(tx, project, (None, before), bound).await?;
            let more = stretch.more;
            let Looked { at, full } = seek.look(stretch, |message| message.id);
            before = at.or(before);
            if full || !more {
                return Ok(Hits { messages: seek.hits, next: before.filter(|_| full) });
            }
        }
        Ok(Hits { messages: seek.hits, next: before })
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
            let Looked { at, full } = seek.look(stretch, |message| message.seq);
            below = at.unwrap_or(below);
            if full || !more {
                return Ok(Hits { messages: seek.hits, next: Some(below).filter(|_| full) });
            }
        }
        Ok(Hits { messages: seek.hits, next: Some(below) })
    }
}
