//! Operations that make nothing which could be found again, under an origin key: done once, told as they stand after that.

use domain::{
    Caller, Result, ThreadId, TurnId,
    message::ToolResult,
    thread::Thread,
    turn::{self, Next, Turn},
};
use store::{Operation, Tx};
use uuid::Uuid;

use super::tool_results::Accepted;
use crate::{
    App, Origin,
    journal::thread_not_found,
    origin::{self, Taken},
};

/// The operations of [`App`] of the same names, done at most once for the key.
pub struct Keyed<'a> {
    app: &'a App,
    origin: Option<Origin>,
}

impl App {
    /// Without a key, as [`App`] itself.
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
        match self.once(caller, id, close, move |_| id.0).await? {
            Outcome::Done(thread) => Ok(thread),
            Outcome::Before(_) => self.thread(caller, id).await,
        }
    }

    /// # Errors
    /// As [`App::reopen_thread`]; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn reopen_thread(&self, caller: &Caller, id: ThreadId) -> Result<Thread> {
        let reopen = self.app.reopening(caller, id)?;
        match self.once(caller, id, reopen, move |_| id.0).await? {
            Outcome::Done(thread) => Ok(thread),
            Outcome::Before(_) => self.thread(caller, id).await,
        }
    }

    /// Cancels every open turn of the thread; the thread after it.
    ///
    /// # Errors
    /// As [`App::stop_thread`]; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn stop_thread(&self, caller: &Caller, id: ThreadId) -> Result<Thread> {
        let cancel = self.app.cancelling(caller, id, None)?;
        self.once(caller, id, cancel, move |_| id.0).await?;
        self.thread(caller, id).await
    }

    /// # Errors
    /// As [`App::cancel_turn`]; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn cancel_turn(&self, caller: &Caller, thread: ThreadId, id: TurnId) -> Result<Turn> {
        let cancel = self.app.cancelling(caller, thread, Some(id))?;
        self.once(caller, thread, cancel, move |_| id.0).await?;
        self.app.turn_for_writer(caller, thread, id).await
    }

    /// # Errors
    /// As [`App::retry_turn`]; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn retry_turn(&self, caller: &Caller, thread: ThreadId, id: TurnId) -> Result<Turn> {
        let retry = self.app.retrying(caller, thread, id)?;
        match self.once(caller, thread, retry, |turn| turn.id.0).await? {
            Outcome::Done(turn) => Ok(turn),
            Outcome::Before(turn) => self.app.turn_for_writer(caller, thread, TurnId(turn)).await,
        }
    }

    /// A replay tells anew how many calls still wait.
    ///
    /// # Errors
    /// As [`App::tool_results`]; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn tool_results(&self, caller: &Caller, thread: ThreadId, results: Vec<ToolResult>) -> Result<Accepted> {
        let accepted = results.len();
        let submit = self.app.submitting(caller, thread, results)?;
        match self.once(caller, thread, submit, |accepted| accepted.turn.0).await? {
            Outcome::Done(accepted) => Ok(accepted),
            Outcome::Before(turn) => {
                let turn = self.app.turn_for_writer(caller, thread, TurnId(turn)).await?;
                let open = self.open_calls(&turn).await?;
                Ok(Accepted { turn: turn.id, accepted, open })
            }
        }
    }

    async fn once<O: Operation>(
        &self,
        caller: &Caller,
        thread: ThreadId,
        operation: O,
        names: impl FnOnce(&O::Out) -> Uuid + Send + 'static,
    ) -> Result<Outcome<O::Out>> {
        let (app, origin) = (self.app.clone(), self.origin.clone());
        self.app.store.write(Once { app, caller: caller.clone(), origin, thread, operation, names }).await
    }

    /// The thread that the caller has just written to.
    async fn thread(&self, caller: &Caller, id: ThreadId) -> Result<Thread> {
        let project = caller.project;
        let find = store::op(move |tx| Box::pin(async move { store::threads::find(tx, project, id).await }));
        self.app.store.read(find).await?.ok_or_else(thread_not_found)
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

/// What became of an operation under a key.
enum Outcome<T> {
    Done(T),
    /// The key has been used for it before; the id that it named then.
    Before(Uuid),
}

/// An operation on a thread behind its origin key.
struct Once<O, F> {
    app: App,
    caller: Caller,
    origin: Option<Origin>,
    thread: ThreadId,
    operation: O,
    /// The id by which a replay finds what was done.
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
        if let Taken::Replay(id) = origin::take(tx, &caller, origin.as_ref(), Some(thread), thread.0, now).await? {
            return Ok(Outcome::Before(id));
        }
        let done = operation.run(tx).await?;
        origin::settle(tx, &caller, origin.as_ref(), thread, names(&done), now).await?;
        Ok(Outcome::Done(done))
    }
}
