//! A locked thread, and the entries that a transaction appends to it.

use std::sync::Arc;

use domain::Error;
use domain::{
    AgentId, MessageId, ProjectId, Result, ThreadId, Timestamp, TurnId,
    agent::Agent,
    author::Author,
    event::{Entry, Event, Item},
    handling::{People, Unanswered},
    last_words::LastWords,
    message::{Body, Message, Role},
    participant,
    project::Stored,
    spent::{Call, Spent},
    thread::{Run, Thread, Ticket},
    ticket::Cause,
    turn::{State, Turn},
};
use store::{
    Tx,
    planted::{Bug, is_planted},
    search::Doc,
};

use crate::{clock::Clock, inner::Inner, quotas::Growth, telemetry::Span, unknown};

/// A thread that is locked for this transaction, with its first open turns and its new entries. Positions and times are
/// assigned in memory. [`Journal::write`] stores them with the head in one round trip.
pub(crate) struct Journal {
    pub(crate) thread: Thread,
    /// The first open turns in running order: the running or waiting one, then the next queued ones. The list and the
    /// thread's run are complete only after [`Journal::load_turns`].
    pub(crate) turns: Vec<Turn>,
    pub(crate) now: Timestamp,
    entries: Vec<Entry>,
    calls: Vec<Call>,
    /// True if webhooks may have to be told.
    is_watched: bool,
    /// True if an unfinished message may have deltas that were not yet told.
    has_deltas: bool,
    /// Growth of the stored bytes.
    pub(crate) growth: Growth,
    /// Growth of the thread's own bytes beside the entries.
    beside: i64,
    /// True if the head has changes that no entry tells.
    head_changed: bool,
    /// True if an entry has words of the agent, although the agent must be silent.
    broke_silence: bool,
    /// Changed texts, which the index of searches would otherwise pass by.
    late: Vec<Doc>,
}

/// Open turns that are read with the thread: the active one and the next. A thread may have a thousand.
const FRONT: i64 = 2;

impl Journal {
    /// Locks the thread. `None` if the project has no such thread.
    pub(crate) async fn open(tx: &mut Tx, project: ProjectId, id: ThreadId, now: Timestamp) -> Result<Option<Self>> {
        let Some(locked) = store::threads::lock(tx, project, id).await? else { return Ok(None) };
        let turns = store::turns::open(tx, id, FRONT).await?;
        let (thread, is_watched) = (locked.thread, locked.is_watched);
        let (entries, calls, growth) = (Vec::new(), Vec::new(), Growth::new(project));
        let mut journal = Self {
            thread,
            turns,
            now,
            entries,
            calls,
            is_watched,
            has_deltas: false,
            growth,
            beside: 0,
            head_changed: false,
            broke_silence: false,
            late: Vec::new(),
        };
        journal.count();
        journal.has_deltas = journal.thread.run.running;
        Ok(Some(journal))
    }

    /// Like [`Journal::open`], for a thread that a client names. The request must fit the project's quota, unless
    /// [`Growth::exempt`] was called.
    pub(crate) async fn named(tx: &mut Tx, project: ProjectId, id: ThreadId, now: Timestamp) -> Result<Self> {
        let mut journal = Self::open(tx, project, id, now).await?.ok_or_else(unknown::thread)?;
        journal.growth = Growth::asked(project);
        Ok(journal)
    }

    /// A new thread of a project.
    ///
    /// # Errors
    /// `quota_exceeded`.
    pub(crate) async fn create(
        tx: &mut Tx,
        inner: &Inner,
        project: ProjectId,
        thread: Thread,
        now: Timestamp,
    ) -> Result<Self> {
        inner.quotas.admit(project, Stored { threads: 1, bytes: 1 })?;
        store::threads::insert(tx, &thread).await?;
        let mut growth = Growth::asked(project);
        growth.thread(thread.id, 1, 0);
        let beside = store::json(&thread.metadata)?.len() as i64;
        let (turns, entries, calls) = (Vec::new(), Vec::new(), Vec::new());
        let mut journal = Self {
            thread,
            turns,
            now,
            entries,
            calls,
            is_watched: true,
            has_deltas: false,
            growth,
            beside,
            head_changed: false,
            broke_silence: false,
            late: Vec::new(),
        };
        if journal.thread.title.is_some() && inner.indexing.is_late(&inner.clock, journal.thread.id.0) {
            journal.late.push(Doc::title(journal.thread.id));
        }
        journal.append(None, Event::ThreadCreated {});
        Ok(journal)
    }

