//! What a request takes of the process's memory, from the first piece of its body to the last byte of its answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{body::HttpBody, response::Response};
use domain::{
    Error,
    shares::{Holder, Place},
};
use engine::Memory;
use http::Extensions;

use crate::pieces::{PIECE_BYTES, Pieces};

/// So many bytes a request may have unasked: they are bounded by the number of requests under way, and most need no more.
pub const UNASKED_BYTES: u64 = 16_384;
/// Room is taken by this much at once.
const STEP_BYTES: u64 = 65_536;

/// A request's account. In every request's extensions.
#[derive(Clone)]
pub(crate) struct Account(Arc<Inner>);

struct Inner {
    memory: Memory,
    books: Mutex<Books>,
}

struct Books {
    holder: Holder,
    charged: u64,
    place: Option<Place>,
}

impl Account {
    pub fn new(memory: Memory, holder: Holder) -> Self {
        Self(Arc::new(Inner { memory, books: Mutex::new(Books { holder, charged: 0, place: None }) }))
    }

    pub fn of(extensions: &Extensions) -> &Self {
        extensions.get().expect("the doors put it into every request before a router sees it")
    }

    /// From now on the request is known to be this holder's.
    pub fn belongs_to(&self, holder: Holder) {
        self.books().holder = holder;
    }

    /// So many bytes more.
    ///
    /// # Errors
    /// `unavailable` while there is no room; `payload_too_large` if there never will be.
    pub fn charge(&self, bytes: u64) -> Result<(), Error> {
        let mut books = self.books();
        books.charged += bytes;
        if books.charged <= UNASKED_BYTES {
            return Ok(());
        }
        let whole = books.charged.next_multiple_of(STEP_BYTES);
        let memory = &self.0.memory;
        let Books { holder, place, .. } = &mut *books;
        match place {
            None => *place = Some(memory.take(*holder, whole)?),
            Some(place) if place.places() < whole => memory.grow(place, whole - place.places())?,
            Some(_) => {}
        }
        Ok(())
    }

    /// The answer as it leaves: a large one in pieces, with room for it until it is written. What the request had before goes to
    /// its answer.
    ///
    /// # Errors
    /// `unavailable` when there is no room for it. An answer that says what was done (not `droppable`) leaves all the same.
    pub fn settle(&self, response: Response, droppable: bool) -> Result<Response, Error> {
        let Some(size) = response.body().size_hint().exact().filter(|size| *size > PIECE_BYTES as u64) else {
            return Ok(response);
        };
        let mut books = self.books();
        let mut place = books.place.take();
        let taken = match &mut place {
            Some(place) if place.places() >= size => {
                place.shrink_to(size);
                Ok(())
            }
            Some(place) => self.0.memory.grow(place, size - place.places()),
            None => self.0.memory.take(books.holder, size).map(|taken| place = Some(taken)),
        };
        match taken {
            Err(refused) if droppable => Err(refused),
            _ => Ok(response.map(|body| axum::body::Body::new(Pieces::new(body, place)))),
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use domain::Kind;

    use super::*;

    fn answer(bytes: u64) -> Response {
        Response::new(Body::from(vec![b'x'; usize::try_from(bytes).unwrap()]))
    }

    #[test]
    fn little_is_had_unasked_and_the_rest_is_taken_in_steps() {
        let memory = Memory::new(1 << 40);
        let account = Account::new(memory.clone(), Holder::address(1));
        account.charge(UNASKED_BYTES).unwrap();
        assert_eq!(memory.lent(), 0);
        for (more, lent) in [(1, 1), (STEP_BYTES - UNASKED_BYTES - 1, 1), (1, 2), (8 * STEP_BYTES, 10)] {
            account.charge(more).unwrap();
            assert_eq!(memory.lent(), lent * STEP_BYTES);
        }
        assert_eq!(account.charge(1 << 40).unwrap_err().kind, Kind::TooLarge);
        drop(account);
        assert_eq!(memory.lent(), 0);
    }

    #[test]
    fn an_answer_has_the_room_of_its_request_and_takes_what_is_missing() {
        let memory = Memory::new(1 << 40);
        for (charged, size, lent) in [(0, PIECE_BYTES as u64, 0), (0, 100_000, 100_000), (400_000, 100_000, 100_000)] {
            let account = Account::new(memory.clone(), Holder::address(1));
            account.charge(charged).unwrap();
            let answer = account.settle(answer(size), true).unwrap();
            drop(account);
            assert_eq!(memory.lent(), lent);
            assert_eq!(answer.body().size_hint().exact(), Some(size));
            drop(answer);
            assert_eq!(memory.lent(), 0);
        }
    }

    #[test]
    fn an_answer_without_room_is_dropped_unless_it_says_what_was_done() {
        let memory = Memory::new(1 << 40);
        let _taken = memory.take(Holder::address(1), 3 << 37).unwrap();
        let account = Account::new(memory, Holder::address(1));
        assert_eq!(account.settle(answer(100_000), true).unwrap_err().kind, Kind::Unavailable);
        assert!(account.settle(answer(100_000), false).is_ok());
        assert!(account.settle(answer(1_000), true).is_ok());
    }
}
