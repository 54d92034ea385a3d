//! Which texts the index of searches passes by, so that their transaction notes them.
//!
//! The index follows the order of ids and stays behind by [`domain::Limits::search_lag_s`]. A message whose id is older
//! than half of that when it is stored is late: the index may have passed its id before its transaction ends. Answers
//! that take long are late, because a message has its id when its step begins. After the clock was set back, everything
//! is late until it comes to the former time.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use domain::Limits;
use store::{Tx, search};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::Clock;

pub(crate) struct Indexing {
    lag_ms: u64,
    /// The newest time of an id up to which any project is indexed.
    passed_ms: AtomicU64,
    /// Notified when a project is to be indexed again.
    pub(crate) bell: Notify,
}

impl Indexing {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { lag_ms: limits.search_lag_s.saturating_mul(1_000), passed_ms: AtomicU64::new(0), bell: Notify::new() }
    }

    /// Reads how far a former process has indexed.
    pub(crate) async fn load(&self, tx: &mut Tx) -> domain::Result<()> {
        if let Some(newest) = search::newest(tx).await? {
            self.passed_ms.fetch_max(ms(newest), SeqCst);
        }
        Ok(())
    }

    /// Tells whether the index may have passed the id of a text that is being stored.
    pub(crate) fn is_late(&self, clock: &Clock, id: Uuid) -> bool {
        let now = ms(clock.id()).max(self.passed_ms.load(SeqCst).saturating_add(self.lag_ms));
        ms(id) < now.saturating_sub(self.lag_ms / 2)
    }

    /// The id below which texts may be indexed now. Texts with lower ids that are stored from now on are late.
    pub(crate) fn horizon(&self, clock: &Clock) -> Uuid {
        let horizon = ms(clock.id()).saturating_sub(self.lag_ms);
        self.passed_ms.fetch_max(horizon, SeqCst);
        Uuid::from_u128(u128::from(horizon) << 80)
    }
}

/// The milliseconds since 1970 of a UUIDv7.
pub(crate) fn ms(id: Uuid) -> u64 {
    u64::try_from(id.as_u128() >> 80).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_at(ms: u64) -> Uuid {
        Uuid::from_u128(u128::from(ms) << 80 | 7)
    }

    #[test]
    fn an_id_is_late_before_the_index_can_pass_it() {
        let clock = Clock::System;
        let indexing = Indexing::new(&Limits::default());
        let now = ms(clock.id());
        assert!(!indexing.is_late(&clock, clock.id()) && !indexing.is_late(&clock, id_at(now - 20_000)));
        assert!(indexing.is_late(&clock, id_at(now - 31_000)));
        assert!(indexing.horizon(&clock) < id_at(now - 59_000));
    }

    #[test]
    fn after_the_clock_is_set_back_everything_is_late_until_the_former_time() {
        let clock = Clock::System;
        let indexing = Indexing::new(&Limits::default());
        indexing.passed_ms.store(ms(clock.id()) + 3_600_000, SeqCst);
        assert!(indexing.is_late(&clock, clock.id()));
        assert!(indexing.is_late(&clock, id_at(ms(clock.id()) + 3_600_000)));
        assert!(!indexing.is_late(&clock, id_at(ms(clock.id()) + 3_640_000)));
    }
}
