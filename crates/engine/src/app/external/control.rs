//! What a program is told at once while it holds a turn.

use std::{collections::VecDeque, sync::Arc};

use domain::{
    Caller, Error, Result, TurnId, codes,
    external::Hold,
    message::{Message, Role},
    turn::State,
};
use store::{Operation, Tx};

use crate::{App, hub::Tail, inner::Inner, turns::external::is_for, unknown, watches::Watch};

/// Follows a turn for the program that holds it.
pub struct Control {
    inner: Arc<Inner>,
    caller: Caller,
    turn: TurnId,
    attempt: i64,
    /// The newest message that was told.
    told: i64,
    waiting: VecDeque<Signal>,
    /// True once the last signal is known.
    is_over: bool,
    tail: Option<Arc<Tail>>,
    watch: Watch,
}

/// Something that a program is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// A person's message joined the turn.
    Steer(Box<Message>),
    /// The turn was cancelled or interrupted. Nothing follows.
    Cancel,
    /// Another attempt holds the turn. Nothing follows.
    Taken { attempt: i64 },
    /// The program's part is over, in this state of the turn. Nothing follows.
    Ended(State),
}

impl App {
    /// Opens a stream of signals about a claimed turn. Messages that the program has not read come first.
    ///
    /// # Errors
    /// `forbidden` without `agent`; `not_found` for an unknown turn, or one of another agent than the key's; `conflict`
    /// for an attempt that was never given out (`attempt_over`).
    #[crate::boxed]
    pub async fn control(&self, caller: &Caller, turn: TurnId, attempt: i64) -> Result<Control> {
        caller.require_external_agent()?;
        let look = Look { caller: caller.clone(), turn, after: i64::MAX };
        let seen = self.store.read(look).await?.ok_or_else(unknown::turn)?;
        if attempt < 1 || attempt > seen.attempt {
            return Err(Error::conflict(codes::ATTEMPT_OVER, "The turn has no such attempt"));
        }
        let tail = Some(self.hub.follow(seen.thread));
        let (inner, caller, watch) = (self.inner().clone(), caller.clone(), self.watch(caller, None));
        Ok(Control { inner, caller, turn, attempt, told: 0, waiting: VecDeque::new(), is_over: false, tail, watch })
    }
}

impl Control {
    /// The watch of the program's key.
    pub fn watch(&self) -> Watch {
        self.watch.clone()
    }

    /// Waits for the next signal. `None` after the last one.
    ///
    /// # Errors
    /// `unauthenticated` once the key has become invalid; errors of the store.
    #[crate::boxed]
    pub async fn next(&mut self) -> Result<Option<Signal>> {
        loop {
            if let Some(signal) = self.waiting.pop_front() {
                return Ok(Some(signal));
            }
            let Some(tail) = self.tail.clone().filter(|_| !self.is_over) else { return Ok(None) };
            let woken = tail.woken.notified();
            tokio::pin!(woken);
            // Registered before the read.
            woken.as_mut().enable();
            self.look().await?;
            if self.waiting.is_empty() && !self.is_over {
                let watch = self.watch.clone();
                tokio::select! {
                    () = watch.over() => return Err(Error::unauthenticated()),
                    () = woken => {}
                }
            }
        }
    }

    async fn look(&mut self) -> Result<()> {
        let look = Look { caller: self.caller.clone(), turn: self.turn, after: self.told };
        let Some(seen) = self.inner.store.read(look).await? else {
            // The thread was deleted.
            self.is_over = true;
            return Ok(());
        };
        if seen.attempt != self.attempt {
            self.last(Signal::Taken { attempt: seen.attempt });
            return Ok(());
        }
        if let Some(newest) = seen.unread.last() {
            self.told = newest.seq;
        }
        self.waiting.extend(seen.unread.into_iter().map(|message| Signal::Steer(Box::new(message))));
        match seen.state {
            State::Cancelled => self.last(Signal::Cancel),
            state if seen.is_over => self.last(Signal::Ended(state)),
            _ => {}
        }
        Ok(())
    }

    fn last(&mut self, signal: Signal) {
        self.waiting.push_back(signal);
        self.is_over = true;
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        if let Some(tail) = self.tail.take() {
            self.inner.hub.leave(tail);
        }
    }
}

/// The state of a turn in the view of its program.
struct Seen {
    thread: domain::ThreadId,
    state: State,
    attempt: i64,
    /// True if the program's hold is over.
    is_over: bool,
    /// People's messages that the program has not read, after those that it was told of.
    unread: Vec<Message>,
}

/// Reads the turn. `None` for a turn that is unknown to the key.
struct Look {
    caller: Caller,
    turn: TurnId,
    after: i64,
}

impl Operation for Look {
    type Out = Option<Seen>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let project = self.caller.project;
        let Some(turn) = store::turns::find(tx, project, self.turn).await? else { return Ok(None) };
        if !is_for(tx, &self.caller, &turn).await? {
            return Ok(None);
        }
        let row = store::external_turns::find(tx, project, turn.id).await?;
        let is_over = !turn.state.is_open() || row.as_ref().is_none_or(|row| row.progress.hold != Hold::Held);
        let reads = row.map_or(0, |row| row.progress.reads);
        let mut unread = Vec::new();
        if !is_over && self.after < i64::MAX {
            let from = reads.max(self.after).saturating_add(1);
            unread = store::messages::of_turn(tx, turn.thread, turn.id, from).await?;
            unread.retain(|message| message.role == Role::User);
        }
        Ok(Some(Seen { thread: turn.thread, state: turn.state, attempt: turn.attempt, is_over, unread }))
    }
}
