//! How many requests one key may make.

use std::num::NonZeroU32;

use domain::{Error, KeyId, Limits, Result};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};

/// A bucket for each key: `requests_per_s`, with `requests_burst` at once. Only keys that exist come here, so there are
/// never more buckets than keys.
pub(crate) struct Rates(Option<DefaultKeyedRateLimiter<KeyId>>);

impl Rates {
    pub fn new(limits: &Limits) -> Self {
        let count = |value: u64| NonZeroU32::new(u32::try_from(value).unwrap_or(u32::MAX));
        let quota = count(limits.requests_per_s).map(|rate| {
            let burst = count(limits.requests_burst).unwrap_or(NonZeroU32::MIN);
            Quota::per_second(rate).allow_burst(burst)
        });
        Self(quota.map(RateLimiter::dashmap))
    }

    /// # Errors
    /// `rate_limited`, with the whole seconds after which the next request will be taken.
    pub fn take(&self, key: KeyId) -> Result<()> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        limiter.check_key(&key).map_err(|refused| {
            let wait = refused.wait_time_from(limiter.clock().now());
            let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Error::rate_limited(u32::try_from(whole.max(1)).unwrap_or(u32::MAX))
        })
    }
}
