//! Open connections. Each has a place, by its address until it shows a key. A connection without a place is refused and
//! closed.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use domain::{
    Limits,
    shares::{Holder, Place, Pool},
};
use http::Extensions;
use tokio::task::AbortHandle;

use crate::{Peer, behalf};

/// The open connections.
pub(crate) struct Crowd {
    places: Pool,
    /// Connections without a place that still get their refusal, or ask for health. A new one ends the oldest.
    beyond: Mutex<VecDeque<AbortHandle>>,
    beyond_max: usize,
}

/// A connection's place, in the extensions of each of its requests.
#[derive(Clone)]
pub(crate) struct Seat(Arc<Taken>);

struct Taken {
    places: Pool,
    /// `None` for a connection without a place.
    place: Mutex<Option<Place>>,
    beyond: bool,
    known: AtomicBool,
    stranger: Holder,
}

impl Crowd {
    pub fn new(limits: &Limits) -> Self {
        let size = usize::try_from(limits.connections).unwrap_or(usize::MAX);
        Self { places: Pool::new(size), beyond: Mutex::default(), beyond_max: (size / 8).clamp(4, 64) }
    }

    /// Takes a place for a new connection, if there is one.
    pub fn enter(&self, peer: Peer) -> Seat {
        let stranger = behalf::holder(None, peer);
        let place = self.places.try_take(stranger, 1);
        let (places, beyond, known) = (self.places.clone(), place.is_none(), AtomicBool::new(false));
        Seat(Arc::new(Taken { places, place: Mutex::new(place), beyond, known, stranger }))
    }

    /// Registers a connection without a place, and ends the oldest of them if there are many.
    pub fn is_beyond(&self, connection: AbortHandle) {
        let mut beyond = self.beyond.lock().unwrap_or_else(PoisonError::into_inner);
        if beyond.len() >= self.beyond_max
            && let Some(oldest) = beyond.pop_front()
        {
            oldest.abort();
        }
        beyond.push_back(connection);
    }
}

impl Seat {
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// Tells whether the request's connection has no place.
    pub fn is_beyond_in(extensions: &Extensions) -> bool {
        Self::of(extensions).is_some_and(Self::is_beyond)
    }

    pub fn is_beyond(&self) -> bool {
        self.0.beyond
    }

    /// Moves the connection's place to the holder of a key that it has shown, if the holder may have one more. Only the
    /// first key counts, because a proxy's connection carries many.
    pub fn belongs_to(&self, holder: Holder) {
        if self.0.known.load(Relaxed) || self.0.known.swap(true, Relaxed) {
            return;
        }
        if let Some(place) = self.0.places.try_take(holder, 1) {
            *self.place() = Some(place);
        }
    }

    /// The holder of the connection.
    pub fn holder(&self) -> Holder {
        self.place().as_ref().map_or(self.0.stranger, Place::holder)
    }

    fn place(&self) -> MutexGuard<'_, Option<Place>> {
        self.0.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use domain::ProjectId;

    use super::*;

    fn crowd(connections: u64) -> Crowd {
        Crowd::new(&Limits { connections, ..Limits::default() })
    }

    fn peer(last: u8) -> Peer {
        Peer([192, 0, 2, last].into())
    }

    #[test]
    fn an_address_leaves_a_quarter_to_others_until_its_keys_are_known() {
        let crowd = crowd(8);
        let enter = |last: u8| crowd.enter(peer(last));
        let seats: Vec<Seat> = (0..7).map(|_| enter(1)).collect();
        assert_eq!(seats.iter().filter(|seat| seat.is_beyond()).count(), 1);
        assert!(!enter(2).is_beyond());
        let project = Holder::project(ProjectId(uuid::Uuid::from_u128(1)));
        for seat in &seats[..4] {
            seat.belongs_to(project.within(1));
        }
        assert_eq!((crowd.places.held_by(project.party), crowd.places.used()), (4, 6));
        drop(seats);
        assert_eq!(crowd.places.used(), 0);
    }

    #[tokio::test]
    async fn of_those_that_are_too_many_the_oldest_goes_first() {
        let crowd = crowd(8);
        let tasks: Vec<_> = (0..5).map(|_| tokio::spawn(std::future::pending::<()>())).collect();
        tasks.iter().for_each(|task| crowd.is_beyond(task.abort_handle()));
        let mut tasks = tasks.into_iter();
        assert!(tasks.next().unwrap().await.unwrap_err().is_cancelled());
        assert!(tasks.all(|task| !task.is_finished()));
    }
}
