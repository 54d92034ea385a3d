//! The messages of threads that a model has read lately. The next step of such a thread reads only newer messages.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{
    ProjectId, ThreadId, Timestamp,
    block::Blocks,
    message::Message,
    shares::{Holder, Place, Pool},
};
use store::{Bound, Fitted, fits::Frame};

/// A shorter transcript is read anew, which costs about as much as a look at this.
const MESSAGES_MIN: usize = 8;
/// Bytes of a message beside its text.
const MESSAGE_BYTES: usize = 512;
/// The part of the memory budget that recent messages may have.
const PART_OF_BUDGET: u64 = 32;

/// A message whose turn has begun.
#[derive(Clone, Debug)]
struct Row {
    message: Arc<Message>,
    /// The start of its turn, or its own time without a turn.
    begun_at: Timestamp,
    /// Bytes of its text in the store.
    bytes: usize,
}

/// The messages and blocks of a thread up to an entry. Nothing changes them but an entry that [`Frame::is_changed`]
/// tells of.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The entry of the oldest message that was asked for.
    lowest: i64,
    /// Every message up to this entry is here, as far as the bound of a transcript goes.
    up_to: i64,
    /// Newest first.
    rows: Vec<Row>,
    /// By the entries of their messages, oldest first.
    blocks: Vec<(i64, Arc<Blocks>)>,
}

impl Part {
    pub(crate) fn empty(lowest: i64) -> Self {
        Self { lowest, up_to: lowest - 1, rows: Vec::new(), blocks: Vec::new() }
    }

    /// The part that holds beside the thread's frame.
    pub(crate) fn of(known: Option<&Arc<Self>>, frame: &Frame) -> Self {
        let lowest = frame.fit.as_ref().map_or(0, |fit| fit.lowest);
        match known {
            Some(known) if !frame.is_changed && known.lowest <= lowest => {
                let mut part = Self { lowest, ..Self::clone(known) };
                part.rows.retain(|row| row.message.seq >= lowest);
                part.up_to = part.up_to.max(lowest - 1);
                part
            }
            _ => Self::empty(lowest),
        }
    }

    pub(crate) fn up_to(&self) -> i64 {
        self.up_to
    }

    /// Adds the messages behind the part, newest first, and leaves out the oldest beyond the bound.
    pub(crate) fn add(&mut self, newer: Fitted<(Message, Timestamp)>, bound: Bound) {
        let Fitted { rows, sizes, .. } = newer;
        let newer = rows.into_iter().zip(sizes);
        let mut all: Vec<Row> =
            newer.map(|((message, begun_at), bytes)| Row { message: Arc::new(message), begun_at, bytes }).collect();
        all.append(&mut self.rows);
        let within = bound.holds(all.iter().map(|row| row.bytes));
        all.truncate(within);
        self.rows = all;
    }

    pub(crate) fn add_blocks(&mut self, newer: Vec<(i64, Blocks)>) {
        self.blocks.extend(newer.into_iter().map(|(seq, blocks)| (seq, Arc::new(blocks))));
    }

    /// The entry of the oldest message.
    pub(crate) fn oldest(&self) -> Option<i64> {
        self.rows.last().map(|row| row.message.seq)
    }

    /// The messages up to an entry, newest first, each with the beginning of its turn.
    pub(crate) fn begun(&self, reads: i64) -> Vec<(Message, Timestamp)> {
        let rows = self.rows.iter().filter(|row| row.message.seq <= reads);
        rows.map(|row| (Message::clone(&row.message), row.begun_at)).collect()
    }

    /// The blocks by the entries of their messages.
    pub(crate) fn blocks(&self) -> HashMap<i64, Arc<Blocks>> {
        self.blocks.iter().cloned().collect()
    }

    /// The part that a later step may know: up to the entry that the step reads, and below the messages of other open
    /// turns, which have not all begun.
    pub(crate) fn settled(mut self, reads: i64, frame: &Frame) -> Self {
        let up_to = frame.open_from.map_or(reads, |open| reads.min(open - 1));
        self.up_to = up_to;
        self.rows.retain(|row| row.message.seq <= up_to);
        let lowest = self.oldest().unwrap_or(i64::MAX);
        self.blocks.retain(|(seq, _)| (lowest..=up_to).contains(seq));
        self
    }

    fn bytes(&self) -> u64 {
        let rows: usize = self.rows.iter().map(|row| row.bytes + MESSAGE_BYTES).sum();
        let texts = self.blocks.iter().flat_map(|(_, blocks)| &blocks.blocks).map(|block| block.text().len());
        (rows + texts.map(|bytes| bytes + MESSAGE_BYTES).sum::<usize>()) as u64
    }
}

/// The recent parts of threads, within a part of the memory budget. Projects share it. The oldest go first.
pub(crate) struct Recent {
    room: Pool,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    threads: HashMap<ThreadId, Held>,
    /// By the number of their last use.
    used: BTreeMap<u64, ThreadId>,
    uses: u64,
}

struct Held {
    part: Arc<Part>,
    project: ProjectId,
    used: u64,
    _place: Place,
}

impl Recent {
    /// `budget`: bytes of the whole process.
    pub(crate) fn new(budget: u64) -> Self {
        let room = usize::try_from(budget / PART_OF_BUDGET).unwrap_or(usize::MAX);
        Self { room: Pool::new(room), kept: Mutex::default() }
    }

