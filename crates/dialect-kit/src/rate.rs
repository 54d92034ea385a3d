//! How many requests one sender may make.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
};

use domain::{Caller, Error, Limits, Result, caller::Subject};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};

use crate::Peer;

/// A bucket for each sender: a key, by `requests_per_s` and `requests_burst`; a guest, or an address that sends without a key,
/// by `guest_requests_per_s` and `guest_requests_burst`.
pub(crate) struct Rates {
    keys: Buckets,
    guests: Buckets,
    addresses: Buckets,
}

impl Rates {
    pub fn new(limits: &Limits) -> Self {
        let guests = || Buckets::new(limits.guest_requests_per_s, limits.guest_requests_burst);
        Self { keys: Buckets::new(limits.requests_per_s, limits.requests_burst), guests: guests(), addresses: guests() }
    }

    /// # Errors
    /// `rate_limited`, with the whole seconds after which the next request will be taken.
    pub fn take(&self, caller: &Caller) -> Result<()> {
        match caller.subject {
            Subject::Project | Subject::Agent(_) => self.keys.take(caller.key.0.as_u128()),
            Subject::Thread(thread) => self.guests.take(thread.0.as_u128()),
            Subject::Customer(customer) | Subject::EndUser { customer, .. } => self.guests.take(customer.0.as_u128()),
        }
    }

    /// For a request without a key.
    ///
    /// # Errors
    /// As [`Rates::take`].
    pub fn take_from(&self, peer: Peer) -> Result<()> {
        self.addresses.take(peer.holder())
    }
}

/// Senders by their ids. Those that are full again are forgotten from time to time, so that they do not add up.
struct Buckets {
    limiter: Option<DefaultKeyedRateLimiter<u128>>,
    taken: AtomicU32,
}

/// Takes between two times of forgetting.
const FORGET_EVERY: u32 = 65_536;

impl Buckets {
    /// `per_s` 0: no limit.
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
