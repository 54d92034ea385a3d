//! The queue of writes. Projects take turns, so that one project's writes do not delay another's.

use std::collections::{HashMap, VecDeque};

use domain::{
    Error, Result,
    shares::{Holder, Party, Place, Pool},
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::{behalf, job::Job, store::closed};

/// A waiting write. Its place in the queue is released when a writer takes it.
struct Waiting {
    holder: Holder,
    job: Box<dyn Job>,
    _place: Place,
}

enum Item {
    Run(Waiting),
    /// Stops new writes. Waiting writes still run.
    Close,
}

/// The callers' end of the queue. The number of waiting writes is bounded by shares.
pub(crate) struct Entrance {
    places: Pool,
    into: UnboundedSender<Item>,
}

/// The writers' end of the queue.
pub(crate) struct Queue {
    incoming: UnboundedReceiver<Item>,
    arrived: Vec<Item>,
    rounds: Rounds<Box<dyn Job>>,
}

/// A queue with this many places.
pub(crate) fn queue(places: usize) -> (Entrance, Queue) {
    let (into, incoming) = unbounded_channel();
    let entrance = Entrance { places: Pool::new(places.max(1)), into };
    (entrance, Queue { incoming, arrived: Vec::new(), rounds: Rounds::default() })
}

impl Entrance {
    /// # Errors
    /// `unavailable` if the holder's share of the queue is full, or the store is closing.
    pub(crate) fn push(&self, job: Box<dyn Job>) -> Result<()> {
        let holder = behalf::holder();
        let full = || Error::unavailable("Too many writes are waiting, try again");
        let place = self.places.try_take(holder, 1).ok_or_else(full)?;
        self.into.send(Item::Run(Waiting { holder, job, _place: place })).map_err(|_| closed())
    }

    pub(crate) fn close(&self) {
        // An error means that the queue is already closed.
        let _ = self.into.send(Item::Close);
    }
}

impl Queue {
    /// Blocks until a write waits, then moves up to `max` jobs to `jobs`, one of each party in turn. `false` once the
    /// queue is closed and empty.
    pub(crate) fn blocking_take(&mut self, jobs: &mut Vec<Box<dyn Job>>, max: usize) -> bool {
        if self.rounds.is_empty() {
            if self.incoming.blocking_recv_many(&mut self.arrived, max + 1) == 0 {
                return false;
            }
            // If all waiting jobs are taken at once, the order of parties does not matter.
            if self.arrived.len() <= max {
                for item in self.arrived.drain(..) {
                    match item {
                        Item::Run(waiting) => jobs.push(waiting.job),
                        Item::Close => self.incoming.close(),
                    }
                }
                return true;
            }
        }
        self.take_in();
        jobs.extend(std::iter::from_fn(|| self.rounds.next(|_| Some(()))).map(|(job, ())| job).take(max));
        true
    }

    /// Sorts new arrivals by holder.
    pub(crate) fn take_in(&mut self) {
        while let Ok(item) = self.incoming.try_recv() {
            self.arrived.push(item);
        }
        for item in std::mem::take(&mut self.arrived) {
            self.sort(item);
        }
    }

    /// Waits for the next arrival. `false` once the queue is closed.
    pub(crate) async fn wait(&mut self) -> bool {
        let arrived = self.incoming.recv().await;
        let open = arrived.is_some();
        arrived.into_iter().for_each(|item| self.sort(item));
        open
    }

    /// The next job of the first party that `may` accepts, with the result of `may`.
    pub(crate) fn next<P>(&mut self, may: impl FnMut(Party) -> Option<P>) -> Option<(Box<dyn Job>, P)> {
        self.rounds.next(may)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rounds.is_empty()
    }

    fn sort(&mut self, item: Item) {
        match item {
            Item::Run(waiting) => self.rounds.push(waiting.holder, waiting.job),
            Item::Close => self.incoming.close(),
        }
    }
}

/// Waiting jobs by holder, each in order of arrival. Parties take turns, and so do the holders of a party.
struct Rounds<T> {
    lanes: HashMap<Holder, VecDeque<T>>,
    within: HashMap<Party, VecDeque<Option<u128>>>,
    turn: VecDeque<Party>,
}

impl<T> Default for Rounds<T> {
    fn default() -> Self {
        Self { lanes: HashMap::new(), within: HashMap::new(), turn: VecDeque::new() }
    }
}

impl<T> Rounds<T> {
    fn is_empty(&self) -> bool {
        self.turn.is_empty()
    }

    fn push(&mut self, holder: Holder, what: T) {
        let lane = self.lanes.entry(holder).or_default();
        if lane.is_empty() {
            let within = self.within.entry(holder.party).or_default();
            if within.is_empty() {
                self.turn.push_back(holder.party);
            }
            within.push_back(holder.within);
        }
        lane.push_back(what);
    }

    fn next<P>(&mut self, mut may: impl FnMut(Party) -> Option<P>) -> Option<(T, P)> {
        let (at, given) = self.turn.iter().enumerate().find_map(|(at, party)| Some((at, may(*party)?)))?;
        let party = self.turn.remove(at)?;
        let within = self.within.get_mut(&party)?;
        let holder = Holder { party, within: within.pop_front()? };
        let lane = self.lanes.get_mut(&holder)?;
        let what = lane.pop_front()?;
        match lane.is_empty() {
            true => drop(self.lanes.remove(&holder)),
            false => within.push_back(holder.within),
        }
        match within.is_empty() {
            true => drop(self.within.remove(&party)),
            false => self.turn.push_back(party),
        }
        Some((what, given))
    }
}

#[cfg(test)]
mod tests {
    use domain::{ProjectId, shares::Holder};
    use uuid::Uuid;

    use super::Rounds;

    fn project(n: u128) -> Holder {
        Holder::project(ProjectId(Uuid::from_u128(n)))
    }

    fn all(rounds: &mut Rounds<&'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| rounds.next(|_| Some(()))).map(|(what, ())| what).collect()
    }

    #[test]
    fn parties_come_in_turn_and_each_in_its_order() {
        let mut rounds = Rounds::default();
        for (holder, what) in [(1, "a1"), (1, "a2"), (1, "a3"), (2, "b1"), (3, "c1"), (2, "b2")] {
            rounds.push(project(holder), what);
        }
        assert_eq!(all(&mut rounds), ["a1", "b1", "c1", "a2", "b2", "a3"]);
        assert!(rounds.is_empty());
    }

    #[test]
    fn keys_of_a_project_come_in_turn_too() {
        let mut rounds = Rounds::default();
        for (holder, what) in [
            (project(1).within(1), "first 1"),
            (project(1).within(1), "first 2"),
            (project(1).within(2), "second 1"),
            (project(2), "other 1"),
        ] {
            rounds.push(holder, what);
        }
        assert_eq!(all(&mut rounds), ["first 1", "other 1", "second 1", "first 2"]);
    }

    #[test]
    fn a_party_that_may_not_keeps_its_turn() {
        let mut rounds = Rounds::default();
        for (holder, what) in [(1, "a1"), (2, "b1"), (2, "b2")] {
            rounds.push(project(holder), what);
        }
        let not_the_first = |party| (party != project(1).party).then_some(());
        assert_eq!(rounds.next(not_the_first), Some(("b1", ())));
        assert_eq!(all(&mut rounds), ["a1", "b2"]);
        assert_eq!(rounds.next(|_| Some(())), None);
    }
}
