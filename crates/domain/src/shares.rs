//! Bounded pools, divided by shares, so that no project starves another (fairness).
//!
//! A [`Pool`] has places: workers, senders, streams, connections or bytes. Each place is lent to a [`Holder`]. A holder
//! is a party (a project, or an address without a key), and within it a key, guest, agent or address.
//!
//! A pool of `size` places has these rules:
//! - A party's share is `size` ÷ the number of parties that hold or want places, at least 1. A party that is alone
//!   shares with one assumed newcomer, so that no party fills the pool.
//! - A party below its share gets any free place.
//! - A party at its share borrows free places while the pool is at most three quarters full. The last quarter is
//!   reserved for parties below their share.
//! - A place is slow if its work has made no progress for a while. A party whose slow places fill its share and half of
//!   its borrowable places borrows nothing.
//! - The same rules hold within a party, over three quarters of the pool, for holders that name a part of the party.
//!
//! Waiting parties take turns, one place each. This module reads no clock and knows no runtime: returning a place wakes
//! the next waiter.

use std::{
    collections::{HashMap, VecDeque},
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Poll, Waker},
};

use crate::{Caller, ProjectId, caller::Subject};

mod ledger;
mod waiting;

use ledger::Ledger;
use waiting::Waiting;

/// The parties among which a pool is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    Project(ProjectId),
    /// An address without a key, as one number. All IPv6 addresses of one subscriber are one party.
    Address(u128),
    /// The server's own work, which belongs to no project.
    Server,
}

/// The holder of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Holder {
    pub party: Party,
    /// The key, guest, address or agent with guests within the party. Absent: the party itself, which no inner rule
    /// bounds.
    pub within: Option<u128>,
}

impl Holder {
    pub fn project(project: ProjectId) -> Self {
        Self { party: Party::Project(project), within: None }
    }

    pub fn address(address: u128) -> Self {
        Self { party: Party::Address(address), within: None }
    }

    /// Within the project: a guest by thread, a person by customer, otherwise the key or the member.
    pub fn of(caller: &Caller) -> Self {
        let within = match caller.subject {
            Subject::Project | Subject::Agent(_) | Subject::ExternalAgent => caller.sender(),
            Subject::Attempt { turn, .. } => turn.0,
            Subject::Thread(thread) => thread.0,
            Subject::Customer(customer) | Subject::EndUser { customer, .. } => customer.0,
        };
        Self::project(caller.project).within(within.as_u128())
    }

    pub fn server() -> Self {
        Self { party: Party::Server, within: None }
    }

    #[must_use]
    pub fn within(self, id: u128) -> Self {
        Self { within: Some(id), ..self }
    }
}

/// A bounded number of places, lent by shares. A clone is the same pool.
#[derive(Clone)]
pub struct Pool(Arc<Mutex<State>>);

struct State {
    ledger: Ledger,
    /// Waiters by party, each in order of arrival.
    waiting: HashMap<Party, VecDeque<Waiter>>,
    /// Parties with waiters, in the order in which they are served.
    turn: VecDeque<Party>,
    /// Wakers of those that wait for an empty pool.
    drained: Vec<Waker>,
    closed: bool,
    tickets: u64,
}

struct Waiter {
    ticket: u64,
    holder: Holder,
    places: u64,
    waker: Waker,
    granted: bool,
}

/// Places of a pool, returned on drop.
pub struct Place {
    pool: Pool,
    holder: Holder,
    places: u64,
    slow: AtomicBool,
}