    /// Reads all of the thread's open turns.
    pub(crate) async fn load_turns(&mut self, tx: &mut Tx) -> Result<()> {
        self.turns = store::turns::open(tx, self.thread.id, i64::MAX).await?;
        self.count();
        Ok(())
    }

    /// The thread's agent, with the thread's overrides.
    pub(crate) async fn agent(&self, tx: &mut Tx) -> Result<Agent> {
        let id: AgentId = self.thread.agent;
        let found = store::agents::of_thread(tx, self.thread.project, id, self.thread.id).await?;
        found.ok_or_else(|| Error::internal(format!("threads.agent_id of {} names no agent: {id}", self.thread.id)))
    }

    /// Removes the deltas of the unfinished message, which is completed or dropped here.
    pub(crate) async fn prune_deltas(&mut self, tx: &mut Tx) -> Result<()> {
        self.has_no_deltas();
        store::deltas::prune(tx, self.thread.id).await.map(drop)
    }

    /// Records that no delta precedes the appended entries.
    pub(crate) fn has_no_deltas(&mut self) {
        self.has_deltas = false;
    }

    /// Appends an entry. Returns its number.
    pub(crate) fn append(&mut self, turn: Option<TurnId>, event: Event) -> i64 {
        self.push(turn, event, None);
        self.thread.last_seq
    }

    /// Appends a message as an entry. After a user's message, the ticket waits for the project.
    pub(crate) fn say(
        &mut self,
        turn: Option<TurnId>,
        event: Event,
        id: MessageId,
        (role, author): (Role, Author),
        body: Body,
    ) -> Message {
        let (thread, seq, at) = (self.thread.id, self.thread.last_seq + 1, self.next_at());
        let message = Message { id, thread, seq, turn, role, author, at, body };
        if role == Role::User {
            self.thread.ticket = self.thread.ticket.after(Cause::Received, false);
        }
        let former = self.thread.last_words.take();
        self.thread.last_words = LastWords::of(&message, former.as_ref()).or(former);
        self.thread.people.note_said((role, &message.author), message.body.unasked, at, seq);
        let is_agents = role == Role::Agent && matches!(message.author, Author::Agent { .. });
        self.broke_silence |= is_agents && self.thread.people.is_silent();
        if role != Role::Tool {
            participant::note(&mut self.thread.participants, &message.author, at);
        }
        self.push(turn, event, Some(message.clone()));
        message
    }

    /// The turn's messages that are not stored yet.
    pub(crate) fn said_in(&self, turn: TurnId) -> impl Iterator<Item = &Message> {
        self.written_in(turn).filter_map(|entry| entry.message.as_ref())
    }

