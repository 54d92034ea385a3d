//! The workers of this process, and the turns that they hold.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::{
    AgentId, ProjectId, TurnId, WorkerId,
    agent::Agent,
    shares::{Holder, Place, Pool},
};
use futures_util::future::{AbortHandle, abortable};
use store::{
    on_behalf_of,
    planted::{Bug, is_planted},
};
use tokio::{runtime::Handle, sync::Notify};

use crate::Clock;

/// A worker's place, held until the last clone is dropped.
pub(crate) type Permit = Arc<Place>;

/// Most agents with guests that are kept, and most turns that wait for their provider. Beyond it, all are dropped. Agents
/// are noted again, and a turn counts as one whose call has failed.
const GUESTS_MAX: usize = 65_536;

/// A turn that was released to wait.
struct HeldBack {
    has_failed: bool,
    wait: Option<Waits>,
}

/// A task that waits. It ends when this is dropped.
struct Waits(Option<AbortHandle>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

/// The workers of this process, and the turns that they run.
pub(crate) struct Workers {
    /// The id of this process in leases.
    pub(crate) id: WorkerId,
    /// Notified when a turn waits for a free worker.
    pub(crate) backlog: Notify,
    /// Notified when a turn is no longer held.
    pub(crate) released: Notify,
    places: Pool,
    /// Agents that let guests in, as far as they are known. Their turns share their project's places.
    guests: Mutex<HashSet<AgentId>>,
    held: Mutex<HashMap<TurnId, (u64, AbortHandle)>>,
    /// Turns that were released to wait for a route or for a place at a provider.
    held_back: Mutex<HashMap<TurnId, HeldBack>>,
    numbers: AtomicU64,
    runtime: Handle,
}

impl Workers {
    pub(crate) fn new(clock: &Clock, turns: usize) -> Self {
        Self {
            id: WorkerId(clock.id()),
            backlog: Notify::new(),
            released: Notify::new(),
            places: Pool::new(turns),
            guests: Mutex::default(),
            held: Mutex::default(),
            held_back: Mutex::default(),
            numbers: AtomicU64::new(0),
            runtime: Handle::current(),
        }
    }

    /// A free worker for the agent's project, if it may have one now and the server is not stopping. Never waits.
    pub(crate) fn free(&self, agent: &Agent) -> Option<Permit> {
        self.meet(agent);
        self.places.try_take(self.holder(agent.project, agent.id), 1).map(Arc::new)
    }

    /// Busy workers, and all.
    pub(crate) fn busy(&self) -> (u64, u64) {
        (self.places.used(), self.places.size())
    }

    /// Waits for a worker for the project. `None` once the server is stopping.
    pub(crate) async fn wait_free(&self, project: ProjectId, agent: AgentId) -> Option<Permit> {
        self.places.take(self.holder(project, agent), 1).await.map(Arc::new)
    }

    /// Records whether the agent lets guests in.
    pub(crate) fn meet(&self, agent: &Agent) {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        if agent.settings.guests.is_none() {
            guests.remove(&agent.id);
            return;
        }
        if guests.len() >= GUESTS_MAX {
            guests.clear();
        }
        guests.insert(agent.id);
    }

    /// Records that the turn is released. Readers are told of its next claim if a call `has_failed`.
    pub(crate) fn hold_back(&self, turn: TurnId, has_failed: bool) {
        let mut held_back = self.held_back();
        if held_back.len() >= GUESTS_MAX {
            held_back.clear();
        }
        held_back.insert(turn, HeldBack { has_failed, wait: None });
    }

    /// Waits for a place at the provider of a released turn, until the turn runs or ends.
    pub(crate) fn wait_for(&self, turn: TurnId, wait: impl Future<Output = ()> + Send + 'static) {
        if let Some(held_back) = self.held_back().get_mut(&turn) {
            let (task, handle) = abortable(wait);
            held_back.wait = Some(Waits(Some(handle)));
            self.runtime.spawn(task);
        }
    }

    /// The turn has its place. Nothing ends the task that has waited any more.
    pub(crate) fn has_waited(&self, turn: TurnId) {
        if let Some(held_back) = self.held_back().get_mut(&turn)
            && let Some(wait) = &mut held_back.wait
        {
            wait.0 = None;
        }
    }

    /// Tells whether the turn was released without a failed call.
    pub(crate) fn is_held_back(&self, turn: TurnId) -> bool {
        self.held_back().get(&turn).is_some_and(|held_back| !held_back.has_failed)
    }

    fn held_back(&self) -> MutexGuard<'_, HashMap<TurnId, HeldBack>> {
        self.held_back.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pool of workers' places.
    #[cfg(feature = "testing")]
    pub(crate) fn places(&self) -> &Pool {
        &self.places
    }

    fn holder(&self, project: ProjectId, agent: AgentId) -> Holder {
        let holder = Holder::project(project);
        let lets_guests_in = self.guests.lock().unwrap_or_else(PoisonError::into_inner).contains(&agent);
        if lets_guests_in { holder.within(agent.0.as_u128()) } else { holder }
    }

    /// Prevents new turns.
    pub(crate) fn close(&self) {
        self.places.close();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.places.is_closed()
    }

    /// Runs a turn after the COMMIT of its claim. Called from the writer's thread.
    pub(crate) fn start(
        self: &Arc<Self>,
        turn: TurnId,
        project: ProjectId,
        run: impl Future<Output = ()> + Send + 'static,
    ) {
        self.held_back().remove(&turn);
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let (guard, holder) = (Guard { workers: self.clone(), turn, number }, Holder::project(project));
        // In a box, because each future around it would keep a second place for it.
        let run = Box::pin(run);
        let (task, handle) = abortable(on_behalf_of(holder, async move {
            run.await;
            drop(guard);
        }));
        // Registered before the spawn, because an ended runtime drops the task at once, and its guard unregisters it.
        let earlier = self.held().insert(turn, (number, handle));
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

    /// Stops the turn's task, if it runs in this process, because the log has its end.
    pub(crate) fn stop(&self, turn: TurnId) {
        self.held_back().remove(&turn);
        if [Bug::NoFence, Bug::TakeKeepsEpoch, Bug::AnswerAfterTake].into_iter().any(is_planted) {
            return;
        }
        if let Some((_, task)) = self.held().get(&turn) {
            task.abort();
        }
    }

    /// Unregisters the turn and lets its task continue, like a process that has lost its lease.
    #[cfg(feature = "testing")]
    pub(crate) fn forget(&self, turn: TurnId) {
        self.held().remove(&turn);
    }

    /// Tells whether a task of this process runs the turn.
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

/// Unregisters the turn when its task ends in any way. Its lease is then no longer renewed.
struct Guard {
    workers: Arc<Workers>,
    turn: TurnId,
    number: u64,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut held = self.workers.held();
        if held.get(&self.turn).is_some_and(|(number, _)| *number == self.number) {
            held.remove(&self.turn);
        }
        drop(held);
        self.workers.released.notify_waiters();
    }
}
