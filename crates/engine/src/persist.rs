//! What is too dear to be lost to a moment in which the store cannot.

use std::time::Duration;

use domain::{Kind, Result};
use store::Operation;

use crate::inner::Inner;

/// Pause between two tries of what the store could not do, and how many there are.
const PAUSE: Duration = Duration::from_millis(500);
const TRIES: u32 = 120;

/// Writes, trying again while the store says that it cannot at the moment.
///
/// # Errors
/// Whatever else the store says, or that it could not for a minute.
pub(crate) async fn persist<O: Operation + Clone>(inner: &Inner, operation: O) -> Result<O::Out> {
    patiently("a write", move || inner.store.write(operation.clone())).await
}

/// Reads, as patiently.
///
/// # Errors
/// As of [`persist`].
pub(crate) async fn look_up<O: Operation + Clone>(inner: &Inner, operation: O) -> Result<O::Out> {
    patiently("a read", move || inner.store.read(operation.clone())).await
}

async fn patiently<T, F: Future<Output = Result<T>>>(what: &str, attempt: impl Fn() -> F) -> Result<T> {
    for _ in 1..TRIES {
        match attempt().await {
            Err(error) if error.kind == Kind::Unavailable => {
                tracing::warn!(?error, what, "the store cannot at the moment, this has to wait");
                tokio::time::sleep(PAUSE).await;
            }
            done => return done,
        }
    }
    attempt().await
}
