//! Wakes the programs that wait for turns of their external agents.
//!
//! A wake-up is a hint: the program looks into the store. A program registers before it looks, so that no offer falls
//! between. An offer wakes one program, and a program that goes away unheard passes its wake-up on.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::AgentId;
use tokio::sync::Notify;

/// The waiting programs of this process.
#[derive(Default)]
pub(crate) struct Offers(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    registered: u64,
    programs: HashMap<u64, Program>,
    /// The programs of each agent that no offer has woken, longest waiting first.
    agents: HashMap<AgentId, Vec<u64>>,
}

struct Program {
    agents: Vec<AgentId>,
    bell: Arc<Notify>,
    /// The agent whose offer has woken the program.
    woken_by: Option<AgentId>,
}

impl Offers {
    /// Registers a program of these agents.
    pub(crate) fn wait(self: &Arc<Self>, agents: &[AgentId]) -> Waiter {
        let bell = Arc::new(Notify::new());
        let mut waiting = self.lock();
        waiting.registered += 1;
        let id = waiting.registered;
        waiting.programs.insert(id, Program { agents: agents.to_vec(), bell: bell.clone(), woken_by: None });
        for agent in agents {
            waiting.agents.entry(*agent).or_default().push(id);
        }
        Waiter { offers: self.clone(), id, bell, heard: false }
    }

    /// Wakes one program of the agent.
    pub(crate) fn announce(&self, agent: AgentId) {
        self.lock().wake(agent);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn wake(&mut self, agent: AgentId) {
        let Some(id) = self.agents.get(&agent).and_then(|ids| ids.first().copied()) else { return };
        self.withdraw(id);
        if let Some(program) = self.programs.get_mut(&id) {
            program.woken_by = Some(agent);
            program.bell.notify_one();
        }
    }

    /// Removes the program from the lists of its agents.
    fn withdraw(&mut self, id: u64) {
        let agents = self.programs.get(&id).map(|program| program.agents.clone()).unwrap_or_default();
        for agent in agents {
            if let Some(ids) = self.agents.get_mut(&agent) {
                ids.retain(|other| *other != id);
                if ids.is_empty() {
                    self.agents.remove(&agent);
                }
            }
        }
    }
}

/// A registered program.
pub(crate) struct Waiter {
    offers: Arc<Offers>,
    id: u64,
    bell: Arc<Notify>,
    heard: bool,
}

impl Waiter {
    /// Returns after an offer that came since the registration.
    pub(crate) async fn woken(&mut self) {
        self.bell.notified().await;
        self.heard = true;
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut waiting = self.offers.lock();
        waiting.withdraw(self.id);
        let woken_by = waiting.programs.remove(&self.id).and_then(|program| program.woken_by);
        if let Some(agent) = woken_by.filter(|_| !self.heard) {
            waiting.wake(agent);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use uuid::Uuid;

    use super::*;

    fn agent(n: u128) -> AgentId {
        AgentId(Uuid::from_u128(n))
    }

    fn is_woken(waiter: &mut Waiter) -> bool {
        waiter.woken().now_or_never().is_some()
    }

    #[test]
    fn an_offer_wakes_one_program_of_its_agent() {
        let offers = Arc::new(Offers::default());
        let mut both = offers.wait(&[agent(1), agent(2)]);
        let mut second = offers.wait(&[agent(2)]);
        offers.announce(agent(3));
        assert!(!is_woken(&mut both) && !is_woken(&mut second));
        offers.announce(agent(2));
        assert!(is_woken(&mut both) && !is_woken(&mut second), "the longest waiting first");
        offers.announce(agent(2));
        assert!(is_woken(&mut second));
        offers.announce(agent(1));
        assert!(!is_woken(&mut both), "it looks anyway");
        drop((both, second));
        assert!(offers.lock().programs.is_empty() && offers.lock().agents.is_empty());
    }

    #[test]
    fn a_program_that_goes_away_unheard_passes_its_wake_up_on() {
        let offers = Arc::new(Offers::default());
        let (first, mut second) = (offers.wait(&[agent(1)]), offers.wait(&[agent(1)]));
        offers.announce(agent(1));
        drop(first);
        assert!(is_woken(&mut second));
        let mut third = offers.wait(&[agent(1)]);
        drop(second);
        assert!(!is_woken(&mut third), "what was heard is not passed on");
    }
}
