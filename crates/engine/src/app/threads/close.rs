//! Closes threads on request, and reopens them.

use std::sync::Arc;

use domain::{
    Caller, Result, ThreadId,
    caller::Scope,
    event::Event,
    thread::{Closed, ClosedBy, Thread, Ticket},
};
use store::{Operation, Tx};

use super::{update::written, windows};
use crate::{App, app::access::renewal, inner::Inner, journal::Journal, turns::end};

impl App {
    /// Closes the thread and cancels its open turns. Closing a closed thread changes nothing.
    ///
    /// # Errors
    /// `not_found`.
    #[crate::boxed]
    pub async fn close_thread(&self, caller: &Caller, id: ThreadId, reason: Option<String>) -> Result<Thread> {
        self.store.write(self.closing(caller, id, reason)?).await
    }

    pub(crate) fn closing(&self, caller: &Caller, id: ThreadId, reason: Option<String>) -> Result<Close> {
        caller.require(Scope::Write)?;
        Ok(Close { inner: self.inner().clone(), caller: caller.clone(), id, reason })
    }

    pub(crate) fn reopening(&self, caller: &Caller, id: ThreadId) -> Result<Reopen> {
        caller.require(Scope::Write)?;
        Ok(Reopen { inner: self.inner().clone(), caller: caller.clone(), id })
    }
}

pub(crate) struct Close {
    inner: Arc<Inner>,
    caller: Caller,
    id: ThreadId,
    reason: Option<String>,
}

impl Operation for Close {
    type Out = Thread;

    async fn run(self, tx: &mut Tx) -> Result<Thread> {
        let Self { inner, caller, id, reason } = self;
        let mut journal = Journal::named(tx, caller.project, id, inner.clock.now()).await?;
        journal.growth.exempt();
        close(tx, &mut journal, reason, &inner).await?;
        written(tx, journal, &inner).await
    }
}

/// Closes the thread on request, cancels its open turns and voids its guests' tokens, unless a person has already closed
/// it.
pub(crate) async fn close(
    tx: &mut Tx,
    journal: &mut Journal,
    reason: Option<String>,
    inner: &Arc<Inner>,
) -> Result<()> {
    if journal.thread.closed.as_ref().is_some_and(|closed| closed.by == ClosedBy::Person) {
        return Ok(());
    }
    journal.load_turns(tx).await?;
    for turn in journal.turns.clone() {
        end::cancel(tx, journal, &turn, Some("the thread was closed".into()), inner).await?;
    }
    let closed = Closed { by: ClosedBy::Person, reason, at: journal.now };
    journal.thread.closed = Some(closed.clone());
    // A closed thread is its agent's. The assignee stays, for the lists.
    let people = &mut journal.thread.people;
    (people.held_since, people.wanted, people.unanswered) = (None, None, None);
    journal.thread.ticket = Ticket::Closed;
    journal.append(None, Event::ThreadClosed { closed });
    renewal::void_at_close(tx, journal, inner).await
}

pub(crate) struct Reopen {
    inner: Arc<Inner>,
    caller: Caller,
    id: ThreadId,
}

impl Operation for Reopen {
    type Out = Thread;

    async fn run(self, tx: &mut Tx) -> Result<Thread> {
        let Self { inner, caller, id } = self;
        let mut journal = Journal::named(tx, caller.project, id, inner.clock.now()).await?;
        reopen(tx, &mut journal, Ticket::Waiting, &inner).await?;
        written(tx, journal, &inner).await
    }
}

/// Reopens the thread with this ticket, if it is closed.
pub(crate) async fn reopen(tx: &mut Tx, journal: &mut Journal, ticket: Ticket, inner: &Arc<Inner>) -> Result<()> {
    if journal.thread.closed_at(journal.now).is_some() {
        journal.thread.closed = None;
        journal.thread.ticket = ticket;
        windows::begin(tx, journal, inner).await?;
        journal.append(None, Event::ThreadReopened {});
    }
    Ok(())
}
