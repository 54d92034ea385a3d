//! Waiting for places.

use std::task::{Poll, Waker};

use super::{Holder, Party, Place, Pool, State, Waiter};

/// A wait for places. Dropped, it gives back what was granted and not yet taken.
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
            // Who comes later does not pass those of its own party that wait.
            let alone = !state.waiting.contains_key(&self.holder.party);
            if alone && state.ledger.may_take(self.holder, self.places) {
                state.ledger.take(self.holder, self.places);
                return Poll::Ready(Some(self.pool.place(self.holder, self.places)));
            }
            self.ticket = Some(state.join(self.holder, self.places, waker.clone()));
            // One that wants makes the others' shares smaller, never larger; but it may itself be one that others passed.
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
                // Its leaving may have made the others' shares larger.
                state.serve();
            }
            None => {}
        }
    }
}
