//! Renews the leases of this process while it runs their turns.

use std::{sync::Arc, time::Duration};

use domain::Result;

use super::{Next, Round, Service};
use crate::inner::Inner;

#[derive(Default)]
pub struct Leases;

impl Service for Leases {
    const NAME: &'static str = "leases";

    fn pause(inner: &Inner) -> Duration {
        Duration::from_micros(lease_us(inner) as u64 / 3)
    }

    fn first(inner: &Inner) -> Duration {
        Self::pause(inner)
    }

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        let held = inner.workers.held_turns();
        let did = held.len() as u64;
        if did > 0 {
            let (worker, until) = (inner.workers.id, inner.clock.now().plus_us(lease_us(inner)));
            let renewed =
                store::op(move |tx| Box::pin(async move { store::turns::renew(tx, &held, worker, until).await }));
            inner.store.write(renewed).await?;
        }
        Ok(Round { did, next: Next::After(Self::pause(inner)) })
    }
}

fn lease_us(inner: &Inner) -> i64 {
    inner.limits.lease_s as i64 * 1_000_000
}
