//! Removes expired origin keys that belong to no thread.

use std::{sync::Arc, time::Duration};

use domain::Result;

use super::{Next, Round, Service};
use crate::inner::Inner;

const EVERY: Duration = Duration::from_secs(3_600);

#[derive(Default)]
pub struct OriginKeys;

impl Service for OriginKeys {
    const NAME: &'static str = "origin keys";

    fn pause(_: &Inner) -> Duration {
        EVERY
    }

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        Ok(Round { did: expire(inner).await?, next: Next::After(EVERY) })
    }
}

async fn expire(inner: &Inner) -> Result<u64> {
    let life_us = inner.limits.origin_key_days as i64 * 86_400_000_000;
    let steps = inner.ages.steps(&inner.clock, &inner.store).await?;
    let before = steps.before(inner.clock.now(), life_us);
    let (most, mut expired) = (inner.limits.bulk_rows, 0);
    loop {
        let expire =
            store::op(move |tx| Box::pin(async move { store::origin_keys::expire(tx, before, most as i64).await }));
        let removed = inner.store.write(expire).await?;
        expired += removed;
        if removed < most {
            return Ok(expired);
        }
    }
}
