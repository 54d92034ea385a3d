//! Rate limits of senders.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use domain::{Caller, Error, Limits, Result, caller::Subject};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};
use tokio::time::Instant;

use crate::Peer;

/// A bucket for each sender, by limit:
/// - a key, or a member at the console: `requests_per_s`
/// - a project: `project_requests_per_s`
/// - a guest, or an address without a key: `guest_requests_per_s`
/// - an address whose keys are invalid: `failed_keys_per_s`
/// - an address that requests paths of no dialect: `open_requests_per_s`
pub(crate) struct Rates {
    keys: Buckets,
    projects: Buckets,
    guests: Buckets,
    addresses: Buckets,
    failures: Buckets,
    failing: Failing,
    documents: Buckets,
    health: Buckets,
}

impl Rates {
    pub fn new(limits: &Limits) -> Self {
        let guests = || Buckets::new(limits.guest_requests_per_s, limits.guest_requests_burst);
        let open = || Buckets::new(limits.open_requests_per_s, limits.open_requests_burst);
        Self {
            keys: Buckets::new(limits.requests_per_s, limits.requests_burst),
            projects: Buckets::new(limits.project_requests_per_s, limits.project_requests_burst),
            guests: guests(),
            addresses: guests(),
            failures: Buckets::new(limits.failed_keys_per_s, limits.failed_keys_burst),
            failing: Failing::default(),
            documents: open(),
            health: open(),
        }
    }

    /// # Errors
    /// `rate_limited`, with the whole seconds until the next request is accepted.
    pub fn take(&self, caller: &Caller) -> Result<()> {
        match caller.subject {
            Subject::Project | Subject::Agent(_) | Subject::ExternalAgent => self.keys.take(caller.sender().as_u128()),
            Subject::Attempt { turn, .. } => self.keys.take(turn.0.as_u128()),
            Subject::Thread(thread) => self.guests.take(thread.0.as_u128()),
            Subject::Customer(customer) | Subject::EndUser { customer, .. } => self.guests.take(customer.0.as_u128()),
        }?;
        self.projects.take(caller.project.0.as_u128())
    }

    /// Counts a request without a key.
    ///
    /// # Errors
    /// As [`Rates::take`].
    pub fn take_from(&self, peer: Peer) -> Result<()> {
        self.addresses.take(peer.holder())
    }

    /// Counts a request for a path of no dialect.
    ///
    /// # Errors
    /// As [`Rates::take`].
    pub fn take_open(&self, peer: Peer, is_health: bool) -> Result<()> {
        if is_health { self.health.take(peer.holder()) } else { self.documents.take(peer.holder()) }
    }

    /// Counts a request with an invalid key.
    ///
    /// # Errors
    /// As [`Rates::take`]. The error replaces the refusal of the key.
    pub fn take_failure(&self, peer: Peer) -> Result<()> {
        let taken = self.failures.take(peer.holder());
        if let Err(refused) = &taken {
            self.failing.note(peer.holder(), Duration::from_secs(refused.retry_after_s.unwrap_or(1).into()));
        }
        taken
    }

    /// Tells whether keys from this address fail faster than the limit.
    pub fn is_failing(&self, peer: Peer) -> bool {
        self.failing.has(peer.holder())
    }
}

/// Addresses whose keys fail faster than the limit, each with the end of that state.
#[derive(Default)]
struct Failing {
    any: AtomicBool,
    until: Mutex<HashMap<u128, Instant>>,
}

/// Most addresses that are kept.
const FAILING_MAX: usize = 10_000;

impl Failing {
    fn note(&self, address: u128, long: Duration) {
        let now = Instant::now();
        let mut until = self.lock();
        if until.len() >= FAILING_MAX {
            until.retain(|_, until| *until > now);
        }
        if until.len() < FAILING_MAX {
            until.insert(address, now + long);
            self.any.store(true, Ordering::Relaxed);
        }
    }

    fn has(&self, address: u128) -> bool {
        // Usually there is none.
        if !self.any.load(Ordering::Relaxed) {
            return false;
        }
        let mut all = self.lock();
        let has = all.get(&address).is_some_and(|until| *until > Instant::now());
        if !has && all.remove(&address).is_some() {
            self.any.store(!all.is_empty(), Ordering::Relaxed);
        }
        has
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u128, Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Buckets by sender. Full ones are removed from time to time, so that they do not accumulate.
struct Buckets {
    limiter: Option<DefaultKeyedRateLimiter<u128>>,
    taken: AtomicU32,
}

/// Number of requests between two removals.
const FORGET_EVERY: u32 = 65_536;

impl Buckets {
    /// `per_s` 0 means no limit.
    fn new(per_s: u64, burst: u64) -> Self {
        let count = |value: u64| NonZeroU32::new(u32::try_from(value).unwrap_or(u32::MAX));
        let quota =
            count(per_s).map(|rate| Quota::per_second(rate).allow_burst(count(burst).unwrap_or(NonZeroU32::MIN)));
        Self { limiter: quota.map(RateLimiter::dashmap), taken: AtomicU32::new(0) }
    }

    fn take(&self, sender: u128) -> Result<()> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if self.taken.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            limiter.retain_recent();
        }
        limiter.check_key(&sender).map_err(|refused| {
            let wait = refused.wait_time_from(limiter.clock().now());
            let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Error::rate_limited(u32::try_from(whole.max(1)).unwrap_or(u32::MAX))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_address_fails_until_its_next_failure_would_be_taken() {
        let rates = Rates::new(&Limits { failed_keys_per_s: 1, failed_keys_burst: 2, ..Limits::default() });
        let (one, other) = (Peer([192, 0, 2, 1].into()), Peer([192, 0, 2, 2].into()));
        assert!(rates.take_failure(one).is_ok() && rates.take_failure(one).is_ok());
        assert!(!rates.is_failing(one));
        assert!(rates.take_failure(one).is_err());
        assert!(rates.is_failing(one) && !rates.is_failing(other));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!rates.is_failing(one));
        assert!(!rates.failing.any.load(Ordering::Relaxed));
    }
}
