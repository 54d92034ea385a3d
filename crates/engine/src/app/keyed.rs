//! Operations with an origin key (idempotency). They run once, and a replay returns the present state.
//!
//! Operations that create something with an id take the key in their own transaction. This module wraps the others.

use domain::{
    Caller, CustomerId, Result, ThreadId, TurnId,
    message::ToolResult,
    thread::Thread,
    turn::{self, Next, Turn},
};
use store::{Operation, Tx};
use uuid::Uuid;

use super::turns::results::Accepted;
use crate::{
    App, Origin,
    origin::{self, Taken},
    unknown,
};

/// Operations of [`App`] that are carried out at most once for their key.
pub struct Keyed<'a> {
    pub(super) app: &'a App,
    pub(super) origin: Option<Origin>,
}

impl App {
    /// Without a key, each call is carried out.
    pub fn keyed(&self, origin: Option<Origin>) -> Keyed<'_> {
        Keyed { app: self, origin }
    }
}

impl Keyed<'_> {
    /// # Errors
    /// As [`App::close_thread`]; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn close_thread(&self, caller: &Caller, id: ThreadId, reason: Option<String>) -> Result<Thread> {
        let close = self.app.closing(caller, id, reason)?;
        self.change_thread(caller, id, close).await
    }

    /// Reopens a closed thread. Its cancelled turns stay cancelled.
    ///
    /// # Errors
    /// `not_found`; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn reopen_thread(&self, caller: &Caller, id: ThreadId) -> Result<Thread> {
        let reopen = self.app.reopening(caller, id)?;
        self.change_thread(caller, id, reopen).await
    }

    /// Cancels every open turn of the thread, and returns the thread.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn stop_thread(&self, caller: &Caller, id: ThreadId) -> Result<Thread> {
        let cancel = self.app.cancelling(caller, id, None)?;
        self.once(caller, Some(id), cancel, move |_| id.0).await?;
        self.thread(caller, id).await
    }

    /// Cancels every open turn of the thread. Returns whether there were any.
    ///
    /// # Errors
    /// As [`Keyed::stop_thread`]; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn stop_turns(&self, caller: &Caller, id: ThreadId) -> Result<bool> {
        let cancel = self.app.cancelling(caller, id, None)?;
        let first = move |cancelled: &Vec<TurnId>| cancelled.first().map_or(id.0, |turn| turn.0);
        match self.once(caller, Some(id), cancel, first).await? {
            Outcome::Done(cancelled) => Ok(!cancelled.is_empty()),
            Outcome::Before(first) => Ok(first != id.0),
        }
    }

    /// Cancels one turn. A turn that has ended stays unchanged.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread or turn; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn cancel_turn(&self, caller: &Caller, thread: ThreadId, id: TurnId) -> Result<Turn> {
        let cancel = self.app.cancelling(caller, thread, Some(id))?;
        self.once(caller, Some(thread), cancel, move |_| thread.0).await?;
        self.app.turn_for_writer(caller, thread, id).await
    }

    /// Opens a turn, after the present open ones, for the messages of a turn that failed or was cancelled. It has the
    /// old turn's controls and the thread's present agent. The messages move to the new turn, so that no two turns
    /// answer them. The old turn's answers stay.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread or turn. `conflict` for an open turn (`turn_open`), a completed one
    /// (`turn_completed`), one whose messages another turn has (`turn_retried`), a closed thread, a paused agent
    /// (`agent_paused`), and a thread whose agent is silent for a person (`thread_held`). `rate_limited` if too many turns wait; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn retry_turn(&self, caller: &Caller, thread: ThreadId, id: TurnId) -> Result<Turn> {
        let retry = self.app.retrying(caller, thread, id)?;
        match self.once(caller, Some(thread), retry, |turn| turn.id.0).await? {
            Outcome::Done(turn) => Ok(turn),
            Outcome::Before(turn) => self.app.turn_for_writer(caller, thread, TurnId(turn)).await,
        }
    }

    /// Stores results of calls that the thread's open turn waits for; with the last one the turn goes on.
    /// A replay counts the waiting calls again.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread; `conflict` (`not_waiting`) when no turn waits for results;
    /// `invalid` for a result of a call that is not open, or two of one call; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn tool_results(&self, caller: &Caller, thread: ThreadId, results: Vec<ToolResult>) -> Result<Accepted> {
        let accepted = results.len();
        let submit = self.app.submitting(caller, thread, results)?;
        match self.once(caller, Some(thread), submit, |accepted| accepted.turn.0).await? {
            Outcome::Done(accepted) => Ok(accepted),
            Outcome::Before(turn) => {
                let turn = self.app.turn_for_writer(caller, thread, TurnId(turn)).await?;
                let open = self.open_calls(&turn).await?;
                Ok(Accepted { turn: turn.id, accepted, open })
            }
        }
    }

    /// Runs an operation that changes a thread, and returns the thread.
    pub(super) async fn change_thread(
        &self,
        caller: &Caller,
        id: ThreadId,
        change: impl Operation<Out = Thread>,
    ) -> Result<Thread> {
        match self.once(caller, Some(id), change, move |_| id.0).await? {
            Outcome::Done(thread) => Ok(thread),
            Outcome::Before(_) => self.thread(caller, id).await,
        }
    }

    /// Runs the operation unless the key was used for it before. `thread` is the operation's thread, if it has one; the
    /// key is removed with the thread. `names` returns the id by which a replay finds the result.
    pub(super) async fn once<O: Operation>(
        &self,
        caller: &Caller,
        thread: Option<ThreadId>,
        operation: O,
        names: impl FnOnce(&O::Out) -> Uuid + Send + 'static,
    ) -> Result<Outcome<O::Out>> {
        let (app, origin) = (self.app.clone(), self.origin.clone());
        self.app.store.write(Once { app, caller: caller.clone(), origin, thread, operation, names }).await
    }

    /// The thread to which the caller has just written.
    async fn thread(&self, caller: &Caller, id: ThreadId) -> Result<Thread> {
        let project = caller.project;
        let find = store::op(move |tx| Box::pin(async move { store::threads::find(tx, project, id).await }));
        self.app.store.read(find).await?.ok_or_else(unknown::thread)
    }

    async fn open_calls(&self, turn: &Turn) -> Result<usize> {
        let (thread, id, first_seq) = (turn.thread, turn.id, turn.first_seq);
        let own =
            store::op(move |tx| Box::pin(async move { store::messages::of_turn(tx, thread, id, first_seq).await }));
        match turn::next(&self.app.store.read(own).await?, None) {
            Next::Tools(open) => Ok(open.len()),
            Next::Ask | Next::Complete => Ok(0),
        }
    }
}

