//! Server-wide state for every request: limits, shutdown, places for readers, and the time limit.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::extract::FromRequestParts;
use domain::{Limits, shares::Pool};
use http::{Extensions, request::Parts};
use tokio::time::Instant;

use crate::{Contract, Recent, Shutdown};

/// One for the whole server, in every request's extensions.
pub(crate) struct Edge {
    pub limits: Arc<Limits>,
    pub shutdown: Shutdown,
    /// A place for each open stream and long poll.
    pub readers: Pool,
    pub dialects: Arc<[Arc<dyn Contract>]>,
    pub recent: Recent,
    #[cfg(feature = "conformance")]
    pub watch: crate::conformance::Watch,
}

impl Edge {
    pub fn new(limits: Limits, shutdown: Shutdown, dialects: Arc<[Arc<dyn Contract>]>) -> Arc<Self> {
        let readers = Pool::new(usize::try_from(limits.stream_readers).unwrap_or(usize::MAX));
        let recent = Recent::new(&limits);
        Arc::new(Self {
            limits: Arc::new(limits),
            shutdown,
            readers,
            dialects,
            recent,
            #[cfg(feature = "conformance")]
            watch: crate::conformance::Watch::default(),
        })
    }

    pub fn of(extensions: &Extensions) -> &Arc<Self> {
        extensions.get().expect("the doors put it into every request before a router sees it")
    }
}

/// The time limit until the request's answer begins: `request_s`, unless the handler asks for more, like a long poll.
/// An extractor.
#[derive(Clone, Debug)]
pub struct Patience(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    since: Instant,
    /// Milliseconds after `since`.
    until_ms: AtomicU64,
}

impl Patience {
    pub(crate) fn new(limit: Duration) -> Self {
        Self(Arc::new(Inner { since: Instant::now(), until_ms: AtomicU64::new(millis(limit)) }))
    }

    /// Allows the answer this much more time.
    pub fn extend(&self, by: Duration) {
        self.0.until_ms.fetch_add(millis(self.0.since.elapsed() + by), Ordering::Relaxed);
    }

    /// The future's output, or `None` once the time is over. The future is then dropped.
    pub(crate) async fn hold<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut future = std::pin::pin!(future);
        loop {
            let until = self.until();
            match tokio::time::timeout_at(until, &mut future).await {
                Ok(output) => return Some(output),
                Err(_) if self.until() > until => continue,
                Err(_) => return None,
            }
        }
    }

    fn until(&self) -> Instant {
        self.0.since + Duration::from_millis(self.0.until_ms.load(Ordering::Relaxed))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 4)
}

impl<S: Sync> FromRequestParts<S> for Patience {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().expect("the doors put it into every request"))
    }
}
