//! Accounts for a request's memory, from the first piece of its body to the last byte of its answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    body::{Body, HttpBody},
    response::Response,
};
use domain::{
    Error,
    shares::{Holder, Place},
};
use engine::{Memory, Scale};
use http::Extensions;

use crate::{
    held::HoldsItself,
    pieces::{PIECE_BYTES, Pieces},
    streamed::Streamed,
};

/// Memory that each request may have without asking. It is bounded by the number of requests in progress, and most need
/// no more.
pub const UNASKED_BYTES: u64 = 16_384;
/// Memory is reserved in steps of this size.
const STEP_BYTES: u64 = 65_536;
/// Highest memory cost of a byte of stored text: the row, the value that is shown, and the text of the answer.
const COST_OF_TEXT: u64 = 3;

/// A request's account, in the extensions of every request.
#[derive(Clone)]
pub(crate) struct Account(Arc<Inner>);

struct Inner {
    memory: Memory,
    /// True while a read without room may be refused: not after something was done.
    droppable: bool,
    books: Mutex<Books>,
}

struct Books {
    holder: Holder,
    charged: u64,
    /// The room of the largest page. Of earlier pages, only the shown part is kept.
    read: u64,
    place: Option<Place>,
}

impl Account {
    /// `droppable` tells whether the request only reads.
    pub fn new(memory: Memory, holder: Holder, droppable: bool) -> Self {
        let books = Books { holder, charged: 0, read: 0, place: None };
        Self(Arc::new(Inner { memory, droppable, books: Mutex::new(books) }))
    }

    /// Counts the pages that are read for the request.
    pub fn scale(&self) -> Arc<dyn Scale> {
        self.0.clone()
    }

    pub fn of(extensions: &Extensions) -> &Self {
        extensions.get().expect("the doors put it into every request before a router sees it")
    }

    /// Assigns the request to this holder.
    pub fn belongs_to(&self, holder: Holder) {
        self.0.books().holder = holder;
    }

    /// Charges this many bytes more.
    ///
    /// # Errors
    /// `unavailable` while there is no room; `payload_too_large` if there will never be.
    pub fn charge(&self, bytes: u64) -> Result<(), Error> {
        let mut books = self.0.books();
        books.charged += bytes;
        self.0.hold(books)
    }

    /// Prepares the answer for sending: a large one in pieces, with its room reserved until it is written. The
    /// request's room moves to the answer. A streamed answer has the room of one piece: `piece_bytes` of stored text,
    /// unless it names another size.
    ///
    /// # Errors
    /// `unavailable` if there is no room. An answer that reports a done write is sent all the same.
    pub fn settle(&self, response: Response, piece_bytes: u64) -> Result<Response, Error> {
        match response.body().size_hint().exact() {
            Some(size) if size > PIECE_BYTES as u64 => self.whole(response, size),
            Some(_) => Ok(response),
            None if response.extensions().get::<HoldsItself>().is_some() => Ok(response),
            None => self.streamed(response, piece_bytes),
        }
    }

    fn streamed(&self, response: Response, piece_bytes: u64) -> Result<Response, Error> {
        let own = response.extensions().get::<InPieces>().map(|pieces| pieces.bytes);
        let mut books = self.0.books();
        (books.charged, books.read) = (0, own.unwrap_or(piece_bytes.saturating_mul(COST_OF_TEXT)));
        match self.0.hold(books) {
            Err(refused) if self.0.droppable => Err(refused),
            _ => Ok(response.map(|body| Body::new(Streamed::new(body, self.clone())))),
        }
    }

    fn whole(&self, response: Response, size: u64) -> Result<Response, Error> {
        let mut books = self.0.books();
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
            Err(refused) if self.0.droppable => Err(refused),
            _ => Ok(response.map(|body| Body::new(Pieces::new(body, place)))),
        }
    }
}

/// In the extensions of a streamed answer that contains no stored text: the size of its pieces in bytes.
#[derive(Clone, Copy)]
pub(crate) struct InPieces {
    pub bytes: u64,
}

impl Inner {
    fn hold(&self, mut books: MutexGuard<'_, Books>) -> Result<(), Error> {
        let needed = books.charged + books.read;
        if needed <= UNASKED_BYTES {
            return Ok(());
        }
        let whole = needed.next_multiple_of(STEP_BYTES);
        let Books { holder, place, .. } = &mut *books;
        match place {
            None => *place = Some(self.memory.take(*holder, whole)?),
            Some(place) if place.places() < whole => self.memory.grow(place, whole - place.places())?,
            Some(_) => {}
        }
        Ok(())
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Scale for Inner {
    fn weigh(&self, bytes: u64) -> Result<(), Error> {
        let mut books = self.books();
        books.read = books.read.max(bytes.saturating_mul(COST_OF_TEXT));
        match self.hold(books) {
            Err(refused) if self.droppable => Err(refused),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Kind;

    use super::*;

    fn answer(bytes: u64) -> Response {
        Response::new(Body::from(vec![b'x'; usize::try_from(bytes).unwrap()]))
    }

    #[test]
    fn little_is_had_unasked_and_the_rest_is_taken_in_steps() {
        let memory = Memory::new(1 << 40);
        let account = Account::new(memory.clone(), Holder::address(1), true);
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
            let account = Account::new(memory.clone(), Holder::address(1), true);
            account.charge(charged).unwrap();
            let answer = account.settle(answer(size), 0).unwrap();
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
        let account = |droppable: bool| Account::new(memory.clone(), Holder::address(1), droppable);
        for (bytes, droppable, leaves) in [(100_000, true, false), (100_000, false, true), (1_000, true, true)] {
            let settled = account(droppable).settle(answer(bytes), 0);
            assert_eq!(settled.err().map(|error| error.kind), (!leaves).then_some(Kind::Unavailable));
            let weighed = account(droppable).scale().weigh(bytes / COST_OF_TEXT);
            assert_eq!(weighed.err().map(|error| error.kind), (!leaves).then_some(Kind::Unavailable));
        }
    }

    #[test]
    fn an_answer_that_is_made_while_it_leaves_has_room_for_its_largest_piece() {
        let memory = Memory::new(1 << 40);
        let account = Account::new(memory.clone(), Holder::address(1), true);
        let steps = |lent: u64| assert_eq!(memory.lent(), lent * STEP_BYTES);
        account.scale().weigh(2 * STEP_BYTES).unwrap();
        steps(6);
        account.scale().weigh(STEP_BYTES).unwrap();
        steps(6);
        account.charge(STEP_BYTES).unwrap();
        steps(7);
        let body = || Body::from_stream(futures_util::stream::empty::<std::io::Result<bytes::Bytes>>());
        let streamed = account.settle(Response::new(body()), STEP_BYTES).unwrap();
        account.scale().weigh(STEP_BYTES).unwrap();
        steps(7);
        account.scale().weigh(5 * STEP_BYTES).unwrap();
        steps(15);
        drop(account);
        steps(15);
        drop(streamed);
        steps(0);
        let account = Account::new(memory.clone(), Holder::address(1), true);
        let mut small = Response::new(body());
        small.extensions_mut().insert(InPieces { bytes: 2 * STEP_BYTES });
        let _streamed = account.settle(small, 100 * STEP_BYTES).unwrap();
        steps(2);
    }
}
