//! Follows a thread: everything after a position, exactly once, in order, as it is committed.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use domain::{
    Caller, Error, Position, Result, ThreadId, Timestamp, TurnId,
    caller::{Scope, Subject},
    event::{Delta, Item},
    message::Message,
    shares::Place,
    turn::State,
};
use store::{
    Bound, Fitted, Operation, Tx,
    events::Stretch,
    holder,
    planted::{Bug, is_planted},
};

use super::list::beyond_head;
use crate::{App, app::access::bounds, hub::Tail, inner::Inner, watches::Watch};

/// A reader of one thread. It gets items from the store in the order of positions, and never misses or repeats an
/// entry. It skips deltas of a completed message, because the message itself follows.
pub struct Reader {
    inner: Arc<Inner>,
    thread: ThreadId,
    at: Position,
    tail: Option<Arc<Tail>>,
    /// The reader's subject, which decides how entries are shown.
    subject: Subject,
    watch: Watch,
    /// Memory for the items that it was given last and has read for itself.
    room: Option<Place>,
}

/// A user's newest message and its outcome. A reader that sends first and then opens a stream starts here.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub message: Message,
    pub turn: Option<(TurnId, State, Option<Timestamp>)>,
}

/// The start of a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// After this position.
    Beyond(Position),
    /// At the end of the log.
    Head,
}

/// Items read from the store at once, and the bytes of their entries. One entry may be as large as a reply.
#[derive(Clone, Copy)]
struct Size {
    items: i64,
    bytes: i64,
}

const WHOLE: Size = Size { items: 256, bytes: 1 << 20 };
/// Without room in memory for a whole batch.
const SMALL: Size = Size { items: 32, bytes: 32_768 };
/// Bytes that an item takes beside its text.
const ITEM_BYTES: u64 = 1_024;
/// Bytes that a reader has room for before it reads: a small batch.
const SURE_BYTES: u64 = 65_536;
/// Pause of a reader for whose batch memory has no room.
const NO_ROOM: Duration = Duration::from_millis(200);

impl App {
    /// Opens a reader.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread; `invalid` for a position after the newest entry or delta.
    #[crate::boxed]
    pub async fn follow(&self, caller: &Caller, thread: ThreadId, start: Start) -> Result<Reader> {
        caller.require_bound(Scope::Read)?;
        // Registered before the read, so that a commit in between wakes the reader.
        let tail = self.hub.follow(thread);
        let head = Head { caller: caller.clone(), thread };
        let at = match (start, self.store.read(head).await) {
            (_, Err(error)) => {
                self.hub.leave(tail);
                return Err(error);
            }
            (Start::Head, Ok(head)) => head,
            (Start::Beyond(position), Ok(head)) => {
                // Derived events belong to their item's position.
                let mut position = Position { k: 0, ..position };
                if is_planted(Bug::CursorOffByOne) && (1..head.seq).contains(&position.seq) {
                    position = Position::entry(position.seq + 1);
                }
                if position > head {
                    self.hub.leave(tail);
                    return Err(beyond_head());
                }
                position
            }
        };
        let watch = self.watch(caller, Some(thread));
        Ok(Reader {
            inner: self.inner().clone(),
            thread,
            at,
            tail: Some(tail),
            subject: caller.subject,
            watch,
            room: None,
        })
    }

