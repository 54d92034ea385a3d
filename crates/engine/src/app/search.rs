//! Search over what was said.

use domain::{Caller, Error, MessageId, ProjectId, Result, ThreadId, caller::Scope, message::Message};
use store::{Operation, Tx};

use crate::{App, journal::thread_not_found, validate};

/// Messages that are read at once.
const STRETCH: i64 = 500;

/// Messages that contain a text, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Hits<P> {
    pub messages: Vec<Message>,
    /// Where the next page begins: there may be more below it. Absent: everything was looked at.
    pub next: Option<P>,
}

impl App {
    /// Messages of the project that contain `text`, whatever its case, where people read it: in text, links and the names of
    /// files. A page looks at no more than [`domain::Limits::search_scan`] messages, so it may be short or empty and yet have a
    /// next one.
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

    /// As [`App::search_messages`], of one thread, below the entry `before`.
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
        Ok(Seek { text: text.to_lowercase(), limit: limit as usize, left: self.limits.search_scan as i64 })
    }
}

/// What is sought, and how much may still be looked at.
struct Seek {
    /// In lower case.
    text: String,
    limit: usize,
    left: i64,
}

impl Seek {
    /// How many messages are looked at next.
    fn stretch(&self) -> i64 {
        self.left.min(STRETCH)
    }

    /// Adds those that match until there are enough; the last one that was looked at if some are left over.
    fn take(&self, hits: &mut Vec<Message>, stretch: Vec<Message>) -> Option<Message> {
        for message in stretch {
            if message.body.plain_text().to_lowercase().contains(&self.text) {
                hits.push(message.clone());
                if hits.len() == self.limit {
                    return Some(message);
                }
            }
        }
        None
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
        let mut messages = Vec::new();
        while seek.left > 0 {
            let Some(from) = store::messages::stretch(tx, before, seek.stretch()).await? else {
                return Ok(Hits { messages, next: None });
            };
            let stretch = store::messages::of_stretch(tx, project, from, before).await?;
            if let Some(last) = seek.take(&mut messages, stretch) {
                return Ok(Hits { messages, next: Some(last.id) });
            }
            before = Some(from);
            seek.left -= seek.stretch();
        }
        Ok(Hits { messages, next: before })
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
        store::threads::find(tx, project, thread).await?.ok_or_else(thread_not_found)?;
        let (mut messages, mut below) = (Vec::new(), before.unwrap_or(i64::MAX));
        while seek.left > 0 {
            let stretch = store::messages::before(tx, thread, below, seek.stretch()).await?;
            let Some(oldest) = stretch.last().map(|message| message.seq) else {
                return Ok(Hits { messages, next: None });
            };
            if let Some(last) = seek.take(&mut messages, stretch) {
                return Ok(Hits { messages, next: Some(last.seq) });
            }
            below = oldest;
            seek.left -= seek.stretch();
        }
        Ok(Hits { messages, next: Some(below) })
    }
}
