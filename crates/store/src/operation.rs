//! Operations: the work of one transaction, run so that a failure affects no other operation.

use std::{
    future::poll_fn,
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::atomic::Ordering::Relaxed,
    task::{Context, Poll, Waker},
};

use domain::{Error, Result};
use futures_util::FutureExt;

use crate::Tx;

pub type BoxFuture<'t, T> = Pin<Box<dyn Future<Output = T> + Send + 't>>;

/// One transaction as a value. `run` is a plain `async fn` that awaits only `tx`; an operation that awaits anything
/// else fails. It may run on another thread, and continues when the caller is gone.
///
/// A failed statement fails the operation, even if the code ignores the error.
pub trait Operation: Send + 'static {
    type Out: Send + 'static;

    fn run(self, tx: &mut Tx) -> impl Future<Output = Result<Self::Out>> + Send;

    /// A copy of the operation, if it is cheap to make. SQLite then runs the operation without a savepoint. If another
    /// operation of the batch fails after a write, it runs this one again under a savepoint.
    fn again(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

impl<T, F> Operation for F
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
{
    type Out = T;

    fn run(self, tx: &mut Tx) -> impl Future<Output = Result<T>> + Send {
        self(tx)
    }
}

/// Helps the compiler to see a closure as an operation: `store.read(op(move |tx| Box::pin(async move { … })))`.
pub fn op<T, F>(operation: F) -> F
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
{
    operation
}

/// Runs an operation to its end. A panic, a foreign await and an ignored failure become errors.
pub(crate) async fn attempt<O: Operation>(operation: O, tx: &mut Tx) -> Result<O::Out> {
    tx.reset();
    let flying = tx.flying();
    let done = {
        let mut run = pin!(AssertUnwindSafe(async { operation.run(tx).await }).catch_unwind());
        poll_fn(|cx| match run.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if flying.load(Relaxed) => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
        })
        .await
    };
    let out = match done {
        Some(Ok(out)) => out,
        Some(Err(panic)) => Err(Error::internal(format!("an operation panicked: {}", words(panic.as_ref())))),
        None => Err(Error::internal("an operation awaited something else than its transaction")),
    };
    match (out, tx.take_failure()) {
        (Ok(_), Some(failure)) => Err(failure),
        (out, _) => out,
    }
}

/// Drives a future that never waits. On SQLite, one poll is the whole run.
pub(crate) fn in_place<T>(run: impl Future<Output = T>) -> T {
    match pin!(run).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => unreachable!("a statement of SQLite never waits, and `attempt` ends everything else"),
    }
}

/// The message of a panic.
pub(crate) fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without words")
}
