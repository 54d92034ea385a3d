//! Acts about turns of external agents whose time has come: a program's hold has ended, or no program came.

use std::sync::Arc;

use domain::{Result, Timestamp};
use store::op;
use tokio::sync::Notify;

use super::{Next, Round, Service};
use crate::{
    inner::Inner,
    reschedule::write,
    turns::external::{Alarm, LONGEST_PAUSE_MS},
};

/// Turns in one round.
const ROUND: i64 = 64;
/// Smallest setback of the clock that is handled.
const SET_BACK_S: i64 = 60;
/// Longest time ahead of an alarm that no agent sets: the hold of a program, or the end of a row.
const AHEAD_S: i64 = 3_600;

#[derive(Default)]
pub struct External {
    /// The latest time that was read. Absent before the first round.
    seen: Option<Timestamp>,
}

impl Service for External {
    const NAME: &'static str = "external agents";
    const CLAIMS: bool = true;

    fn bell(inner: &Inner) -> Option<&Notify> {
        Some(&inner.external)
    }

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        let now = inner.clock.now();
        self.after_set_back(inner, now).await?;
        let due = op(move |tx| Box::pin(async move { store::external_turns::due(tx, now, ROUND).await }));
        let due = inner.store.read(due).await?;
        let did = due.len() as u64;
        for store::external_turns::Rung(turn, thread, project) in due {
            let alarm = Alarm { inner: inner.clone(), project, thread, turn };
            let off = |now, later| {
                op(move |tx| Box::pin(async move { store::external_turns::reschedule(tx, turn, now, later).await }))
            };
            write(inner, project, &format!("the turn {turn} of an external agent"), alarm, off).await?;
        }
        let next = match did {
            0 => Next::At(inner.store.read(op(|tx| Box::pin(store::external_turns::next_due(tx)))).await?),
            _ => Next::Now,
        };
        Ok(Round { did, next })
    }
}

impl External {
    /// After a setback of the clock, ends what would end too late.
    async fn after_set_back(&mut self, inner: &Inner, now: Timestamp) -> Result<()> {
        let seen = self.seen.replace(now);
        if seen.is_some_and(|seen| seen > now.plus_s(SET_BACK_S)) {
            let beyond = now.plus_s(AHEAD_S.max(inner.limits.external_lease_s as i64));
            let forward =
                op(move |tx| Box::pin(async move { store::external_turns::bring_forward(tx, now, beyond).await }));
            inner.store.write(forward).await?;
            let beyond = now.plus_ms(2 * LONGEST_PAUSE_MS);
            let forward = op(move |tx| {
                Box::pin(async move { store::external_turns::bring_pushes_forward(tx, now, beyond).await })
            });
            inner.store.write(forward).await?;
        }
        Ok(())
    }
}
