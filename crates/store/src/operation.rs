//! What runs in a transaction, and how it is run so that it can hurt nobody but itself.

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

/// One transaction as a value. `run` is written as a plain `async fn` and awaits nothing but `tx`: an operation that waits
/// for anything else fails. It may run on another thread, and goes on when the caller is gone.
///
/// Any statement that fails fails the operation, even if the code swallows the error.
pub trait Operation: Send + 'static {
    type Out: Send + 'static;

    fn run(self, tx: &mut Tx) -> impl Future<Output = Result<Self::Out>> + Send;

    /// The same operation once more, if it can be had cheaply. SQLite then runs it without a savepoint, and again, under one,
    /// should an operation beside it fail after it has written.
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

/// Tells the compiler that a closure is an operation, which it cannot see by itself:
/// `store.read(op(move |tx| Box::pin(async move { … })))`.
pub fn op<T, F>(operation: F) -> F
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
{
    operation
}

/// Runs an operation up to its own end: a panic, a foreign await and a swallowed failure are errors here.
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

/// Drives what never waits: on SQLite one poll is the whole run.
pub(crate) fn in_place<T>(run: impl Future<Output = T>) -> T {
    match pin!(run).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => unreachable!("a statement of SQLite never waits, and `attempt` ends everything else"),
    }
}

/// What a panic said.
pub(crate) fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without words")
}