    /// The deltas of the thread's unfinished message, in order. Empty once it has completed.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn unfinished(&self, caller: &Caller, thread: ThreadId) -> Result<Vec<Delta>> {
        caller.require_bound(Scope::Read)?;
        let caller = caller.clone();
        self.store
            .read(store::op(move |tx| {
                Box::pin(async move {
                    bounds::find(tx, &caller, thread).await?;
                    store::deltas::all(tx, thread).await
                })
            }))
            .await
    }

    /// The newest message of a user in the thread.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn newest_question(&self, caller: &Caller, thread: ThreadId) -> Result<Option<Question>> {
        caller.require_of_agent(Scope::Read)?;
        let caller = caller.clone();
        self.store
            .read(store::op(move |tx| {
                Box::pin(async move {
                    bounds::find(tx, &caller, thread).await?;
                    let Some(message) = store::messages::newest_of_user(tx, thread).await? else { return Ok(None) };
                    let turn = match message.turn {
                        Some(id) => store::turns::find_in_thread(tx, thread, id).await?,
                        None => None,
                    };
                    Ok(Some(Question { message, turn: turn.map(|t| (t.id, t.state, t.ended_at)) }))
                })
            }))
            .await
    }

    /// The entry at `seq`, for a reader that resumes within its derived events.
    ///
    /// # Errors
    /// Errors of the store.
    #[crate::boxed]
    pub async fn entry(&self, caller: &Caller, thread: ThreadId, seq: i64) -> Result<Option<domain::event::Entry>> {
        let mut entries = self.list_events(caller, thread, seq - 1, 1).await?.rows;
        Ok(entries.pop().filter(|entry| entry.seq == seq))
    }
}

impl Reader {
    /// The position up to which the reader has everything.
    pub fn position(&self) -> Position {
        self.at
    }

    /// The watch of this reader's credential.
    pub fn watch(&self) -> Watch {
        self.watch.clone()
    }

    /// Waits for the next items and returns at least one. `None` once the thread is gone.
    ///
    /// Dropping the future loses nothing.
    ///
    /// # Errors
    /// `unauthenticated` once the reader's credential is invalid; errors of the store, after which the reader can
    /// continue.
    #[crate::boxed]
    pub async fn next(&mut self) -> Result<Option<Vec<Arc<Item>>>> {
        let watch = self.watch.clone();
        tokio::select! {
            biased;
            () = watch.over() => Err(Error::unauthenticated()),
            items = self.next_items() => items,
        }
    }

    async fn next_items(&mut self) -> Result<Option<Vec<Arc<Item>>>> {
        let Some(tail) = self.tail.clone() else { return Ok(None) };
        self.room = None;
        loop {
            let woken = tail.woken.notified();
            tokio::pin!(woken);
            // Registered before the read.
            woken.as_mut().enable();
            match self.look(&tail).await? {
                Look::Gone => return Ok(None),
                Look::Items(items, room) => {
                    self.room = room;
                    self.at = items.last().map_or(self.at, |item| item.position());
                    return Ok(Some(items.into_iter().map(|item| item.shown_to(self.subject)).collect()));
                }
                Look::Nothing => woken.await,
                Look::NoRoom => tokio::time::sleep(NO_ROOM).await,
            }
        }
    }

    /// The items after this reader's position, from the shared tail if it reaches back far enough, else from the store.
    /// One reader reads for all; the others wait for the lock and find the result.
    async fn look(&self, tail: &Tail) -> Result<Look> {
        let mut recent = tail.recent.lock().await;
        let head = recent.head();
        if self.at < head {
            if let Some(items) = recent.beyond(self.at) {
                return Ok(Look::of(items, None));
            }
            // Far behind: it reads only for itself, and the others need not wait.
            drop(recent);
            return Ok(match self.read().await? {
                Ok((batch, room)) => Look::of(batch.shared(), Some(room)),
                Err(nothing) => nothing,
            });
        }
        let generation = tail.generation.load(Ordering::SeqCst);
        if self.at == head && recent.read_at == Some(generation) {
            return Ok(Look::Nothing);
        }
        let (batch, room) = match self.read().await? {
            Ok(read) => read,
            Err(nothing) => return Ok(nothing),
        };
        if self.at != head {
            recent.begin_at(self.at);
        }
        recent.read_at = batch.at_end.then_some(generation);
        tail.push(&mut recent, batch.items.iter().cloned());
        Ok(Look::of(batch.shared(), Some(room)))
    }

