//! Taking over what a dead process has left on a folder that this one has locked: its leases and its claims end.
//!
//! A disk that is full does not take that. The server then serves reads, and begins to look for what is due once it has.

use std::{sync::Arc, time::Duration};

use domain::{Kind, Result};
use tokio::sync::watch;

use crate::{App, inner::Inner};

/// How often a disk that takes nothing is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether something is left to be taken over.
pub(crate) struct Takeover(watch::Sender<bool>);

impl Default for Takeover {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Takeover {
    /// Waits until nothing is left.
    pub(crate) async fn done(&self) {
        // The sender lives as long as `self`.
        let _ = self.0.subscribe().wait_for(|left| !left).await;
    }
}

impl App {
    /// Ends every lease and claim of the folder. On SQLite, at the start: the folder's lock proves that nobody else lives. What the
    /// store does not take now, as on a full disk, [`App::run`] tries again before it claims anything.
    ///
    /// # Errors
    /// Whatever else the store says.
    pub async fn take_over_folder(&self) -> Result<u64> {
        match take_over(self.inner()).await {
            Err(error) if error.kind == Kind::Unavailable => {
                tracing::warn!(
                    ?error,
                    "what a dead process has left cannot be taken over yet, serving reads meanwhile"
                );
                self.takeover.0.send_replace(true);
                Ok(0)
            }
            done => done,
        }
    }
}

/// Tries until nothing is left.
pub(crate) async fn finish(inner: Arc<Inner>) {
    while *inner.takeover.0.borrow() {
        tokio::time::sleep(PAUSE).await;
        match take_over(&inner).await {
            Ok(_) => _ = inner.takeover.0.send_replace(false),
            Err(error) => tracing::debug!(?error, "what a dead process has left cannot be taken over yet"),
        }
    }
}

async fn take_over(inner: &Arc<Inner>) -> Result<u64> {
    let (now, own) = (inner.clock.now(), inner.workers.id);
    let end = store::op(move |tx| {
        Box::pin(async move {
            store::webhook_backlogs::end_claims(tx, now).await?;
            store::forks::bring_forward(tx, now).await?;
            store::turns::end_leases(tx, own, now).await
        })
    });
    let ended = inner.store.write(end).await?;
    if ended > 0 {
        tracing::info!(turns = ended, "turns were running when the server last stopped, going on with them");
    }
    inner.workers.backlog.notify_one();
    Ok(ended)
}
