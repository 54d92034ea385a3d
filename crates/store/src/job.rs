//! An operation in the queue, with the way back to its caller.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::{Error, Result};
use tokio::sync::oneshot;

use crate::{
    BoxFuture, Operation, Tx,
    operation::{attempt, words},
    tx::Hook,
};

/// A write as the writer sees it, independent of its type.
pub(crate) trait Job: Send {
    /// Tells whether the caller has stopped waiting.
    fn is_abandoned(&self) -> bool;

    /// Tells whether the job can run again after [`Job::rewind`].
    fn is_repeatable(&self) -> bool;

    /// Runs the operation. On an error its writes must be rolled back.
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Result<()>>;

    /// Prepares a second run after the writes were rolled back.
    fn rewind(&mut self);

    /// Ends the job with the outcome of the transaction: runs the hooks, then answers the caller.
    fn answer(self: Box<Self>, committed: Result<()>);
}

struct Queued<O: Operation> {
    operation: Option<O>,
    /// A copy of the operation for [`Job::rewind`].
    again: Option<O>,
    out: Option<Result<O::Out>>,
    hooks: Vec<Hook>,
    caller: oneshot::Sender<Result<O::Out>>,
}

/// A job, and the receiver of its answer.
pub(crate) fn queued<O: Operation>(operation: O) -> (Box<dyn Job>, oneshot::Receiver<Result<O::Out>>) {
    let (caller, answer) = oneshot::channel();
    let again = operation.again();
    (Box::new(Queued { operation: Some(operation), again, out: None, hooks: Vec::new(), caller }), answer)
}

impl<O: Operation> Job for Queued<O> {
    fn is_abandoned(&self) -> bool {
        self.caller.is_closed()
    }

    fn is_repeatable(&self) -> bool {
        self.again.is_some()
    }

    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Result<()>> {
        Box::pin(async move {
            let operation = self.operation.take().expect("a job runs once");
            let out = attempt(operation, tx).await;
            let kept = out.as_ref().map(drop).map_err(Error::clone);
            (self.out, self.hooks) = (Some(out), tx.take_hooks());
            kept
        })
    }

    fn rewind(&mut self) {
        if self.operation.is_none() {
            self.operation = self.again.take();
        }
        (self.out, self.hooks) = (None, Vec::new());
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let Self { out, hooks, caller, operation, again } = *self;
        let not_run = || Err(Error::internal("an operation was answered without having run"));
        let out = committed.and_then(|()| out.unwrap_or_else(not_run));
        // Releases the operation's resources before the caller gets the answer.
        drop((operation, again));
        match &out {
            Ok(_) => hooks.into_iter().for_each(run_hook),
            Err(_) => drop(hooks),
        }
        let _caller_may_be_gone = caller.send(out);
    }
}

/// A panic in a hook must not end the writer.
fn run_hook(hook: Hook) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(hook)) {
        tracing::error!("a commit hook panicked: {}", words(panic.as_ref()));
    }
}
