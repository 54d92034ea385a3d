//! The services that run beside requests. Each is a file with a type that tells its name, its next due time and its
//! round. Starting, waiting, retrying and ending are written here, once.

mod ages;
mod budgets;
mod catalogues;
mod credentials;
mod external;
mod index;
mod leases;
mod leftovers;
mod origin_keys;
mod pushes;
mod readers;
mod reminders;
mod secrets;
mod silences;
mod spans;
mod stored;
mod takeover;
mod turns;
mod unfinished;
mod usage;
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
    ages::Ages, budgets::Budgets, catalogues::Catalogues, credentials::Credentials, external::External, index::Index,
    leases::Leases, leftovers::Leftovers, origin_keys::OriginKeys, pushes::Pushes, readers::Readers,
    reminders::Reminders, secrets::Secrets, silences::Silences, spans::Spans, stored::Stored, takeover::Takeover,
    turns::Turns, unfinished::Unfinished, usage::Usage, webhooks::Webhooks, windows::Windows,
};

/// Time for the last spans when the server stops.
const SPANS_WITHIN: Duration = Duration::from_secs(2);
/// Longest pause of a service between two rounds.
const BACKSTOP: Duration = Duration::from_secs(30);

/// Work that runs beside requests, round after round.
pub trait Service: Default + Send + 'static {
    /// The service's name in the log.
    const NAME: &'static str;
    /// True if it claims work that a dead process may hold. It then waits for the takeover.
    const CLAIMS: bool = false;

    /// The pause before the first round.
    fn first(_: &Inner) -> Duration {
        Duration::ZERO
    }

    /// The pause after a failed round.
    fn pause(_: &Inner) -> Duration {
        Duration::from_secs(1)
    }

    /// Notified when a round is due early.
    fn bell(_: &Inner) -> Option<&Notify> {
        None
    }

    /// Tells whether no further round begins.
    fn is_over(_: &Inner) -> bool {
        false
    }

    /// Returns when a round is due early. May be dropped at any moment.
    fn rung(&mut self, inner: &Arc<Inner>) -> impl Future<Output = ()> + Send {
        async move {
            match Self::bell(inner) {
                Some(bell) => bell.notified().await,
                None => future::pending().await,
            }
        }
    }

    /// Does all due work.
    ///
    /// # Errors
    /// An error that prevents the whole round. The next round follows after [`Service::pause`].
    fn round(&mut self, inner: &Arc<Inner>) -> impl Future<Output = Result<Round>> + Send;

    /// Waits for work that the rounds have started.
    fn settle(&mut self, _: &Arc<Inner>) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// The result of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// Amount of work done.
    pub did: u64,
    pub next: Next,
}

/// The time of the next round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At once, because this round may have left work.
    Now,
    /// At this time of the clock. Absent: nothing is scheduled.
    At(Option<Timestamp>),
    /// After this elapsed time.
    After(Duration),
    Never,
}

impl Next {
    /// The pause until then; `None` without end.
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

/// Starts every service on its own task. Dropping the result ends them.
fn start(inner: &Arc<Inner>) -> JoinSet<()> {
    let mut services = JoinSet::new();
    services.spawn(run::<Ages>(inner.clone()));
    services.spawn(run::<Budgets>(inner.clone()));
    services.spawn(run::<Catalogues>(inner.clone()));
    services.spawn(run::<Credentials>(inner.clone()));
    services.spawn(run::<External>(inner.clone()));
    services.spawn(run::<Index>(inner.clone()));
    services.spawn(run::<Leases>(inner.clone()));
    services.spawn(run::<Leftovers>(inner.clone()));
    services.spawn(run::<OriginKeys>(inner.clone()));
    services.spawn(run::<Pushes>(inner.clone()));
    services.spawn(run::<Readers>(inner.clone()));
    services.spawn(run::<Reminders>(inner.clone()));
    services.spawn(run::<Secrets>(inner.clone()));
    services.spawn(run::<Spans>(inner.clone()));
    services.spawn(run::<Silences>(inner.clone()));
    services.spawn(run::<Stored>(inner.clone()));
    services.spawn(run::<Takeover>(inner.clone()));
    services.spawn(run::<Turns>(inner.clone()));
    services.spawn(run::<Unfinished>(inner.clone()));
    services.spawn(run::<Usage>(inner.clone()));
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
                tracing::error!(?error, service = S::NAME, "a round of a service failed, trying again");
                S::pause(&inner)
            }
        };
    }
    service.settle(&inner).await;
}

impl App {
    /// Runs the services until `shutdown` turns true. Then it starts no more turns, gives running ones
    /// [`domain::Limits::drain_s`] to end, and leaves the rest to the next start.
    pub async fn run(&self, mut shutdown: watch::Receiver<bool>) {
        let _services = start(self.inner());
        let _ = shutdown.wait_for(|stop| *stop).await;
        self.drain().await;
    }

    /// Runs a round of a service, and returns the amount of work. For tests that control the clock.
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

    /// Runs one round of a service, however much is left. Returns the amount of work.
    ///
    /// # Errors
    /// Those of a round.
    #[cfg(feature = "testing")]
    pub async fn one_round<S: Service>(&self) -> Result<u64> {
        Ok(S::default().round(self.inner()).await?.did)
    }

    /// Starts no more turns, waits for the running ones, and closes the store.
    #[cfg(feature = "testing")]
    pub(crate) async fn drained(self) {
        self.drain().await;
        self.store.clone().close().await;
    }

    async fn drain(&self) {
        self.workers.close();
        self.outbox.close();
        // An endpoint that streams loses its hold like any other program.
        self.pushes.close();
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
            tracing::info!(turns = left.len(), "turns did not end in time, so the next start resumes them");
            left.into_iter().for_each(|turn| self.workers.stop(turn));
        }
        // What the last turns told. A collector that does not answer delays the stop once, and not for long.
        let told = async { while self.telemetry.send().await.is_ok_and(|sent| sent.more) {} };
        let _ = tokio::time::timeout(SPANS_WITHIN, told).await;
        if let Err(error) = budgets::give_back(self, Timestamp(i64::MAX)).await {
            tracing::warn!(?error, "unused parts of budgets could not be given back, and count as spent");
        }
    }
}
