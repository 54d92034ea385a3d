//! Writes that are too dear to be lost to a moment in which the store takes none.

use std::time::Duration;

use domain::{Kind, Result};
use store::Operation;

use crate::app::Inner;

/// Pause between two tries of a write that the store could not take, and how many there are.
const WRITE_PAUSE: Duration = Duration::from_millis(500);
const WRITE_TRIES: u32 = 120;

/// Writes, trying again while the store says that it cannot at the moment.
///
/// # Errors
/// Whatever else the store says, or that it could not for a minute.
pub(crate) async fn persist<O: Operation + Clone>(inner: &Inner, operation: O) -> Result<O::Out> {
    for _ in 1..WRITE_TRIES {
        match inner.store.write(operation.clone()).await {
            Err(error) if error.kind == Kind::Unavailable => {
                tracing::warn!(?error, "a write has to wait");
                tokio::time::sleep(WRITE_PAUSE).await;
            }
            done => return done,
        }
    }
    inner.store.write(operation).await
}
