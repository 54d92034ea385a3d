//! Gives slices of budgets back that this node does not use, so that another node, or the next process, can use them.
//! Removes the counts of periods that are over.

use std::{sync::Arc, time::Duration};

use domain::{ProjectId, Result, Timestamp, budget::Meter};
use store::{Operation, Tx};

use super::{Next, Round, Service};
use crate::inner::Inner;

const EVERY: Duration = Duration::from_secs(10);
/// Time for which an unused slice is kept.
const IDLE_S: i64 = 10;
/// Rounds between two removals of counts: an hour.
const REMOVALS: u64 = 360;

#[derive(Default)]
pub struct Budgets {
    rounds: u64,
}

impl Service for Budgets {
    const NAME: &'static str = "budgets";

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        let now = inner.clock.now();
        let mut did = give_back(inner, now.plus_s(-IDLE_S)).await?;
        if self.rounds.is_multiple_of(REMOVALS) {
            did += remove_ended(inner, now).await?;
        }
        self.rounds += 1;
        Ok(Round { did, next: Next::After(EVERY) })
    }
}

/// Gives back the slices that nobody has used since. A slice whose return fails counts as spent.
pub(super) async fn give_back(inner: &Inner, since: Timestamp) -> Result<u64> {
    let mut back = inner.budgets.idle_since(since);
    if back.is_empty() {
        return Ok(0);
    }
    // The order in which every transaction locks the rows.
    back.sort_by_key(|(project, meter, _)| (*project, *meter));
    let count = back.len() as u64;
    inner.store.write(GiveBack(back)).await.map(|()| count)
}

#[derive(Clone)]
struct GiveBack(Vec<(ProjectId, Meter, i64)>);

impl Operation for GiveBack {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        for (project, meter, left) in self.0 {
            store::budgets::draw(tx, project, &meter, left.saturating_neg()).await?;
        }
        Ok(())
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}

async fn remove_ended(inner: &Inner, now: Timestamp) -> Result<u64> {
    let (most, mut removed) = (inner.limits.bulk_rows, 0);
    loop {
        let remove =
            store::op(move |tx| Box::pin(async move { store::budgets::remove_ended(tx, now, most as i64).await }));
        let more = inner.store.write(remove).await?;
        removed += more;
        if more < most {
            return Ok(removed);
        }
    }
}
