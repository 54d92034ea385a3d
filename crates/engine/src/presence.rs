//! Presence: who views a thread, and who types in it. It lives in memory alone, and dies when nobody tells it again.
//!
//! Nothing of it is stored, so no entry and no position tells of it. Another node knows nothing of it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{
    MemberId, ThreadId,
    handling::{Person, Typing},
    shares::{Holder, Place, Pool},
};
use tokio::sync::Notify;

/// Everybody who is present on this node.
pub(crate) struct Presence {
    rooms: Mutex<HashMap<ThreadId, Room>>,
    places: Pool,
    most: usize,
}

/// One thread.
#[derive(Default)]
struct Room {
    people: Vec<Present>,
    /// Readers that wait for a change of those who type.
    readers: usize,
    bell: Arc<Notify>,
}

struct Present {
    /// Absent: the customer's side.
    member: Option<Person>,
    typing: Typing,
    /// Elapsed microseconds at which the person is gone, and at which the typing ends.
    gone_us: i64,
    typed_us: i64,
    place: Place,
}

/// What somebody does in a thread.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    /// Absent: the customer's side.
    pub(crate) member: Option<Person>,
    pub(crate) typing: Typing,
    /// Elapsed microseconds at which the person is gone, and at which the typing ends.
    pub(crate) gone_us: i64,
    pub(crate) typed_us: i64,
}

/// Somebody who is present, with what they type now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Absent: the customer's side.
    pub member: Option<Person>,
    pub typing: Typing,
}

/// Somebody who types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typist {
    /// Absent: the customer's side.
    pub side: Option<Team>,
    pub typing: Typing,
}

/// A member as a reader below the project knows one, and as the project does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// The display name.
    pub name: Option<String>,
    /// Absent below the project.
    pub member: Option<MemberId>,
}

impl Present {
    fn typing(&self, now_us: i64) -> Typing {
        if self.typed_us > now_us { self.typing } else { Typing::None }
    }

    fn id(&self) -> Option<MemberId> {
        self.member.as_ref().map(|member| member.id)
    }
}

impl Room {
    fn is_empty(&self) -> bool {
        self.people.is_empty() && self.readers == 0
    }

    fn prune(&mut self, now_us: i64) {
        self.people.retain(|present| present.gone_us > now_us);
    }
}

impl Presence {
    /// `most`: people in one thread.
    pub(crate) fn new(places: usize, most: usize) -> Self {
        Self { rooms: Mutex::default(), places: Pool::new(places), most }
    }

    /// Records the act. False: there is no room for one more.
    pub(crate) fn tell(&self, thread: ThreadId, holder: Holder, act: Act, now_us: i64) -> bool {
        let mut rooms = self.lock();
        let id = act.member.as_ref().map(|member| member.id);
        let room = rooms.entry(thread).or_default();
        room.prune(now_us);
        let known = room.people.iter().position(|present| present.id() == id);
        let place = match known {
            Some(place) => Some(room.people.swap_remove(place).place),
            None if room.people.len() >= self.most => None,
            None => self.places.try_take(holder, 1).or_else(|| {
                rooms.values_mut().for_each(|room| room.prune(now_us));
                self.places.try_take(holder, 1)
            }),
        };
        let Some(place) = place else {
            rooms.retain(|_, room| !room.is_empty());
            return false;
        };
        let Act { member, typing, gone_us, typed_us } = act;
        let room = rooms.entry(thread).or_default();
        room.people.push(Present { member, typing, gone_us, typed_us, place });
        room.bell.notify_waiters();
        true
    }

    /// Forgets somebody who has left. `None`: the customer's side.
    pub(crate) fn forget(&self, thread: ThreadId, member: Option<MemberId>) {
        self.change(thread, |room| room.people.retain(|present| present.id() != member));
    }

    /// Ends the typing of somebody who has said it.
    pub(crate) fn said(&self, thread: ThreadId, member: Option<MemberId>) {
        self.change(thread, |room| {
            room.people.iter_mut().filter(|present| present.id() == member).for_each(|present| present.typed_us = 0);
        });
    }

    fn change(&self, thread: ThreadId, change: impl FnOnce(&mut Room)) {
        let mut rooms = self.lock();
        if let Some(room) = rooms.get_mut(&thread) {
            change(room);
            room.bell.notify_waiters();
            if room.is_empty() {
                rooms.remove(&thread);
            }
        }
    }

    /// Those who are present, by member, and the customer's side first.
    pub(crate) fn of(&self, thread: ThreadId, now_us: i64) -> Vec<Seen> {
        let rooms = self.lock();
        let people = rooms.get(&thread).map(|room| &room.people[..]).unwrap_or_default();
        let present = people.iter().filter(|present| present.gone_us > now_us);
        let seen = |present: &Present| Seen { member: present.member.clone(), typing: present.typing(now_us) };
        let mut seen: Vec<Seen> = present.map(seen).collect();
        seen.sort_by_key(|seen| seen.member.as_ref().map(|member| member.id));
        seen
    }

