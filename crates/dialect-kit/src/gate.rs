//! What is let in: requests under way and lookups of keys, by shares.

use domain::{
    Error, Limits, Result,
    shares::{Holder, Place, Pool},
};

use crate::{Peer, behalf, crowd::Crowd};

/// The pools of the doors.
pub(crate) struct Gate {
    pub crowd: Crowd,
    requests: Pool,
    /// Keys of addresses whose keys fail too often: only so many are looked up at once.
    lookups: Pool,
}

/// What a request with a good key never waits long for, and a flood of bad ones cannot widen.
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
                return Error::unavailable("The server is answering as many requests as it can, try again later");
            }
            let mut error = Error::rate_limited(1);
            error.message = "Too many requests are under way, try again later".into();
            error
        })
    }

    /// A turn to look up a key from an address whose keys are failing.
    pub async fn lookup(&self, peer: Peer) -> Option<Place> {
        self.lookups.take(behalf::holder(None, peer), 1).await
    }
}