impl Pool {
    pub fn new(size: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            ledger: Ledger::new(size as u64),
            waiting: HashMap::new(),
            turn: VecDeque::new(),
            drained: Vec::new(),
            closed: false,
            tickets: 0,
        })))
    }

    /// This many places, if the holder may have them now. `None` otherwise, and once the pool is closed.
    pub fn try_take(&self, holder: Holder, places: u64) -> Option<Place> {
        let mut state = self.lock();
        if state.closed || !state.ledger.may_take(holder, places) {
            return None;
        }
        state.ledger.take(holder, places);
        Some(self.place(holder, places))
    }

    /// Waits for this many places. `None` once the pool is closed. Dropping the future loses nothing.
    ///
    /// A request for more places than a holder can ever have waits forever. Ask [`Pool::fits`] first.
    pub async fn take(&self, holder: Holder, places: u64) -> Option<Place> {
        let mut waiting = Waiting::new(self, holder, places);
        poll_fn(|cx| waiting.poll(cx.waker())).await
    }

    /// Tells whether a holder could have this many places in an otherwise empty pool.
    pub fn fits(&self, holder: Holder, places: u64) -> bool {
        Ledger::new(self.lock().ledger.size()).may_take(holder, places)
    }

    /// Lends nothing more. Waiters get `None`.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.waiting.values().flatten().for_each(|waiter| waiter.waker.wake_by_ref());
    }

    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Waits until all places are returned.
    pub async fn drained(&self) {
        poll_fn(|cx| {
            let mut state = self.lock();
            if state.ledger.used() == 0 {
                return Poll::Ready(());
            }
            state.drained.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    pub fn size(&self) -> u64 {
        self.lock().ledger.size()
    }

    /// Number of lent places.
    pub fn used(&self) -> u64 {
        self.lock().ledger.used()
    }

    /// Number of places lent to the party.
    pub fn held_by(&self, party: Party) -> u64 {
        self.lock().ledger.held_by(party)
    }

    /// Tells whether another party waits for a place.
    pub fn is_wanted_beside(&self, party: Party) -> bool {
        let state = self.lock();
        let mut others = state.waiting.iter().filter(|(other, _)| **other != party);
        others.any(|(_, waiting)| waiting.iter().any(|waiter| !waiter.granted))
    }

    /// Number of the party's waiters.
    pub fn waiting_of(&self, party: Party) -> usize {
        self.lock().waiting.get(&party).map_or(0, |queue| queue.iter().filter(|waiter| !waiter.granted).count())
    }

    /// Number of the party's slow places.
    pub fn slow_of(&self, party: Party) -> u64 {
        self.lock().ledger.slow_of(party)
    }

    fn place(&self, holder: Holder, places: u64) -> Place {
        Place { pool: self.clone(), holder, places, slow: AtomicBool::new(false) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn join(&mut self, holder: Holder, places: u64, waker: Waker) -> u64 {
        self.tickets += 1;
        let waiter = Waiter { ticket: self.tickets, holder, places, waker, granted: false };
        let queue = self.waiting.entry(holder.party).or_default();
        if queue.is_empty() {
            self.turn.push_back(holder.party);
        }
        queue.push_back(waiter);
        self.ledger.want(holder);
        self.tickets
    }

    /// Removes a waiter from its queue.
    fn leave(&mut self, holder: Holder, ticket: u64) -> Option<Waiter> {
        let queue = self.waiting.get_mut(&holder.party)?;
        let at = queue.iter().position(|waiter| waiter.ticket == ticket)?;
        let waiter = queue.remove(at)?;
        if queue.is_empty() {
            self.waiting.remove(&holder.party);
            self.turn.retain(|party| *party != holder.party);
        }
        Some(waiter)
    }

    /// Grants free places to waiters, one for each party in turn, until nobody may have more.
    fn serve(&mut self) {
        let mut refused = 0;
        while refused < self.turn.len() && self.ledger.used() < self.ledger.size() {
            let Some(party) = self.turn.pop_front() else { return };
            self.turn.push_back(party);
            let Some(waiter) = self.waiting.get_mut(&party).and_then(|queue| next_of(queue, &self.ledger)) else {
                refused += 1;
                continue;
            };
            refused = 0;
            waiter.granted = true;
            self.ledger.unwant(waiter.holder);
            self.ledger.take(waiter.holder, waiter.places);
            waiter.waker.wake_by_ref();
        }
    }

    fn give_back(&mut self, holder: Holder, places: u64, slow: bool) {
        self.ledger.give_back(holder, places, slow);
        // The party has used its turn with the place that it returns.
        if let Some(at) = self.turn.iter().position(|party| *party == holder.party) {
            let party = self.turn.remove(at);
            self.turn.extend(party);
        }
        self.serve();
        if self.ledger.used() == 0 {
            self.drained.drain(..).for_each(Waker::wake);
        }
    }
}

/// The next waiter of a party: the first below its share within the party, else the first whose request may be granted.
fn next_of<'w>(queue: &'w mut VecDeque<Waiter>, ledger: &Ledger) -> Option<&'w mut Waiter> {
    let mut next = None;
    for (at, waiter) in queue.iter().enumerate() {
        if waiter.granted || !ledger.may_take(waiter.holder, waiter.places) {
            continue;
        }
        if ledger.is_below_share(waiter.holder, waiter.places) {
            next = Some(at);
            break;
        }
        next = next.or(Some(at));
    }
    queue.get_mut(next?)
}

impl Place {
    /// Tells whether another holder waits for the place and would get it if it were returned now.
    pub fn is_wanted(&self) -> bool {
        let mut state = self.pool.lock();
        let State { ledger, waiting, .. } = &mut *state;
        let slow = self.slow.load(Relaxed);
        ledger.give_back(self.holder, self.places, slow);
        let other = |waiter: &Waiter| waiter.holder != self.holder && !waiter.granted;
        let wanted = waiting.iter().any(|(party, queue)| {
            let may = |waiter: &Waiter| other(waiter) && ledger.may_take(waiter.holder, waiter.places);
            // A party that may have nothing is skipped as a whole.
            ledger.may_party_take(*party, 1) && queue.iter().any(may)
        });
        ledger.take(self.holder, self.places);
        if slow {
            ledger.set_slow(self.holder, self.places, true);
        }
        wanted
    }

    /// Marks whether the work of the place makes no progress.
    pub fn set_slow(&self, slow: bool) {
        let mut state = self.pool.lock();
        if self.slow.swap(slow, Relaxed) != slow {
            state.ledger.set_slow(self.holder, self.places, slow);
            state.serve();
        }
    }

    /// Returns all places except this many.
    pub fn shrink_to(&mut self, places: u64) {
        let back = self.places.saturating_sub(places);
        if back > 0 {
            self.places = places;
            self.pool.lock().give_back(self.holder, back, self.slow.load(Relaxed));
        }
    }

    /// Takes this many more places, if the holder may have them now.
    pub fn try_grow(&mut self, more: u64) -> bool {
        let mut state = self.pool.lock();
        if !state.ledger.may_take(self.holder, more) {
            return false;
        }
        state.ledger.take(self.holder, more);
        if self.slow.load(Relaxed) {
            state.ledger.set_slow(self.holder, more, true);
        }
        self.places += more;
        true
    }

    pub fn holder(&self) -> Holder {
        self.holder
    }

    pub fn places(&self) -> u64 {
        self.places
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.pool.lock().give_back(self.holder, self.places, self.slow.load(Relaxed));
    }
}

#[cfg(test)]
mod tests;
