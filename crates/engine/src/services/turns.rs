//! Claims due turns until the server stops.

use std::{sync::Arc, time::Duration};

use domain::{Result, Timestamp};

use super::{Next, Round, Service};
use crate::{inner::Inner, turns::Backlog};

/// Longest pause between two queries. Turns wait for it only after a lost wake-up.
const BACKSTOP: Duration = Duration::from_secs(1);
/// Smallest setback of the clock that is handled. It is longer than the delay of a rescheduled turn.
const SET_BACK_S: i64 = 60;
/// Largest lead of another node's clock.
const LEASE_AHEAD_S: i64 = 600;

pub struct Turns {
    backlog: Backlog,
    /// The latest time that was read.
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

/// After a setback of the clock, makes work due now whose due time is too far ahead, leases included. Returns the
/// latest time that was read.
async fn after_clock_set_back(inner: &Inner, seen: Timestamp) -> Timestamp {
    let now = inner.clock.now();
    let beyond = now.plus_s(SET_BACK_S);
    if seen <= beyond {
        return now;
    }
    // Another node's clock may be ahead, which is no reason to take its turn.
    let leased = beyond.plus_s(inner.limits.lease_s as i64 + LEASE_AHEAD_S);
    let forward =
        store::op(move |tx| Box::pin(async move { store::turns::bring_forward(tx, now, beyond, leased).await }));
    match inner.store.write(forward).await {
        Ok(turns) if turns > 0 => {
            tracing::warn!(turns, "turns were due too far ahead, because the clock was set back");
            now
        }
        Ok(_) => now,
        Err(error) => {
            tracing::error!(?error, "turns that are due too far ahead could not be queried, trying again");
            seen
        }
    }
}
