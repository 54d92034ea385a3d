//! Pages of a thread's messages and entries.

use domain::{
    Caller, Error, MessageId, Result, ThreadId, caller::Scope, event::Entry, message::Message, thread::Thread,
};
use store::{Operation, Tx};

use super::bounds;
use crate::{App, journal::thread_not_found};

/// Which messages of a thread, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub from: From,
    pub limit: i64,
    /// Only messages that have something to read: without those that are only tool calls, results or thinking.
    pub listed: bool,
}

/// Where a page of messages begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The newest first, below this position; absent: from the end.
    Before(Option<i64>),
    /// The oldest first, above this position.
    After(i64),
    /// The oldest first, from the n-th on, counted from 0; only of listed messages.
    Offset(i64),
}

/// What a client that asks again and again wants of a thread: messages with something to read, the newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Poll {
    /// Below this position; absent: from the end.
    pub before: Option<i64>,
    pub limit: i64,
    /// The number of the newest entry when the client last asked for the same. If nothing has been added since, it is told no
    /// messages.
    pub known: Option<i64>,
}

/// Bytes of a page whose client is told where the next one begins, however many rows it has asked for: one message may be as
/// large as a request or a reply.
const PAGE_BYTES: i64 = 4 << 20;

impl App {
    /// The number of the thread's newest entry, and the messages: one statement.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn poll_messages(&self, caller: &Caller, thread: ThreadId, poll: Poll) -> Result<(i64, Vec<Message>)> {
        caller.require(Scope::Read)?;
        let (project, Poll { before, limit, known }) = (caller.project, poll);
        let before = before.unwrap_or(i64::MAX);
        let polled = store::op(move |tx| {
            Box::pin(async move { store::messages::listed_since(tx, project, thread, known, before, limit).await })
        });
        self.store.read(polled).await?.ok_or_else(thread_not_found)
    }

    /// A page of messages, with the thread as it stands in the same snapshot.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn list_messages(&self, caller: &Caller, thread: ThreadId, page: Page) -> Result<(Thread, Vec<Message>)> {
        caller.require_bound(Scope::Read)?;
        let caller = caller.clone();
        self.store
            .read(store::op(move |tx| {
                Box::pin(async move {
                    let found = bounds::find(tx, &caller, thread).await?;
                    Ok((found, messages(tx, thread, page).await?))
                })
            }))
            .await
    }

    /// As [`App::list_messages`], but no more than have [`PAGE_BYTES`] in all, and one at least; and whether there are others that
    /// were left out for that.
    ///
    /// # Errors
    /// As [`App::list_messages`].
    #[crate::boxed]
    pub async fn page_messages(
        &self,
        caller: &Caller,
        thread: ThreadId,
        page: Page,
    ) -> Result<(Thread, Vec<Message>, bool)> {
        caller.require_bound(Scope::Read)?;
        let caller = caller.clone();
        self.store
            .read(store::op(move |tx| {
                Box::pin(async move {
                    let found = bounds::find(tx, &caller, thread).await?;
                    let fit = fitting(tx, thread, page).await?;
                    let limit = fit.unwrap_or(page.limit);
                    Ok((found, messages(tx, thread, Page { limit, ..page }).await?, fit.is_some()))
                })
            }))
            .await
    }

    /// The message and up to `each` on either side, in the log's order.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread or message.
    #[crate::boxed]
    pub async fn messages_around(
        &self,
        caller: &Caller,
        thread: ThreadId,
        id: MessageId,
        each: i64,
    ) -> Result<Vec<Message>> {
        caller.require(Scope::Read)?;
        let middle = self.message(caller, thread, id).await?;
        self.store
            .read(store::op(move |tx| {
                Box::pin(async move {
                    let mut page = store::messages::before(tx, thread, middle.seq, each).await?;
                    page.reverse();
                    let seq = middle.seq;
                    page.push(middle);
                    page.extend(store::messages::after(tx, thread, seq, each).await?);
                    Ok(page)
                })
            }))
            .await
    }

    /// How many messages of the thread have something to read.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn count_listed(&self, caller: &Caller, thread: ThreadId) -> Result<i64> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        self.store
            .read_long(store::op(move |tx| {
                Box::pin(async move {
                    store::threads::find(tx, project, thread).await?.ok_or_else(thread_not_found)?;
                    store::messages::count_listed(tx, thread).await
                })
            }))
            .await
    }

    /// Entries above `after`, in order.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread; `invalid` for a position beyond the head.
    #[crate::boxed]
    pub async fn list_events(&self, caller: &Caller, thread: ThreadId, after: i64, limit: i64) -> Result<Vec<Entry>> {
        caller.require_of_agent(Scope::Read)?;
        let (caller, bytes) = (caller.clone(), i64::MAX);
        self.store.read(Events { caller, thread, after, limit, bytes }).await.map(|(entries, _)| entries)
    }

    /// As [`App::list_events`], no more than have [`PAGE_BYTES`] in all, but one at least; and whether there are none beyond them.
    ///
    /// # Errors
    /// As [`App::list_events`].
    #[crate::boxed]
    pub async fn page_events(
        &self,
        caller: &Caller,
        thread: ThreadId,
        after: i64,
        limit: i64,
    ) -> Result<(Vec<Entry>, bool)> {
        caller.require_of_agent(Scope::Read)?;
        let (caller, bytes) = (caller.clone(), PAGE_BYTES);
        self.store.read(Events { caller, thread, after, limit, bytes }).await
    }

    /// The entries from `from` to `to`, both included, in order; those beyond the head are not there.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn events_between(&self, caller: &Caller, thread: ThreadId, from: i64, to: i64) -> Result<Vec<Entry>> {
        caller.require_bound(Scope::Read)?;
        let caller = caller.clone();
        self.store
            .read(store::op(move |tx| {
                Box::pin(async move {
                    bounds::find(tx, &caller, thread).await?;
                    store::events::between(tx, thread, from, to).await
                })
            }))
            .await
    }
}

