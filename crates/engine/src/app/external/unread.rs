//! The memory of the events by which an endpoint answers a push.

use std::{
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use domain::shares::{Holder, Place};
use futures_util::{Stream, StreamExt};
use outward::Failure;

use crate::Memory;

/// Memory that each stream may have without asking. The number of pushes bounds it, and most events need no more.
const FREE: u64 = 16 * 1_024;
/// Highest memory cost of a byte before its event is read: the bytes as they come, and the text made of them.
const COST_OF_BYTE: u64 = 2;
/// Bytes that may come with the end of an event: its frame, and the events behind it.
const BEYOND: u64 = 1_024 * 1_024;

/// The bytes of a stream since its last event, and the memory that is lent for them. A clone is the same stream.
#[derive(Clone)]
pub(super) struct Unread(Arc<Mutex<State>>);

struct State {
    memory: Memory,
    holder: Holder,
    /// Most bytes of the data of an event.
    most: u64,
    bytes: u64,
    room: Option<Place>,
    over: Option<Over>,
}

/// The reason why a stream is heard no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// Its event is too large.
    Event,
    /// The server has no memory for its event.
    Memory,
}

impl Unread {
    pub(super) fn new(memory: Memory, holder: Holder, most: u64) -> Self {
        Self(Arc::new(Mutex::new(State { memory, holder, most, bytes: 0, room: None, over: None })))
    }

    /// The pieces of the body, to the first one that is too much.
    pub(super) fn bound(
        &self,
        body: impl Stream<Item = Result<Bytes, Failure>> + Send + 'static,
    ) -> impl Stream<Item = Result<Bytes, Failure>> + Send + 'static {
        let own = self.clone();
        body.take_while(move |piece| ready(piece.as_ref().map_or(true, |piece| own.lock().counts(piece.len() as u64))))
    }

    /// Makes room for an event with this much data, whose reading takes so much memory.
    ///
    /// # Errors
    /// The reason why the event is not read.
    pub(super) fn read(&self, data: &str, cost: u64) -> Result<(), Over> {
        let mut state = self.lock();
        if data.len() as u64 > state.most {
            state.over = Some(Over::Event);
        } else if !state.fits(cost) {
            state.over = Some(Over::Memory);
        }
        state.over.map_or(Ok(()), Err)
    }

    /// Gives the memory of the last event back.
    pub(super) fn is_read(&self) {
        let mut state = self.lock();
        (state.bytes, state.room) = (0, None);
    }

    pub(super) fn over(&self) -> Option<Over> {
        self.lock().over
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts a piece. `false` if it is too much.
    fn counts(&mut self, bytes: u64) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.most.saturating_add(BEYOND) {
            self.over = Some(Over::Event);
        } else if !self.fits(self.bytes * COST_OF_BYTE) {
            self.over = Some(Over::Memory);
        }
        self.over.is_none()
    }

    /// Tells whether there is room for so many bytes, and takes it.
    fn fits(&mut self, bytes: u64) -> bool {
        if bytes <= FREE {
            return true;
        }
        match &mut self.room {
            Some(room) if room.places() >= bytes => true,
            Some(room) => self.memory.grow(room, bytes - room.places()).is_ok(),
            none => {
                *none = self.memory.take(self.holder, bytes).ok();
                none.is_some()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unread(memory: &Memory) -> Unread {
        Unread::new(memory.clone(), Holder::address(1), 100_000)
    }

    #[test]
    fn memory_is_lent_beyond_a_free_part_and_given_back_with_each_event() {
        let memory = Memory::new(1 << 40);
        let stream = unread(&memory);
        assert!(stream.lock().counts(FREE / COST_OF_BYTE));
        assert_eq!(memory.lent(), 0);
        assert!(stream.lock().counts(1));
        assert_eq!(memory.lent(), FREE + COST_OF_BYTE);
        assert_eq!(stream.read("data", 2 * FREE), Ok(()));
        assert_eq!(memory.lent(), 2 * FREE);
        stream.is_read();
        assert_eq!(memory.lent(), 0);
        assert!(stream.lock().counts(FREE));
        drop(stream);
        assert_eq!(memory.lent(), 0);
    }

    #[test]
    fn a_stream_ends_beyond_its_bound_and_without_memory() {
        let memory = Memory::new(1 << 40);
        let stream = unread(&memory);
        assert!(stream.lock().counts(100_000 + BEYOND));
        assert_eq!(stream.read(&"x".repeat(100_000), 0), Ok(()));
        assert!(!stream.lock().counts(1));
        assert_eq!(stream.over(), Some(Over::Event));
        assert_eq!(unread(&memory).read(&"x".repeat(100_001), 0), Err(Over::Event));
        drop(stream);
        let _all = memory.take(Holder::address(1), 3 << 37).unwrap();
        let stream = unread(&memory);
        assert!(stream.lock().counts(FREE / COST_OF_BYTE) && !stream.lock().counts(1));
        assert_eq!(stream.over(), Some(Over::Memory));
        assert_eq!(unread(&memory).read("x", FREE + 1), Err(Over::Memory));
    }
}
