//! What runs beside the requests. Each service is a file that says its name, when it is next due and what a round of it does. How a
//! service starts, waits, tries again and ends is written here, once.

mod ages;
mod credentials;
mod leases;
mod leftovers;
mod origin_keys;
mod readers;
mod reminders;
mod stored;
mod takeover;
mod turns;
mod unfinished;
mod webhooks;
mod windows;

use std::{future, sync::Arc, time::Duration};

use domain::{Result, Timestamp};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

use crate::{App, inner::Inner};

pub use self::{
    ages::Ages, credentials::Credentials, leases::Leases, leftovers::Leftovers, origin_keys::OriginKeys,
    readers::Readers, reminders::Reminders, stored::Stored, takeover::Takeover, turns::Turns, unfinished::Unfinished,
    webhooks::Webhooks, windows::Windows,
};

/// How often a service looks for what is due without being told.
const BACKSTOP: Duration = Duration::from_secs(30);

/// Something that runs beside the requests, round after round.
pub trait Service: Default + Send + 'static {
    /// What it is called in the log.
    const NAME: &'static str;
    /// Whether it claims what a dead process may have left: it then waits until that is taken over.
    const CLAIMS: bool = false;

    /// The pause before the first round.
    fn first(_: &Inner) -> Duration {
        Duration::ZERO
    }

    /// The pause after a round that has failed.
    fn pause(_: &Inner) -> Duration {
        Duration::from_secs(1)
    }

    /// Rung when a round is due before its time.
    fn bell(_: &Inner) -> Option<&Notify> {
        None
    }

    /// Whether no further round begins.
    fn is_over(_: &Inner) -> bool {
        false
    }

    /// Returns when a round is due before its time. May be given up at any moment.
    fn rung(&mut self, inner: &Arc<Inner>) -> impl Future<Output = ()> + Send {
        async move {
            match Self::bell(inner) {
                Some(bell) => bell.notified().await,
                None => future::pending().await,
            }
        }
    }

    /// Does what is due.
    ///
    /// # Errors
    /// Whatever keeps the whole round from being done: there is another after [`Service::pause`].
    fn round(&mut self, inner: &Arc<Inner>) -> impl Future<Output = Result<Round>> + Send;

    /// Waits for what the rounds have begun.
    fn settle(&mut self, _: &Arc<Inner>) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// What came of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// How much it did.
    pub did: u64,
    pub next: Next,
}

/// When the next round is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At once: this one may have left something.
    Now,
    /// By the clock; absent: nothing is known to become due.
    At(Option<Timestamp>),
    /// After so long by no clock that anybody sets.
    After(Duration),
    Never,
}

impl Next {
    /// How long to wait for it; `None` for ever.
    fn wait(self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Now => Some(Duration::ZERO),
            Self::At(due) => Some(due.map_or(BACKSTOP, |due| {
                let us = u64::try_from(due.since_us(now)).unwrap_or(0);
                Duration::from_micros(us).clamp(Duration::from_millis(10), BACKSTOP)
            })),
            Self::After(pause) => Some(pause),
            Self::Never => None,
        }
    }
}

/// Every service, each on a task of its own. They end when this is dropped.
fn start(inner: &Arc<Inner>) -> JoinSet<()> {
    let mut services = JoinSet::new();
    services.spawn(run::<Ages>(inner.clone()));
    services.spawn(run::<Credentials>(inner.clone()));
    services.spawn(run::<Leases>(inner.clone()));
    services.spawn(run::<Leftovers>(inner.clone()));
    services.spawn(run::<OriginKeys>(inner.clone()));
    services.spawn(run::<Readers>(inner.clone()));
    services.spawn(run::<Reminders>(inner.clone()));
    services.spawn(run::<Stored>(inner.clone()));
    services.spawn(run::<Takeover>(inner.clone()));
    services.spawn(run::<Turns>(inner.clone()));
    services.spawn(run::<Unfinished>(inner.clone()));
    services.spawn(run::<Webhooks>(inner.clone()));
    services.spawn(run::<Windows>(inner.clone()));
    services
}

async fn run<S: Service>(inner: Arc<Inner>) {
    if S::CLAIMS {
        inner.takeover.done().await;
    }
    let mut service = S::default();
    let mut wait = S::first(&inner);
    while !S::is_over(&inner) {
        if !wait.is_zero() {
            tokio::select! {
                () = service.rung(&inner) => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        if S::is_over(&inner) {
            break;
        }
        wait = match service.round(&inner).await {
            Ok(round) => match round.next.wait(inner.clock.now()) {
                Some(wait) => wait,
                None => break,
            },
            Err(error) => {
                tracing::error!(?error, service = S::NAME, "a service could not do what is due, trying again");
                S::pause(&inner)
            }
        };
    }
    service.settle(&inner).await;
}

impl App {
    /// Runs the services until `shutdown` turns true; then begins no more turns, gives the running ones
    /// [`domain::Limits::drain_s`] to end, and leaves the rest to the next start.
    pub async fn run(&self, mut shutdown: watch::Receiver<bool>) {
        let _services = start(self.inner());
        let _ = shutdown.wait_for(|stop| *stop).await;
        self.drain().await;
    }

    /// Has a service do what is due now, and waits for it; how much it did. For tests that hold the clock.
    ///
    /// # Errors
    /// Those of a round.
    pub async fn run_now<S: Service>(&self) -> Result<u64> {
        let (mut service, mut did) = (S::default(), 0);
        loop {
            let round = service.round(self.inner()).await?;
            did += round.did;
            if round.next != Next::Now {
                break;
            }
        }
        service.settle(self.inner()).await;
        Ok(did)
    }

    /// Begins no more turns, waits for the running ones, and closes the store.
    #[cfg(feature = "testing")]
    pub(crate) async fn drained(self) {
        self.drain().await;
        self.store.clone().close().await;
    }

    async fn drain(&self) {
        self.workers.close();
        self.outbox.close();
        let longest = Duration::from_secs(self.limits.drain_s);
        let emptied = async {
            loop {
                let released = self.workers.released.notified();
                if self.workers.held_turns().is_empty() {
                    break;
                }
                released.await;
            }
            self.outbox.drained().await;
        };
        if tokio::time::timeout(longest, emptied).await.is_err() {
            let left = self.workers.held_turns();
            tracing::info!(turns = left.len(), "turns did not end in time, the next start goes on with them");
            left.into_iter().for_each(|turn| self.workers.stop(turn));
        }
    }
}