async fn messages(tx: &mut Tx, thread: ThreadId, page: Page) -> Result<Vec<Message>> {
    let Page { from, limit, listed } = page;
    match (from, listed) {
        (From::Before(before), false) => store::messages::before(tx, thread, before.unwrap_or(i64::MAX), limit).await,
        (From::Before(before), true) => {
            store::messages::listed_before(tx, thread, before.unwrap_or(i64::MAX), limit).await
        }
        (From::After(after), false) => store::messages::after(tx, thread, after, limit).await,
        (From::After(after), true) => store::messages::listed_after(tx, thread, after, limit).await,
        (From::Offset(offset), _) => store::messages::listed_at(tx, thread, offset, limit).await,
    }
}

/// How many messages of the page may be read, if not all.
async fn fitting(tx: &mut Tx, thread: ThreadId, page: Page) -> Result<Option<i64>> {
    let Page { from, limit, .. } = page;
    let counted = match from {
        From::Before(before) => {
            store::messages::fitting_before(tx, thread, before.unwrap_or(i64::MAX), limit, PAGE_BYTES).await?
        }
        From::After(after) => store::messages::fitting_after(tx, thread, after, limit, PAGE_BYTES).await?,
        From::Offset(_) => None,
    };
    let fit = counted.map(|(rows, fit)| (rows, fit.unwrap_or_default().max(1)));
    Ok(fit.filter(|(rows, fit)| fit < rows).map(|(_, fit)| fit))
}

struct Events {
    caller: Caller,
    thread: ThreadId,
    after: i64,
    limit: i64,
    bytes: i64,
}

impl Operation for Events {
    type Out = (Vec<Entry>, bool);

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let found = bounds::find(tx, &self.caller, self.thread).await?;
        if self.after > found.last_seq {
            return Err(beyond_head());
        }
        store::events::within(tx, self.thread, self.after, self.limit, self.bytes).await
    }
}

/// A position that no reader can have been given.
pub(crate) fn beyond_head() -> Error {
    Error::invalid("invalid_position", "This position lies beyond the end of the thread's log")
}
