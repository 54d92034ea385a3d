//! Followed threads: one tail in memory for each thread, shared by all its readers on this node.
//!
//! A wake-up is only a hint. Readers get their items from the store, so lost, duplicate or reordered hints are
//! harmless. A hint with the committed items saves an up-to-date reader the read; see [`Hub::tell`].

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::{Position, ThreadId, event::Item};
use tokio::sync::Notify;

use crate::memory::{Kept, Tails};

/// Bytes that a tail keeps, for any number of items.
const TAIL_BYTES: usize = 4 << 20;

/// The followed threads.
pub(crate) struct Hub {
    tails: Mutex<HashMap<ThreadId, Weak<Tail>>>,
    /// Items that a tail keeps.
    keep: usize,
    /// Memory of all tails.
    room: Tails,
}

/// The newest items of a followed thread.
pub(crate) struct Tail {
    thread: ThreadId,
    keep: usize,
    pub(crate) woken: Notify,
    /// Number of wake-ups. A reader that has read the store since the last one need not read again.
    pub(crate) generation: AtomicU64,
    /// Held while one reader reads the store for all.
    pub(crate) recent: tokio::sync::Mutex<Recent>,
}

/// Items without gaps, from `from` (exclusive) to the newest item that was read.
pub(crate) struct Recent {
    from: Position,
    /// Each item with its bytes.
    items: VecDeque<(usize, Arc<Item>)>,
    /// Bytes of all items.
    bytes: usize,
    kept: Kept,
    /// The generation at which the store was last read to its end.
    pub(crate) read_at: Option<u64>,
}

impl Tail {
    fn wake(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.woken.notify_waiters();
    }

    /// Like [`Tail::wake`], and adds `items` if the tail has everything before them. If a reader holds the lock, it
    /// reads the items itself.
    fn tell(&self, items: Vec<(usize, Item)>) {
        let before = self.generation.fetch_add(1, Ordering::SeqCst);
        if let Ok(mut recent) = self.recent.try_lock()
            && recent.read_at == Some(before)
            && items.first().is_some_and(|(_, first)| follows(first.position(), recent.head()))
        {
            self.push(&mut recent, items.into_iter().map(|(bytes, item)| (bytes, Arc::new(item))));
            recent.read_at = Some(before + 1);
        }
        self.woken.notify_waiters();
    }

    /// Appends the next items, each with its stored bytes.
    pub(crate) fn push(&self, recent: &mut Recent, items: impl Iterator<Item = (usize, Arc<Item>)>) {
        for (bytes, item) in items {
            recent.bytes += bytes;
            recent.items.push_back((bytes, item));
        }
        while recent.items.len() > self.keep || recent.bytes > TAIL_BYTES {
            let Some((bytes, dropped)) = recent.items.pop_front() else { break };
            recent.bytes -= bytes;
            recent.from = dropped.position();
        }
        // Without memory, the tail keeps nothing, and its readers use the store.
        if !recent.kept.resize(recent.bytes) {
            let head = recent.head();
            recent.begin_at(head);
        }
    }
}

/// Tells whether no item can be between the two positions, if no delta is missing. The second must be the next entry,
/// or a delta after the last one.
fn follows(position: Position, head: Position) -> bool {
    match position.n {
        0 => position.seq == head.seq + 1,
        n => position.seq == head.seq && n == head.n + 1,
    }
}

impl Recent {
    pub(crate) fn head(&self) -> Position {
        self.items.back().map_or(self.from, |(_, item)| item.position())
    }

    /// All items after `position`. `None` if they start before the kept ones.
    pub(crate) fn beyond(&self, position: Position) -> Option<Vec<Arc<Item>>> {
        if position < self.from {
            return None;
        }
        let first = self.items.partition_point(|(_, item)| item.position() <= position);
        Some(self.items.range(first..).map(|(_, item)| item.clone()).collect())
    }

    /// Drops all items and continues at `position`.
    pub(crate) fn begin_at(&mut self, position: Position) {
        self.items.clear();
        (self.from, self.bytes) = (position, 0);
        self.kept.resize(0);
    }
}

impl Hub {
    pub(crate) fn new(keep: usize, room: Tails) -> Self {
        Self { tails: Mutex::default(), keep, room }
    }

    /// The thread's tail, created for its first reader.
    pub(crate) fn follow(&self, thread: ThreadId) -> Arc<Tail> {
        let mut tails = self.lock();
        if let Some(tail) = tails.get(&thread).and_then(Weak::upgrade) {
            return tail;
        }
        let tail = Arc::new(Tail {
            thread,
            keep: self.keep,
            woken: Notify::new(),
            generation: AtomicU64::new(0),
            recent: tokio::sync::Mutex::new(Recent {
                from: Position::default(),
                items: VecDeque::new(),
                bytes: 0,
                kept: self.room.keep(),
                read_at: None,
            }),
        });
        tails.insert(thread, Arc::downgrade(&tail));
        tail
    }

    /// Wakes the readers after a commit to the thread.
    pub(crate) fn wake(&self, thread: ThreadId) {
        let tail = self.lock().get(&thread).and_then(Weak::upgrade);
        if let Some(tail) = tail {
            tail.wake();
        }
    }

