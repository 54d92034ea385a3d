//! Takes over the leases and claims of a dead process, on a folder that this process has locked.
//!
//! A full disk does not accept this write. The server then serves reads, and starts its services after the takeover.

use std::{sync::Arc, time::Duration};

use domain::{Kind, Result};

use super::{Next, Round, Service};
use crate::{App, inner::Inner};

/// Pause between two tries on a disk that accepts no writes.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Default)]
pub struct Takeover;

impl Service for Takeover {
    const NAME: &'static str = "takeover";

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        if !inner.takeover.is_left() {
            return Ok(Round { did: 0, next: Next::Never });
        }
        match take_over(inner).await {
            Ok(turns) => {
                inner.takeover.set_left(false);
                Ok(Round { did: turns, next: Next::Never })
            }
            Err(error) => {
                tracing::debug!(?error, "the turns of a dead process cannot be taken over yet");
                Ok(Round { did: 0, next: Next::After(PAUSE) })
            }
        }
    }
}

impl App {
    /// Ends every lease and claim of the folder. Called on SQLite at the start, where the folder's lock proves that no
    /// other process lives. If the store is unavailable, as on a full disk, [`App::run`] retries before it claims
    /// anything.
    ///
    /// # Errors
    /// Other errors of the store.
    pub async fn take_over_folder(&self) -> Result<u64> {
        match take_over(self.inner()).await {
            Err(error) if error.kind == Kind::Unavailable => {
                tracing::warn!(
                    ?error,
                    "the turns of a dead process cannot be taken over yet; reads are served meanwhile"
                );
                self.takeover.set_left(true);
                Ok(0)
            }
            done => done,
        }
    }
}

async fn take_over(inner: &Arc<Inner>) -> Result<u64> {
    let (now, own) = (inner.clock.now(), inner.workers.id);
    // Programs get the time to come back before turns fail that none has claimed.
    let back_by = now.plus_s(inner.limits.external_lease_s as i64);
    let end = store::op(move |tx| {
        Box::pin(async move {
            store::webhook_backlogs::end_claims(tx, now).await?;
            store::forks::bring_forward(tx, now).await?;
            store::external_turns::prolong(tx, back_by).await?;
            store::turns::end_leases(tx, own, now).await
        })
    });
    let ended = inner.store.write(end).await?;
    if ended > 0 {
        tracing::info!(turns = ended, "turns were running when the server last stopped; resuming them");
    }
    inner.workers.backlog.notify_one();
    Ok(ended)
}
