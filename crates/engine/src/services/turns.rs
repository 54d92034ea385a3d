//! Turns that are due are claimed, until the server stops.

use std::{sync::Arc, time::Duration};

use domain::{Result, Timestamp};

use super::{Next, Round, Service};
use crate::{inner::Inner, turns::Backlog};

/// How often they are looked for without being told. Nothing waits for it unless a wake-up was lost.
const BACKSTOP: Duration = Duration::from_secs(1);
/// How far a clock is set back before anything is done about it: longer than a queued turn is put off.
const SET_BACK_S: i64 = 60;
/// How far ahead of this one another node's clock may be.
const LEASE_AHEAD_S: i64 = 600;

pub struct Turns {
    backlog: Backlog,
    /// The time up to which the clock has been seen.
    seen: Timestamp,
}

impl Default for Turns {
    fn default() -> Self {
        // As if the clock had been set back while the server was down.
        Self { backlog: Backlog::default(), seen: Timestamp(i64::MAX) }
    }
}

impl Service for Turns {
    const NAME: &'static str = "turns";
    const CLAIMS: bool = true;

    fn is_over(inner: &Inner) -> bool {
        inner.workers.is_closed()
    }

    async fn rung(&mut self, inner: &Arc<Inner>) {
        tokio::select! {
            () = inner.workers.backlog.notified() => {}
            () = self.backlog.runs_low() => {}
        }
    }

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        self.seen = after_clock_set_back(inner, self.seen).await;
        self.backlog.look(inner).await?;
        Ok(Round { did: 0, next: Next::After(BACKSTOP) })
    }

    async fn settle(&mut self, _: &Arc<Inner>) {
        self.backlog.settle().await;
    }
}

/// What is due by a clock that has been set back since is due now, and so is a lease that no clock which goes right has written.
/// Returns the time up to which the clock has been seen.
async fn after_clock_set_back(inner: &Inner, seen: Timestamp) -> Timestamp {
    let now = inner.clock.now();
    let beyond = now.plus_s(SET_BACK_S);
    if seen <= beyond {
        return now;
    }
    // A lease of another node may be written by a clock that is somewhat ahead, and is no reason to take its turn.
    let leased = beyond.plus_s(inner.limits.lease_s as i64 + LEASE_AHEAD_S);
    let forward =
        store::op(move |tx| Box::pin(async move { store::turns::bring_forward(tx, now, beyond, leased).await }));
    match inner.store.write(forward).await {
        Ok(turns) if turns > 0 => {
            tracing::warn!(turns, "turns were due later than they can be: the clock was set back");
            now
        }
        Ok(_) => now,
        Err(error) => {
            tracing::error!(?error, "turns could not be looked for that a clock set back has left, trying again");
            seen
        }
    }
}