    /// The microseconds after which the first typing of the thread ends by itself.
    pub(crate) fn next_end_us(&self, thread: ThreadId, now_us: i64) -> Option<i64> {
        let rooms = self.lock();
        let typing = rooms.get(&thread)?.people.iter().filter(|present| present.typing(now_us) != Typing::None);
        typing.map(|present| present.typed_us - now_us).min()
    }

    /// The microseconds after which somebody in the thread is gone, or ends typing, by oneself.
    pub(crate) fn next_change_us(&self, thread: ThreadId, now_us: i64) -> Option<i64> {
        let rooms = self.lock();
        let present = rooms.get(&thread)?.people.iter().filter(|present| present.gone_us > now_us);
        let ends = |present: &Present| match present.typing(now_us) {
            Typing::None => present.gone_us,
            _ => present.gone_us.min(present.typed_us),
        };
        present.map(|present| ends(present) - now_us).min()
    }

    /// Registers a reader of the thread. [`Presence::leave`] must follow.
    pub(crate) fn enter(&self, thread: ThreadId) -> Arc<Notify> {
        let mut rooms = self.lock();
        let room = rooms.entry(thread).or_default();
        room.readers += 1;
        room.bell.clone()
    }

    pub(crate) fn leave(&self, thread: ThreadId) {
        let mut rooms = self.lock();
        if let Some(room) = rooms.get_mut(&thread) {
            room.readers = room.readers.saturating_sub(1);
            if room.is_empty() {
                rooms.remove(&thread);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ThreadId, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use domain::ProjectId;
    use uuid::Uuid;

    use super::*;

    fn person(n: u128) -> Option<Person> {
        Some(Person { id: MemberId(Uuid::from_u128(n)), email: format!("{n}@example.com"), name: None })
    }

    fn act(member: Option<Person>, typing: Typing, now_us: i64) -> Act {
        Act { member, typing, gone_us: now_us + 30, typed_us: now_us + 6 }
    }

    #[test]
    fn who_is_not_told_again_is_gone() {
        let presence = Presence::new(100, 50);
        let (thread, holder) = (ThreadId(Uuid::from_u128(1)), Holder::project(ProjectId(Uuid::from_u128(1))));
        assert!(presence.tell(thread, holder, act(person(2), Typing::Reply, 0), 0));
        assert!(presence.tell(thread, holder, act(None, Typing::Reply, 1), 1));
        let typing = |now_us| presence.of(thread, now_us).iter().map(|seen| seen.typing).collect::<Vec<_>>();
        assert_eq!(typing(5), [Typing::Reply, Typing::Reply]);
        assert_eq!((typing(6), presence.next_end_us(thread, 6)), (vec![Typing::Reply, Typing::None], Some(1)));
        assert_eq!((typing(29), presence.next_end_us(thread, 29)), (vec![Typing::None, Typing::None], None));
        assert_eq!((presence.of(thread, 30).len(), presence.of(thread, 31).len()), (1, 0));
    }

    #[test]
    fn no_more_people_are_kept_than_there_is_room_for_and_those_who_are_gone_make_room() {
        let presence = Presence::new(8, 3);
        let holder = Holder::project(ProjectId(Uuid::from_u128(1)));
        let thread = |n| ThreadId(Uuid::from_u128(n));
        for n in 0..3 {
            assert!(presence.tell(thread(1), holder, act(person(n), Typing::None, 0), 0));
        }
        assert!(!presence.tell(thread(1), holder, act(person(9), Typing::None, 0), 0), "beyond the most of a thread");
        assert!(presence.tell(thread(1), holder, act(person(2), Typing::Reply, 0), 0), "told again");
        let more = (2..20).take_while(|n| presence.tell(thread(*n), holder, act(person(1), Typing::None, 0), 0));
        assert!(more.count() < 8, "a project has no more than its share");
        assert!(presence.tell(thread(99), holder, act(person(1), Typing::None, 31), 31));
        assert!(presence.tell(thread(1), holder, act(person(9), Typing::None, 31), 31));
    }

    #[test]
    fn a_thread_without_people_and_readers_is_forgotten() {
        let presence = Presence::new(8, 3);
        let (thread, holder) = (ThreadId(Uuid::from_u128(1)), Holder::project(ProjectId(Uuid::from_u128(1))));
        presence.enter(thread);
        assert!(presence.tell(thread, holder, act(None, Typing::Reply, 0), 0));
        presence.said(thread, None);
        assert_eq!(presence.of(thread, 1)[0].typing, Typing::None);
        presence.forget(thread, None);
        assert_eq!(presence.lock().len(), 1);
        presence.leave(thread);
        assert!(presence.lock().is_empty());
    }
}
