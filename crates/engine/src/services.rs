//! What runs beside the requests: leases, turns that were left, reminders, and the backstops behind every wake-up.

use std::{sync::Arc, time::Duration};

use domain::{Result, event::Event, reminder::Reminder, shares::Holder, ticket::Cause};
use store::{Operation, Tx, on_behalf_of};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    App, ages, delivery,
    inner::Inner,
    journal::Journal,
    leftovers, quotas,
    rounds::{pause, put_off},
    takeover,
    turns::{Backlog, claim_due},
    unfinished, watches,
};

/// How often readers look without being told.
const READERS_BACKSTOP: Duration = Duration::from_secs(15);
const KEYS_SWEEP: Duration = Duration::from_secs(3_600);
/// Reminders fired in one round.
const ROUND: i64 = 64;

impl App {
    /// Runs the services until `shutdown` turns true; then begins no more turns, gives the running ones
    /// [`domain::Limits::drain_s`] to end, and leaves the rest to the next start.
    pub async fn run(&self, mut shutdown: watch::Receiver<bool>) {
        let mut services = JoinSet::new();
        let inner = self.inner();
        services.spawn(takeover::finish(inner.clone()));
        services.spawn(ages::beat(inner.clone()));
        services.spawn(claim_due(inner.clone()));
        services.spawn(renew(inner.clone()));
        services.spawn(remind(inner.clone()));
        services.spawn(crate::app::threads::windows::watch(inner.clone()));
        services.spawn(sweep(inner.clone()));
        services.spawn(leftovers::watch(inner.clone()));
        services.spawn(quotas::count::watch(inner.clone()));
        services.spawn(unfinished::watch(inner.clone()));
        services.spawn(wake_readers(inner.clone()));
        services.spawn(watches::watch(inner.clone()));
        services.spawn(delivery::deliver(inner.clone()));
        let _ = shutdown.wait_for(|stop| *stop).await;
        self.workers.close();
        self.outbox.close();
        self.drain().await;
    }

    /// Begins no more turns, waits for the running ones, and closes the store.
    #[cfg(feature = "testing")]
    pub(crate) async fn drained(self) {
        self.workers.close();
        self.outbox.close();
        self.drain().await;
        self.store.clone().close().await;
    }

    async fn drain(&self) {
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

    /// Claims the turns that are due now, as the service does. For tests that hold the clock.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn claim_turns(&self) -> Result<()> {
        let mut backlog = Backlog::default();
        backlog.look(self.inner()).await?;
        backlog.settle().await;
        Ok(())
    }

    /// Forgets origin keys of no thread that have lived for their time, as the service does. For tests that hold the clock.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn expire_keys(&self) -> Result<u64> {
        expire_keys(self.inner()).await
    }

    /// Looks for what is due to webhooks, as after a commit. For tests that hold the clock.
    pub fn ring_outbox(&self) {
        self.outbox.ring();
    }

    /// Fires what is due now, as the service does. For tests that hold the clock.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn fire_reminders(&self) -> Result<usize> {
        fire_due(self.inner()).await
    }
}

/// Keeps the leases of this process alive.
async fn renew(inner: Arc<Inner>) {
    let lease_us = inner.limits.lease_s as i64 * 1_000_000;
    let beat = Duration::from_micros(lease_us as u64 / 3);
    loop {
        tokio::time::sleep(beat).await;
        let held = inner.workers.held_turns();
        if held.is_empty() {
            continue;
        }
        let (worker, until) = (inner.workers.id, inner.clock.now().plus_us(lease_us));
        let renewed = store::op(move |tx| Box::pin(async move { store::turns::renew(tx, &held, worker, until).await }));
        if let Err(error) = inner.store.write(renewed).await {
            tracing::error!(?error, "leases could not be renewed");
        }
    }
}

async fn wake_readers(inner: Arc<Inner>) {
    loop {
        tokio::time::sleep(READERS_BACKSTOP).await;
        inner.hub.wake_all();
    }
}

async fn sweep(inner: Arc<Inner>) {
    loop {
        if let Err(error) = expire_keys(&inner).await {
            tracing::warn!(?error, "old origin keys could not be removed");
        }
        tokio::time::sleep(KEYS_SWEEP).await;
    }
}

async fn expire_keys(inner: &Inner) -> Result<u64> {
    let life_us = inner.limits.origin_key_days as i64 * 86_400_000_000;
    let before = ages::steps(inner).await?.before(inner.clock.now(), life_us);
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

/// Fires reminders when they come due.
async fn remind(inner: Arc<Inner>) {
    loop {
        let set = inner.reminders.notified();
        let next = match fire_due(&inner).await {
            Ok(_) => inner.store.read(store::op(|tx| Box::pin(store::reminders::next_due(tx)))).await,
            Err(error) => Err(error),
        };
        let wait = pause(next, inner.clock.now(), "reminders could not be fired");
        let _ = tokio::time::timeout(wait, set).await;
    }
}

async fn fire_due(inner: &Arc<Inner>) -> Result<usize> {
    let now = inner.clock.now();
    let due = inner
        .store
        .read(store::op(move |tx| Box::pin(async move { store::reminders::due(tx, now, ROUND).await })))
        .await?;
    let mut fired = 0;
    for reminder in due {
        let thread = reminder.thread;
        let holder = Holder::project(reminder.project);
        match on_behalf_of(holder, inner.store.write(Fire { inner: inner.clone(), reminder })).await {
            Ok(has_fired) => fired += usize::from(has_fired),
            Err(error) => {
                let off = |now, later| {
                    store::op(move |tx| {
                        Box::pin(async move { store::reminders::put_off(tx, thread, now, later).await })
                    })
                };
                put_off(inner, &format!("the reminder of thread {thread}"), error, off).await?;
            }
        }
    }
    Ok(fired)
}

/// Fires one reminder: an entry, the ticket (unless a turn is open or somebody has closed the thread), and the count down; set
/// anew while any are left. Several missed while the server was down count as one.
struct Fire {
    inner: Arc<Inner>,
    reminder: Reminder,
}

impl Operation for Fire {
    type Out = bool;

    async fn run(self, tx: &mut Tx) -> Result<bool> {
        let Self { inner, reminder } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, reminder.project, reminder.thread, now).await? else {
            store::reminders::clear(tx, reminder.thread).await?;
            return Ok(false);
        };
        let found = store::reminders::find(tx, reminder.project, reminder.thread).await?;
        let Some(mut reminder) = found.filter(|r| r.due_at <= now) else { return Ok(false) };
        reminder.number_left -= 1;
        journal.move_ticket(Cause::Reminded);
        let ticket = journal.thread.ticket;
        journal.append(None, Event::ThreadReminder { number_left: reminder.number_left, ticket });
        if reminder.number_left > 0 {
            reminder.due_at = now.plus_s(reminder.delay_s);
            store::reminders::set(tx, &reminder).await?;
        } else {
            store::reminders::clear(tx, reminder.thread).await?;
        }
        journal.write(tx, &inner).await?;
        Ok(true)
    }
}
