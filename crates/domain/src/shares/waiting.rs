//! Waiting for places.

use std::task::{Poll, Waker};

use super::{Holder, Party, Place, Pool, State, Waiter};

/// A wait for places. On drop, it returns granted places that were not taken.
pub(super) struct Waiting<'a> {
    pool: &'a Pool,
    ticket: Option<u64>,
    holder: Holder,
    places: u64,
}

impl<'a> Waiting<'a> {
    pub(super) fn new(pool: &'a Pool, holder: Holder, places: u64) -> Self {
        Self { pool, ticket: None, holder, places }
    }

    pub(super) fn poll(&mut self, waker: &Waker) -> Poll<Option<Place>> {
        let mut state = self.pool.lock();
        let Some(ticket) = self.ticket else {
            if state.closed {
                return Poll::Ready(None);
            }
            // A newcomer does not overtake waiters of its own party.
            let alone = !state.waiting.contains_key(&self.holder.party);
            if alone && state.ledger.may_take(self.holder, self.places) {
                state.ledger.take(self.holder, self.places);
                return Poll::Ready(Some(self.pool.place(self.holder, self.places)));
            }
            self.ticket = Some(state.join(self.holder, self.places, waker.clone()));
            // A new waiter only reduces the shares of others. It may itself be a waiter that others skipped.
            state.serve();
            return self.granted(&mut state);
        };
        if state.closed {
            return Poll::Ready(None);
        }
        if let Some(waiter) = state.waiter(self.holder.party, ticket) {
            waiter.waker.clone_from(waker);
        }
        self.granted(&mut state)
    }

    fn granted(&mut self, state: &mut State) -> Poll<Option<Place>> {
        let Some(ticket) = self.ticket else { return Poll::Pending };
        if state.waiter(self.holder.party, ticket).is_none_or(|waiter| !waiter.granted) {
            return Poll::Pending;
        }
        state.leave(self.holder, ticket);
        self.ticket = None;
        Poll::Ready(Some(self.pool.place(self.holder, self.places)))
    }
}

impl State {
    fn waiter(&mut self, party: Party, ticket: u64) -> Option<&mut Waiter> {
        self.waiting.get_mut(&party)?.iter_mut().find(|waiter| waiter.ticket == ticket)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut state = self.pool.lock();
        match state.leave(self.holder, ticket) {
            Some(waiter) if waiter.granted => state.give_back(waiter.holder, waiter.places, false),
            Some(waiter) => {
                state.ledger.unwant(waiter.holder);
                // Its departure may have enlarged the shares of others.
                state.serve();
            }
            None => {}
        }
    }
}
