//! Adds charged model calls to the sums of their project by day, agent, key and model. No step of a turn writes a row
//! that another thread's step writes, so this service does, a second later.

use std::{sync::Arc, time::Duration};

use domain::Result;
use store::{op, usage_sums};

use super::{BACKSTOP, Next, Round, Service};
use crate::inner::Inner;

/// Calls of one transaction.
const ROUND: i64 = 500;
/// Time in which calls gather before they are added together.
const GATHERING: Duration = Duration::from_secs(1);

#[derive(Default)]
pub struct Usage;

impl Service for Usage {
    const NAME: &'static str = "sums of usage";

    async fn rung(&mut self, inner: &Arc<Inner>) {
        inner.spending.notified().await;
        tokio::time::sleep(GATHERING).await;
    }

    /// Adds the next calls. The row of a call and the sums change in one transaction, so a call counts once, whichever
    /// node dies or does the same.
    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        let nothing = Round { did: 0, next: Next::After(BACKSTOP) };
        if !inner.store.read(op(|tx| Box::pin(usage_sums::is_behind(tx)))).await? {
            return Ok(nothing);
        }
        let added = inner.store.write(op(|tx| Box::pin(usage_sums::roll(tx, ROUND)))).await? as u64;
        let next = if added == ROUND as u64 { Next::Now } else { nothing.next };
        Ok(Round { did: added, next })
    }
}
