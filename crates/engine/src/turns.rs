//! Running turns: who may, which ones this process holds, and what ends them.
//!
//! A turn is held by lease and epoch. Its worker writes under its attempt's number and stops when the number has moved on.
//! No transaction is open while a model answers or a tool runs.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::{TurnId, WorkerId, shares::Holder};
use futures_util::future::{AbortHandle, abortable};
use store::{
    on_behalf_of,
    planted::{Bug, is_planted},
};
use tokio::{
    runtime::Handle,
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
};

use crate::{Clock, app::Inner};

pub(crate) mod claim;
pub(crate) mod delta;
pub(crate) mod end;
mod failing;
mod run;
mod said;
mod saying;
mod step;
mod tools;
mod transcript;

pub(crate) use run::Run;

/// A free worker, held until the last clone is dropped. It travels in the operation that may need it.
pub(crate) type Permit = Arc<OwnedSemaphorePermit>;

/// The turns that this process runs.
pub(crate) struct Workers {
    /// Names this process in leases.
    pub(crate) id: WorkerId,
    /// Rung when a turn was left for whoever becomes free.
    pub(crate) backlog: Notify,
    /// Rung when a turn is no longer held.
    pub(crate) released: Notify,
    permits: Arc<Semaphore>,
    held: Mutex<HashMap<TurnId, (u64, AbortHandle)>>,
    runs: AtomicU64,
    runtime: Handle,
}

impl Workers {
    pub(crate) fn new(clock: &Clock, turns: usize) -> Self {
        Self {
            id: WorkerId(clock.id()),
            backlog: Notify::new(),
            released: Notify::new(),
            permits: Arc::new(Semaphore::new(turns)),
            held: Mutex::default(),
            runs: AtomicU64::new(0),
            runtime: Handle::current(),
        }
    }

    /// A worker that is free now, unless the server is stopping.
    pub(crate) fn free(&self) -> Option<Permit> {
        self.permits.clone().try_acquire_owned().ok().map(Arc::new)
    }

    /// Waits for a free worker; `None` once the server is stopping.
    pub(crate) async fn wait_free(&self) -> Option<Permit> {
        self.permits.clone().acquire_owned().await.ok().map(Arc::new)
    }

    /// No turn is begun after this.
    pub(crate) fn close(&self) {
        self.permits.close();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.permits.is_closed()
    }

    /// Runs a turn that was claimed by a transaction which is now committed. Called from the writer's thread.
    pub(crate) fn start(&self, inner: &Arc<Inner>, run: Run) {
        let (id, number) = (run.turn.id, self.runs.fetch_add(1, Ordering::Relaxed));
        let (guard, holder) = (Guard { inner: inner.clone(), turn: id, number }, Holder::project(run.turn.project));
        let (task, handle) = abortable(on_behalf_of(holder, async move {
            run.finish(&guard.inner).await;
            drop(guard);
        }));
        // On the list before it is spawned: a runtime that has ended drops it at once, and its guard takes it off again.
        let earlier = self.held().insert(id, (number, handle));
        if let Some((_, earlier)) = earlier {
            earlier.abort();
        }
        self.runtime.spawn(task);
    }

    /// Runs a task of a planted bug.
    #[cfg(feature = "planted-bugs")]
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    /// Stops the turn's task, if it runs here: the log says that it is over.
    pub(crate) fn stop(&self, turn: TurnId) {
        if is_planted(Bug::NoFence) {
            return;
        }
        if let Some((_, task)) = self.held().get(&turn) {
            task.abort();
        }
    }

    /// Takes the turn off the list and lets its task go on, as if it were another process that has lost its lease.
    #[cfg(feature = "testing")]
    pub(crate) fn forget(&self, turn: TurnId) {
        self.held().remove(&turn);
    }

    /// Whether a task of this process runs the turn.
    pub(crate) fn holds(&self, turn: TurnId) -> bool {
        self.held().contains_key(&turn)
    }

    pub(crate) fn held_turns(&self) -> Vec<TurnId> {
        self.held().keys().copied().collect()
    }

    fn held(&self) -> MutexGuard<'_, HashMap<TurnId, (u64, AbortHandle)>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the turn off the list when its task ends, however it ends: after that nobody renews its lease.
struct Guard {
    inner: Arc<Inner>,
    turn: TurnId,
    number: u64,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let workers = &self.inner.workers;
        let mut held = workers.held();
        if held.get(&self.turn).is_some_and(|(number, _)| *number == self.number) {
            held.remove(&self.turn);
        }
        drop(held);
        workers.released.notify_waiters();
    }
}
