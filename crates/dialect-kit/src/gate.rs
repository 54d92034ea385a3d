//! Admission of requests in progress and of key lookups, divided by shares.

use domain::{
    Error, Limits, Result,
    shares::{Holder, Place, Pool},
};

use crate::{Peer, behalf, crowd::Crowd};

/// The pools of [`crate::Doors`].
pub(crate) struct Gate {
    pub crowd: Crowd,
    requests: Pool,
    /// Lookups of keys for addresses whose keys fail too often. Only a few run at once.
    lookups: Pool,
}

/// A request with a valid key never waits long for a lookup, and a flood of invalid ones cannot add more.
const LOOKUPS: usize = 8;

impl Gate {
    pub fn new(limits: &Limits) -> Self {
        let requests = usize::try_from(limits.requests_under_way).unwrap_or(usize::MAX);
        Self { crowd: Crowd::new(limits), requests: Pool::new(requests), lookups: Pool::new(LOOKUPS) }
    }

    /// A place for a request until its answer begins.
    ///
    /// # Errors
    /// `rate_limited` if others could still have one, `unavailable` if nobody can.
    pub fn enter(&self, holder: Holder) -> Result<Place> {
        self.requests.try_take(holder, 1).ok_or_else(|| {
            if self.requests.used() >= self.requests.size() {
                return Error::unavailable("The server is at its limit of requests in progress, try again later");
            }
            let mut error = Error::rate_limited(1);
            error.message = "Too many requests are in progress, try again later".into();
            error
        })
    }

    /// A turn to look up a key for an address whose keys fail.
    pub async fn lookup(&self, peer: Peer) -> Option<Place> {
        self.lookups.take(behalf::holder(None, peer), 1).await
    }
}