    /// The known part of the thread. It stays with the caller: a put gives it back.
    pub(crate) fn take(&self, thread: ThreadId) -> Option<Arc<Part>> {
        self.lock().remove(thread).map(|held| held.part)
    }

    /// Keeps the part, if there is room. The project's own oldest parts make room, then the oldest of all.
    pub(crate) fn put(&self, project: ProjectId, thread: ThreadId, part: Part) {
        let mut kept = self.lock();
        kept.remove(thread);
        if part.rows.len() < MESSAGES_MIN {
            return;
        }
        let (holder, bytes) = (Holder::project(project), part.bytes());
        if bytes > self.room.size() / 4 {
            return;
        }
        let place = loop {
            match self.room.try_take(holder, bytes) {
                Some(place) => break place,
                None if kept.drop_oldest(project) => {}
                None => return,
            }
        };
        kept.insert(thread, Arc::new(part), project, place);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn insert(&mut self, thread: ThreadId, part: Arc<Part>, project: ProjectId, place: Place) {
        self.uses += 1;
        self.used.insert(self.uses, thread);
        self.threads.insert(thread, Held { part, project, used: self.uses, _place: place });
    }

    fn remove(&mut self, thread: ThreadId) -> Option<Held> {
        let held = self.threads.remove(&thread)?;
        self.used.remove(&held.used);
        Some(held)
    }

    /// Drops the project's oldest part, else the oldest of all. False if nothing is left.
    fn drop_oldest(&mut self, project: ProjectId) -> bool {
        let is_own = |thread: &&ThreadId| self.threads.get(thread).is_some_and(|held| held.project == project);
        let oldest = self.used.values().find(is_own).or_else(|| self.used.values().next()).copied();
        oldest.and_then(|thread| self.remove(thread)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        AgentId, MessageId,
        author::Author,
        message::{Body, Role},
    };
    use uuid::Uuid;

    use super::*;

    const ROW: usize = 1_000;

    fn part(rows: usize) -> Part {
        let message = |seq| Message {
            id: MessageId(Uuid::nil()),
            thread: ThreadId(Uuid::nil()),
            seq,
            turn: None,
            role: Role::Agent,
            author: Author::Agent { agent: AgentId(Uuid::nil()) },
            at: Timestamp(seq),
            body: Body::default(),
        };
        let mut part = Part::empty(0);
        let newer = (1..=rows as i64).rev().map(|seq| (message(seq), Timestamp(seq))).collect();
        part.add(Fitted { rows: newer, sizes: vec![ROW - MESSAGE_BYTES; rows], more: false }, Bound::rows(1_000));
        part
    }

    fn thread(n: u128) -> ThreadId {
        ThreadId(Uuid::from_u128(n))
    }

    fn knows(recent: &Recent, n: u128) -> bool {
        recent.lock().threads.contains_key(&thread(n))
    }

    #[test]
    fn the_oldest_threads_of_a_project_make_room_for_its_newest() {
        let (one, other) = (ProjectId(Uuid::from_u128(1)), ProjectId(Uuid::from_u128(2)));
        let recent = Recent::new(PART_OF_BUDGET * 80 * ROW as u64);
        recent.put(other, thread(100), part(10));
        for n in 1..=20 {
            recent.put(one, thread(n), part(10));
        }
        assert!(recent.room.used() <= recent.room.size());
        assert!(knows(&recent, 20) && !knows(&recent, 1), "the newest are known");
        assert!(knows(&recent, 100), "another project's thread stays");
        assert_eq!(recent.take(thread(20)).map(|part| part.rows.len()), Some(10));
        assert!(!knows(&recent, 20), "a step that reads has it");
    }

    #[test]
    fn neither_a_short_thread_is_kept_nor_one_that_would_fill_the_room() {
        let recent = Recent::new(PART_OF_BUDGET * 80 * ROW as u64);
        let project = ProjectId(Uuid::nil());
        for (n, rows) in [(1, MESSAGES_MIN - 1), (2, MESSAGES_MIN), (3, 20), (4, 21)] {
            recent.put(project, thread(n), part(rows));
        }
        assert_eq!([1, 2, 3, 4].map(|n| knows(&recent, n)), [false, true, true, false]);
        assert_eq!(recent.room.used(), 28 * ROW as u64);
    }

    #[test]
    fn a_part_begins_where_the_fit_begins_and_ends_before_open_turns() {
        let known = Arc::new(part(10).settled(10, &Frame::default()));
        let begins = |frame: &Frame| (Part::of(Some(&known), frame).rows.len(), Part::of(Some(&known), frame).up_to());
        assert_eq!(begins(&Frame::default()), (10, 10));
        let fit = domain::fit::Fit { lowest: 4, ..domain::fit::Fit::default() };
        assert_eq!(begins(&Frame { fit: Some(fit), ..Frame::default() }), (7, 10));
        assert_eq!(begins(&Frame { is_changed: true, ..Frame::default() }), (0, -1));
        let before = part(10).settled(10, &Frame { open_from: Some(8), ..Frame::default() });
        assert_eq!((before.rows.len(), before.up_to()), (7, 7));
        assert_eq!(part(10).settled(3, &Frame::default()).up_to(), 3);
    }
}