    /// The next batch and its memory. Without room for a whole batch it is small, with at least one item.
    async fn read(&self) -> Result<std::result::Result<(Batch, Place), Look>> {
        let memory = &self.inner.memory;
        let Ok(mut room) = memory.take(holder(), SURE_BYTES) else { return Ok(Err(Look::NoRoom)) };
        let Some(mut batch) = self.read_up_to(WHOLE).await? else { return Ok(Err(Look::Gone)) };
        let more = batch.memory().saturating_sub(SURE_BYTES);
        if more > 0 && memory.grow(&mut room, more).is_err() {
            let Some(small) = self.read_up_to(SMALL).await? else { return Ok(Err(Look::Gone)) };
            batch = small;
        }
        room.shrink_to(batch.memory());
        Ok(Ok((batch, room)))
    }

    async fn read_up_to(&self, size: Size) -> Result<Option<Batch>> {
        self.inner.store.read(Beyond { thread: self.thread, position: self.at, size }).await
    }
}

/// What a reader finds.
enum Look {
    /// At least one item, and memory for the items that this reader has read for itself.
    Items(Vec<Arc<Item>>, Option<Place>),
    Nothing,
    /// The thread was deleted.
    Gone,
    NoRoom,
}

impl Look {
    fn of(items: Vec<Arc<Item>>, room: Option<Place>) -> Self {
        if items.is_empty() { Self::Nothing } else { Self::Items(items, room) }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(tail) = self.tail.take() {
            self.inner.hub.leave(tail);
        }
    }
}

/// The position of the newest entry or delta.
struct Head {
    caller: Caller,
    thread: ThreadId,
}

impl Operation for Head {
    type Out = Position;

    async fn run(self, tx: &mut Tx) -> Result<Position> {
        let found = bounds::find(tx, &self.caller, self.thread).await?;
        let n = store::deltas::newest(tx, self.thread, found.last_seq).await?;
        Ok(Position { seq: found.last_seq, n, k: 0 })
    }
}

/// Entries and deltas after a position, in order, from one snapshot of the store. `None` if the thread is gone.
struct Beyond {
    thread: ThreadId,
    position: Position,
    size: Size,
}

struct Batch {
    /// Each item with its bytes.
    items: Vec<(usize, Arc<Item>)>,
    /// True if there was nothing after them.
    at_end: bool,
}

impl Batch {
    fn shared(self) -> Vec<Arc<Item>> {
        self.items.into_iter().map(|(_, item)| item).collect()
    }

    /// The bytes of memory that it takes.
    fn memory(&self) -> u64 {
        self.items.iter().map(|(bytes, _)| *bytes as u64 + ITEM_BYTES).sum()
    }
}

impl Operation for Beyond {
    type Out = Option<Batch>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { thread, position, size: Size { items: most, bytes } } = self;
        let (above, bound) = (Stretch::above(position.seq), Bound::page(most, bytes));
        let Fitted { rows, sizes, more } = store::events::stretch(tx, thread, above, false, bound).await?;
        let last = rows.last().map_or(position.seq, |entry| entry.seq);
        let mut items: Vec<(usize, Item)> = sizes.into_iter().zip(rows.into_iter().map(Item::Entry)).collect();
        let deltas = store::deltas::after(tx, thread, position, most).await?;
        let more_from = deltas.last().filter(|_| deltas.len() as i64 == most).map(|d| Position::delta(d.seq, d.n));
        // The next batch begins at this batch's last entry, so deltas after it belong to the next batch.
        let deltas = deltas.into_iter().filter(|delta| delta.seq <= last);
        items.extend(deltas.map(|delta| (delta.text.len(), Item::Delta(delta))));
        items.retain(|(_, item)| more_from.is_none_or(|end| item.position() <= end));
        items.sort_by_key(|(_, item)| item.position());
        if items.is_empty() && !store::threads::exists(tx, thread).await? {
            return Ok(None);
        }
        let items = items.into_iter().map(|(bytes, item)| (bytes, Arc::new(item))).collect();
        Ok(Some(Batch { items, at_end: !more && more_from.is_none() }))
    }
}