/// The outcome of an operation with a key.
pub(super) enum Outcome<T> {
    Done(T),
    /// The key was used for this operation before; the id is that of the first result.
    Before(Uuid),
}

impl Outcome<CustomerId> {
    /// The customer of the first or the repeated operation.
    pub(super) fn customer(self) -> CustomerId {
        match self {
            Self::Done(customer) => customer,
            Self::Before(id) => CustomerId(id),
        }
    }
}

/// An operation with its origin key.
struct Once<O, F> {
    app: App,
    caller: Caller,
    origin: Option<Origin>,
    thread: Option<ThreadId>,
    operation: O,
    names: F,
}

impl<O, F> Operation for Once<O, F>
where
    O: Operation,
    F: FnOnce(&O::Out) -> Uuid + Send + 'static,
{
    type Out = Outcome<O::Out>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { app, caller, origin, thread, operation, names } = self;
        let now = app.clock.now();
        let expected = thread.map_or(Uuid::nil(), |thread| thread.0);
        if let Taken::Replay(id) = origin::take(tx, &caller, origin.as_ref(), thread, expected, now).await? {
            return Ok(Outcome::Before(id));
        }
        let done = operation.run(tx).await?;
        let named = names(&done);
        if named != expected {
            origin::settle(tx, &caller, origin.as_ref(), thread, named, now).await?;
        }
        Ok(Outcome::Done(done))
    }
}