    /// Tells readers of consecutive committed items. All remaining deltas before an entry among them must have been
    /// told before. `items`, each with its bytes, are made only if somebody reads.
    pub(crate) fn tell(&self, thread: ThreadId, items: impl FnOnce() -> Vec<(usize, Item)>) {
        let tail = self.lock().get(&thread).and_then(Weak::upgrade);
        if let Some(tail) = tail {
            tail.tell(items());
        }
    }

    /// The backstop: wakes all readers. It also removes tails whose last readers left without [`Hub::leave`], because
    /// two left at once or during a wake-up.
    pub(crate) fn wake_all(&self) {
        let mut all = self.lock();
        all.retain(|_, tail| tail.strong_count() > 0);
        let tails: Vec<Arc<Tail>> = all.values().filter_map(Weak::upgrade).collect();
        drop(all);
        for tail in tails {
            tail.wake();
        }
    }

    /// Removes a tail whose last reader has left.
    pub(crate) fn leave(&self, tail: Arc<Tail>) {
        let mut tails = self.lock();
        if Arc::strong_count(&tail) == 1 && tails.get(&tail.thread).is_some_and(|t| t.ptr_eq(&Arc::downgrade(&tail))) {
            tails.remove(&tail.thread);
        }
    }

    /// Tells whether the thread has a reader on this node.
    #[cfg(feature = "testing")]
    pub(crate) fn is_followed(&self, thread: ThreadId) -> bool {
        self.lock().get(&thread).is_some_and(|tail| tail.strong_count() > 0)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ThreadId, Weak<Tail>>> {
        self.tails.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(keep: usize, memory: u64) -> Hub {
        Hub::new(keep, crate::Memory::new(memory).tails().clone())
    }

    #[test]
    fn a_tail_that_no_reader_has_left_in_so_many_words_is_forgotten() {
        let (hub, thread) = (hub(8, 1 << 30), ThreadId(uuid::Uuid::from_u128(1)));
        let (one, other) = (hub.follow(thread), hub.follow(thread));
        hub.leave(one);
        drop(other);
        hub.wake_all();
        assert!(hub.lock().is_empty());
    }

    fn entry(thread: ThreadId, seq: i64) -> (usize, Item) {
        let (at, event) = (domain::Timestamp(seq), domain::event::Event::ThreadCreated {});
        (1, Item::Entry(domain::event::Entry { thread, seq, at, turn: None, event, message: None }))
    }

    #[tokio::test]
    async fn a_tail_takes_over_only_what_follows_on_all_that_it_has() {
        let (hub, thread) = (hub(8, 1 << 30), ThreadId(uuid::Uuid::from_u128(1)));
        hub.tell(thread, || unreachable!("nobody reads"));
        let tail = hub.follow(thread);
        let head = async || tail.recent.lock().await.head();
        hub.tell(thread, || vec![entry(thread, 1)]);
        assert_eq!(head().await, Position::START, "nobody has read what was there before");

        tail.recent.lock().await.read_at = Some(tail.generation.load(Ordering::SeqCst));
        hub.tell(thread, || vec![entry(thread, 1), entry(thread, 2)]);
        assert_eq!(head().await, Position::entry(2));

        hub.tell(thread, || vec![entry(thread, 4)]);
        assert_eq!(head().await, Position::entry(2), "3 is missing");
        hub.tell(thread, || vec![entry(thread, 3)]);
        assert_eq!(head().await, Position::entry(2), "4 has been missed, and only the store has it");

        tail.recent.lock().await.read_at = Some(tail.generation.load(Ordering::SeqCst));
        let looking = tail.recent.lock().await;
        hub.tell(thread, || vec![entry(thread, 3)]);
        assert_eq!(looking.head(), Position::entry(2), "who is looking finds it in the store");
    }

    #[tokio::test]
    async fn a_tail_keeps_no_more_bytes_than_it_may() {
        let (hub, thread) = (hub(256, 1 << 30), ThreadId(uuid::Uuid::from_u128(1)));
        let tail = hub.follow(thread);
        let mut recent = tail.recent.lock().await;
        let shared = |(bytes, item): (usize, Item)| (bytes, Arc::new(item));
        let large = |seq| shared((1_000_000, entry(thread, seq).1));
        tail.push(&mut recent, (1..=60).map(large));
        assert_eq!((recent.items.len(), recent.from), (4, Position::entry(56)));
        assert_eq!(recent.beyond(Position::entry(55)), None, "a reader without 56 reads the store");
        assert_eq!(recent.beyond(Position::entry(58)).map(|items| items.len()), Some(2));
        tail.push(&mut recent, std::iter::once(shared(entry(thread, 61))));
        assert_eq!((recent.items.len(), recent.head()), (5, Position::entry(61)));
    }

    #[tokio::test]
    async fn without_room_in_memory_a_tail_keeps_nothing_and_misses_nothing() {
        let (hub, thread) = (hub(256, 8_000), ThreadId(uuid::Uuid::from_u128(1)));
        let tail = hub.follow(thread);
        let mut recent = tail.recent.lock().await;
        tail.push(&mut recent, (1..=1_000).map(|seq| (100, Arc::new(entry(thread, seq).1))));
        assert_eq!((recent.items.len(), recent.head()), (0, Position::entry(1_000)));
        assert_eq!(recent.beyond(Position::entry(999)), None, "a reader without 1,000 reads the store");
        assert_eq!(recent.beyond(Position::entry(1_000)), Some(Vec::new()));
    }
}
