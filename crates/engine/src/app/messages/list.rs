//! Pages of a thread's messages and entries. Each page ends at [`domain::Limits::page_bytes`], after at least one row,
//! and tells whether more follow.

use domain::{
    Caller, Error, MessageId, Result, ThreadId, caller::Scope, codes, event::Entry, message::Message, thread::Thread,
};
use store::{
    Bound, Fitted, Operation, Tx,
    events::Stretch,
    messages::Side,
    planted::{Bug, is_planted},
};

use crate::{App, app::access::bounds, unknown};

/// A range of messages of a thread, with its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub from: From,
    pub limit: i64,
    /// Only readable messages: without those of only tool calls, results or thinking.
    pub listed: bool,
}

/// The start of a page of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// Below this position, newest first. Absent: from the end.
    Before(Option<i64>),
    /// Above this position, oldest first.
    After(i64),
}

/// A page of messages, with the thread from the same snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub thread: Thread,
    pub messages: Vec<Message>,
    /// True if further messages follow.
    pub more: bool,
}

/// The query of a client that polls a thread: readable messages, newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Poll {
    /// Below this position. Absent: from the end.
    pub before: Option<i64>,
    pub limit: i64,
    /// The number of the newest entry at the client's last poll. If nothing was added since, the answer has no
    /// messages.
    pub known: Option<i64>,
}

/// Entries about people on a page of a conversation.
const BESIDE_ROWS: i64 = 200;

impl App {
    /// The bound of a page with this many rows.
    pub(crate) fn bound(&self, rows: i64) -> Bound {
        Bound::page(rows, self.page_bytes())
    }

    pub(crate) fn page_bytes(&self) -> i64 {
        i64::try_from(self.limits.page_bytes).unwrap_or(i64::MAX)
    }

    /// The number of the thread's newest entry, and a page of messages, by one statement.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn poll_messages(&self, caller: &Caller, thread: ThreadId, poll: Poll) -> Result<(i64, Fitted<Message>)> {
        caller.require(Scope::Read)?;
        let (project, known, bound) = (caller.project, poll.known, self.bound(poll.limit));
        let before = poll.before.unwrap_or(i64::MAX);
        let polled = store::op(move |tx| {
            Box::pin(async move { store::messages::listed_since(tx, project, thread, known, before, bound).await })
        });
        self.store.read(polled).await?.ok_or_else(unknown::thread)
    }

    /// A page of messages.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn list_messages(&self, caller: &Caller, thread: ThreadId, page: Page) -> Result<Listed> {
        caller.require_bound(Scope::Read)?;
        let (caller, bound) = (caller.clone(), self.bound(page.limit));
        self.store.read(Messages { caller, thread, page, bound }).await
    }

    /// Like [`App::list_messages`], for clients that read a whole log: a piece of at most
    /// [`domain::Limits::piece_bytes`], read off the async threads.
    ///
    /// # Errors
    /// As [`App::list_messages`].
    #[crate::boxed]
    pub async fn next_messages(&self, caller: &Caller, thread: ThreadId, page: Page) -> Result<Listed> {
        caller.require_bound(Scope::Read)?;
        let (caller, bound) = (caller.clone(), Bound::page(page.limit, self.limits.piece_bytes as i64));
        self.store.read_long(Messages { caller, thread, page, bound }).await
    }

    /// The messages below a position, newest first, and the entries about people between and after them, in order.
    ///
    /// # Errors
    /// `forbidden` below the project; `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn list_conversation(
        &self,
        caller: &Caller,
        thread: ThreadId,
        before: Option<i64>,
        limit: i64,
    ) -> Result<(Listed, Vec<Entry>)> {
        caller.require(Scope::Read)?;
        let page = Page { from: From::Before(before), limit, listed: false };
        let messages = Messages { caller: caller.clone(), thread, page, bound: self.bound(limit) };
        let last = before.map_or(i64::MAX, |before| before.saturating_sub(1));
        let read = store::op(move |tx| {
            Box::pin(async move {
                let listed = messages.run(tx).await?;
                let first = listed.messages.last().filter(|_| listed.more).map_or(0, |oldest| oldest.seq);
                let people = store::events::of_people(tx, thread, (first, last), BESIDE_ROWS).await?;
                Ok((listed, people))
            })
        });
        self.store.read(read).await
    }

    /// The message and up to `each` on either side, in the log's order, and whether more follow. At least half of the
    /// page is for the message and those after it.
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
    ) -> Result<(Vec<Message>, bool)> {
        caller.require(Scope::Read)?;
        let middle = self.message(caller, thread, id).await?.seq;
        let bytes = self.page_bytes();
        self.store
            .read(store::op(move |tx| {
                Box::pin(async move {
                    let bound = Bound::page(each + 1, bytes / 2);
                    let after = store::messages::page(tx, thread, Side::Above(middle - 1), false, bound).await?;
                    let bound = Bound::rest(each, bytes - after.bytes());
                    let mut page = store::messages::page(tx, thread, Side::Below(middle), false, bound).await?.rows;
                    page.reverse();
                    page.extend(after.rows);
                    Ok((page, after.more))
                })
            }))
            .await
    }

    /// A page of the entries above `after`, in order.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread; `invalid` for a position after the head.
    #[crate::boxed]
    pub async fn list_events(
        &self,
        caller: &Caller,
        thread: ThreadId,
        after: i64,
        limit: i64,
    ) -> Result<Fitted<Entry>> {
        caller.require_of_agent(Scope::Read)?;
        let (caller, bound) = (caller.clone(), self.bound(limit));
        self.store.read(Events { caller, thread, after, bound }).await
    }
}

struct Messages {
    caller: Caller,
    thread: ThreadId,
    page: Page,
    bound: Bound,
}

impl Operation for Messages {
    type Out = Listed;

    async fn run(self, tx: &mut Tx) -> Result<Listed> {
        let Self { caller, thread, page: Page { from, listed, .. }, bound } = self;
        let found = bounds::find(tx, &caller, thread).await?;
        let side = match from {
            From::Before(before) => Side::Below(before.unwrap_or(i64::MAX)),
            From::After(after) => Side::Above(after),
        };
        let Fitted { rows, more, .. } = store::messages::page(tx, thread, side, listed, bound).await?;
        let messages = rows.into_iter().map(|message| message.shown_to(caller.subject)).collect();
        Ok(Listed { thread: found, messages, more })
    }
}

struct Events {
    caller: Caller,
    thread: ThreadId,
    after: i64,
    bound: Bound,
}

impl Operation for Events {
    type Out = Fitted<Entry>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let found = bounds::find(tx, &self.caller, self.thread).await?;
        if self.after > found.last_seq {
            return Err(beyond_head());
        }
        let found = store::events::stretch(tx, self.thread, Stretch::above(self.after), false, self.bound).await?;
        Ok(Fitted { rows: shown(found.rows, &self.caller), ..found })
    }
}

/// The entries in the view of the caller.
fn shown(entries: Vec<Entry>, caller: &Caller) -> Vec<Entry> {
    if is_planted(Bug::NotesBelow) {
        return entries;
    }
    entries.into_iter().map(|entry| entry.shown_to(caller.subject)).collect()
}

/// A position that no reader can have.
pub(crate) fn beyond_head() -> Error {
    Error::invalid(codes::INVALID_POSITION, "This position is beyond the end of the thread's log")
}
