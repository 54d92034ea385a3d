//! A reader of a session's stream: the log's items as frames, from a position on, for the life of the connection.

mod around;
mod unfinished;

use std::{collections::VecDeque, sync::Arc};

use dialect_kit::Frame;
use domain::{
    Caller, Position, Result, ThreadId,
    event::{Delta, Entry, Event, Item},
};
use engine::{
    App,
    app::messages::follow::{Reader, Start},
    watches::Watch,
};
use futures_util::{Stream, stream};
use tokio::time::{Instant, sleep_until};

pub use self::around::Memory;
use self::unfinished::Unfinished;
use crate::{event_id::EventIds, filter::Filter, frames, stream as told};

/// The reader and the session.
#[derive(Clone)]
pub struct Session {
    pub app: App,
    pub caller: Caller,
    pub thread: ThreadId,
}

/// The start of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// After this position. Events derived from its entry start after its k.
    Beyond(Position),
    /// At this entry itself.
    At(i64),
    /// At the end of the log.
    Now,
}

/// The state of one stream.
pub struct Follower {
    session: Session,
    reader: Reader,
    event_ids: EventIds,
    filter: Filter,
    /// When the client must reconnect.
    until: Instant,
    memory: Memory,
    unfinished: Unfinished,
    /// Items that were read and not yet sent. They are sent one at a time, because a delta repeats all text before it.
    items: VecDeque<Arc<Item>>,
    frames: VecDeque<Frame>,
    over: bool,
}

impl Follower {
    /// # Errors
    /// `not_found` for an unknown or foreign thread; `invalid` for a position after the head.
    pub async fn open(session: Session, from: From, filter: Filter, until: Instant) -> Result<Self> {
        let start = match from {
            From::Beyond(position) => Start::Beyond(position),
            // After every delta of the previous entry.
            From::At(seq) => Start::Beyond(Position { seq: seq - 1, n: u32::MAX, k: 0 }),
            From::Now => Start::Head,
        };
        let reader = session.app.follow(&session.caller, session.thread, start).await?;
        let mut follower = Self {
            event_ids: EventIds::new(&session.app, session.thread),
            session,
            reader,
            filter,
            until,
            memory: Memory::default(),
            unfinished: Unfinished::default(),
            items: VecDeque::new(),
            frames: VecDeque::from([frames::connected()]),
            over: false,
        };
        if let From::Beyond(position) = from {
            follower.tell_rest(position).await?;
        }
        Ok(follower)
    }

    /// The watch of the stream's credential.
    pub fn watch(&self) -> Watch {
        self.reader.watch()
    }

    pub fn frames(self) -> impl Stream<Item = Frame> + Send {
        stream::unfold(self, |mut follower| async move { Some((follower.next().await?, follower)) })
    }

    async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Some(frame);
            }
            if self.over {
                return None;
            }
            if let Err(error) = self.advance().await {
                tracing::error!(thread = %self.session.thread, ?error, "a stream of events ended early");
                return None;
            }
        }
    }

    /// Sends the next item, or waits for one.
    async fn advance(&mut self) -> Result<()> {
        if let Some(item) = self.items.pop_front() {
            return match &*item {
                Item::Entry(entry) => self.tell_entry(entry).await,
                Item::Delta(delta) => self.tell_delta(delta).await,
            };
        }
        tokio::select! {
            biased;
            () = sleep_until(self.until) => {
                self.frames.push_back(frames::disconnecting());
                self.over = true;
            }
            items = self.reader.next() => match items? {
                Some(items) => self.items.extend(items),
                // The session is gone. A client that reconnects gets the error.
                None => self.over = true,
            },
        }
        Ok(())
    }

    /// A reader that resumes within derived events gets the rest of them.
    async fn tell_rest(&mut self, position: Position) -> Result<()> {
        if position.n > 0 || position.seq == 0 {
            return Ok(());
        }
        let Session { app, caller, thread } = &self.session;
        let Some(entry) = app.entry(caller, *thread, position.seq).await? else { return Ok(()) };
        let around = self.memory.around(&self.session, &entry).await?;
        for told in told::of_entry(&entry, &around).into_iter().filter(|told| told.at.k > position.k) {
            self.tell(told);
        }
        Ok(())
    }

    async fn tell_entry(&mut self, entry: &Entry) -> Result<()> {
        if matches!(entry.event, Event::MessageCompleted { .. } | Event::TurnAttempt { .. }) {
            self.unfinished = Unfinished::default();
        }
        let around = self.memory.around(&self.session, entry).await?;
        for told in told::of_entry(entry, &around) {
            self.tell(told);
        }
        Ok(())
    }

    async fn tell_delta(&mut self, delta: &Delta) -> Result<()> {
        if !self.filter.lets(told::delta_type(delta.kind)) {
            return Ok(());
        }
        let Some(accumulated) = self.unfinished.add(&self.session, delta).await? else { return Ok(()) };
        let input = self.memory.input(&self.session, delta.turn).await?;
        let told = told::of_delta(delta, accumulated, input);
        self.tell(told);
        Ok(())
    }

    fn tell(&mut self, told: told::Told) {
        if self.filter.lets(told.kind) {
            let kind = told.kind;
            let event = told::event(told, self.session.thread, &self.event_ids);
            self.frames.push_back(frames::of_event(kind, &event));
        }
    }
}