    /// The turn's entries that are not stored yet.
    pub(crate) fn written_in(&self, turn: TurnId) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.turn == Some(turn))
    }

    /// The sum of the turn's model calls that are not stored yet.
    pub(crate) fn charged_in(&self, turn: TurnId) -> Spent {
        self.calls.iter().filter(|call| call.turn == turn).fold(Spent::default(), |mut sum, call| {
            sum += call.into();
            sum
        })
    }

    fn push(&mut self, turn: Option<TurnId>, event: Event, message: Option<Message>) {
        let (thread, seq, at) = (self.thread.id, self.thread.last_seq + 1, self.next_at());
        self.thread.last_seq = seq;
        self.thread.last_at = at;
        self.thread.listed += i64::from(message.as_ref().is_some_and(|message| message.body.is_listed()));
        self.entries.push(Entry { thread, seq, at, turn, event, message });
    }

    /// The time of the next entry. Times increase within a thread, whatever the clock does.
    pub(crate) fn next_at(&self) -> Timestamp {
        self.now.max(self.thread.last_at.plus_us(1))
    }

    /// The running or waiting turn.
    pub(crate) fn active(&self) -> Option<&Turn> {
        self.turns.iter().find(|t| matches!(t.state, State::Running | State::Waiting))
    }

    /// The present turn, if the worker with the state `mine` still holds it: nobody has taken it over or ended it.
    pub(crate) fn held(&self, mine: &Turn) -> Option<Turn> {
        if is_planted(Bug::NoFence) || is_planted(Bug::AnswerAfterTake) && self.thread.people.is_silent() {
            return Some(mine.clone());
        }
        let still = |t: &&Turn| t.id == mine.id && t.attempt == mine.attempt && t.state == State::Running;
        self.turns.iter().find(still).cloned()
    }

    /// Records a changed, new or ended turn in [`Journal::turns`] and the run. The caller stores the turn.
    pub(crate) fn note(&mut self, turn: &Turn) {
        self.turns.retain(|t| t.id != turn.id);
        if turn.state.is_open() {
            self.turns.push(turn.clone());
            self.turns.sort_by_key(|t| t.place);
        }
        self.count();
    }

    fn count(&mut self) {
        let is = |state: State| move |t: &&Turn| t.state == state;
        self.thread.run = Run {
            running: self.turns.iter().any(|t| t.state == State::Running),
            waiting: self.turns.iter().any(|t| t.state == State::Waiting),
            queued: self.turns.iter().filter(is(State::Queued)).count() as i64,
        };
    }

    /// The next queued turn, if none is running or waiting.
    pub(crate) fn next_turn(&self) -> Option<&Turn> {
        self.turns.first().filter(|t| t.state == State::Queued)
    }

    /// Moves the ticket by the table of [`domain::ticket`].
    pub(crate) fn move_ticket(&mut self, cause: Cause) {
        self.thread.ticket = self.thread.ticket.after(cause, self.thread.run.is_open());
    }

    /// Restarts the inactivity window, if the thread has one. While a person speaks or is wanted, it is suspended.
    pub(crate) fn touch_window(&mut self) {
        let window_s = self.thread.window_s.filter(|_| !self.thread.people.is_window_suspended());
        self.thread.window_ends_at = window_s.map(|s| self.now.plus_s(s));
    }

    /// Records that the messages of a turn that has just ended need no answer any more. Those of later turns still do.
    pub(crate) fn answered(&mut self) {
        let Some(now) = self.thread.people.unanswered else { return };
        let next = self.turns.first().map(|next| Unanswered { since: next.created_at, seq: next.first_seq });
        self.thread.people.unanswered = next.map(|next| if next.seq < now.seq { now } else { next });
    }

    /// Records that models read the entry, which is no message.
    pub(crate) fn models_read(&mut self, seq: i64) {
        self.thread.people.first_seq.get_or_insert(seq);
    }

    /// Gives the thread another title.
    pub(crate) fn retitle(&mut self, title: Option<String>) {
        self.thread.title = title;
        self.late.push(Doc::title(self.thread.id));
    }

    /// Records that a stored message was changed.
    pub(crate) fn amended(&mut self, message: &Message) {
        self.late.push(Doc::message(message));
    }

    /// Stores the head, even if no entry is appended.
    pub(crate) fn change_head(&mut self) {
        self.head_changed = true;
    }

    /// Bytes of the thread's own settings.
    pub(crate) async fn own_bytes(&self, tx: &mut Tx) -> Result<i64> {
        let beside = store::stored::beside(tx, self.thread.project, self.thread.id).await?;
        Ok(beside + store::json(&self.thread.metadata)?.len() as i64)
    }

    /// Records a growth of the thread's own bytes beside the entries; negative if they shrink.
    pub(crate) fn keeps(&mut self, bytes: i64) {
        self.beside += bytes;
    }

    /// Charges a model call to the thread.
    pub(crate) fn charge(&mut self, call: Call) {
        self.thread.spent += (&call).into();
        self.calls.push(call);
    }

    /// Notes the spans of the turns that end, after COMMIT.
    fn trace(&self, tx: &mut Tx, inner: &Arc<Inner>) {
        if !inner.telemetry.is_on() {
            return;
        }
        let of = (self.thread.project, self.thread.id, self.thread.agent);
        let ends = self.entries.iter().filter_map(|entry| Some((entry.turn?, entry, entry.event.ended()?)));
        for (turn, entry, ended) in ends {
            let end = entry.event.kind().trim_start_matches("turn.");
            let span = Span::of_turn(of, turn, ended, entry.at, end);
            let inner = inner.clone();
            tx.on_commit(move || inner.telemetry.take(|| span));
        }
    }

    /// Stores the entries, the calls and the head. Readers are told after COMMIT.
    ///
    /// # Errors
    /// `quota_exceeded` for a client's request.
    pub(crate) async fn write(mut self, tx: &mut Tx, inner: &Arc<Inner>) -> Result<Thread> {
        let (id, project) = (self.thread.id, self.thread.project);
        if self.broke_silence && !is_planted(Bug::NoFence) && !is_planted(Bug::AnswerAfterTake) {
            return Err(Error::internal(format!("the agent of {id} would have spoken, although it must be silent")));
        }
        self.trace(tx, inner);
        let messages = self.entries.iter().filter_map(|entry| entry.message.as_ref());
        let late = messages.filter(|message| inner.indexing.is_late(&inner.clock, message.id.0)).map(Doc::message);
        self.late.extend(late);
        store::search::note_late(tx, self.growth.project, &self.late).await?;
        if !self.calls.is_empty() {
            store::step_usage::insert(tx, &self.calls).await?;
            let inner = inner.clone();
            tx.on_commit(move || inner.spending.notify_one());
        }
        if self.entries.is_empty() && self.calls.is_empty() && !self.head_changed {
            if self.beside != 0 {
                store::stored::grow(tx, id, self.beside).await?;
            }
            self.growth.thread(id, 0, self.beside);
            self.growth.settle(tx, &inner.quotas)?;
        } else {
            let sizes = store::log::append(tx, &self.thread, &self.entries, self.beside).await?;
            self.growth.thread(id, 0, self.beside + sizes.iter().sum::<usize>() as i64);
            self.growth.settle(tx, &inner.quotas)?;
            let feeds = inner.clone();
            tx.on_commit(move || feeds.feeds.tell(project, id));
            if self.entries.is_empty() {
                return Ok(self.thread);
            }
            if self.is_watched {
                inner.outbox.record(tx, &self.thread, &self.entries, inner.clock.now()).await?;
            }
            let (inner, thread, entries) = (inner.clone(), self.thread.id, self.entries);
            if self.has_deltas {
                tx.on_commit(move || inner.hub.wake(thread));
            } else {
                let items = || sizes.into_iter().zip(entries.into_iter().map(Item::Entry)).collect();
                tx.on_commit(move || inner.hub.tell(thread, items));
            }
        }
        Ok(self.thread)
    }
}

/// The head of an empty thread, not yet stored.
pub(crate) fn new_thread(clock: &Clock, project: ProjectId, agent: AgentId, now: Timestamp) -> Thread {
    Thread {
        id: ThreadId(clock.id()),
        project,
        agent,
        title: None,
        metadata: domain::Map::new(),
        last_seq: 0,
        last_at: Timestamp(now.0 - 1),
        last_words: None,
        listed: 0,
        created_at: now,
        closed: None,
        window_s: None,
        window_ends_at: None,
        ticket: Ticket::Waiting,
        participants: Vec::new(),
        people: People::default(),
        run: Run::default(),
        spent: Spent::default(),
        tags: Vec::new(),
    }
}
