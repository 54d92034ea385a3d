//! Writes that must survive a temporary failure of the store.

use std::time::Duration;

use domain::{Kind, Result};
use store::Operation;

use crate::inner::Inner;

/// Pause between two tries, and the number of tries.
const PAUSE: Duration = Duration::from_millis(500);
const TRIES: u32 = 120;

/// Writes, and retries while the store is unavailable.
///
/// # Errors
/// Other errors of the store, or that it was unavailable for a minute.
pub(crate) async fn persist<O: Operation + Clone>(inner: &Inner, operation: O) -> Result<O::Out> {
    // In a box here and below: turns live for long, and would keep places for the copies of every operation.
    Box::pin(patiently("a write", move || inner.store.write(operation.clone()))).await
}

/// Reads with the same retries.
///
/// # Errors
/// As [`persist`].
pub(crate) async fn look_up<O: Operation + Clone>(inner: &Inner, operation: O) -> Result<O::Out> {
    Box::pin(patiently("a read", move || inner.store.read(operation.clone()))).await
}

async fn patiently<T, F: Future<Output = Result<T>>>(what: &str, attempt: impl Fn() -> F) -> Result<T> {
    for _ in 1..TRIES {
        match attempt().await {
            Err(error) if error.kind == Kind::Unavailable => {
                tracing::warn!(?error, what, "the store is not available, so the write is tried again later");
                tokio::time::sleep(PAUSE).await;
            }
            done => return done,
        }
    }
    attempt().await
}
