//! A call of the program that holds a turn: checked by attempt and number, carried out once, and answered again with the
//! same answer.

use std::{sync::Arc, time::Duration};

use domain::{
    Caller, Error, Result, TurnId,
    agent::Agent,
    caller::Subject,
    codes,
    external::{Answer, External, Hold, Pushing},
    message::{Message, Role},
    turn::{State, Turn},
};
use store::{Operation, Tx};

use super::{Act, deltas, finish, offer::set_alarm, results, say};
use crate::{inner::Inner, journal::Journal, turns::claim, unknown};

/// One call.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) inner: Arc<Inner>,
    pub(crate) caller: Caller,
    pub(crate) turn: TurnId,
    pub(crate) attempt: i64,
    /// Absent only for a heartbeat, which has no effect that could be doubled.
    pub(crate) n: Option<i64>,
    pub(crate) fingerprint: [u8; 32],
    /// The position up to which the program has read the log by now.
    pub(crate) reads: Option<i64>,
    pub(crate) act: Act,
    /// True if the call has waited after the delta before it.
    pub(crate) is_paced: bool,
}

/// The outcome of a call.
pub(crate) enum Outcome {
    Done(Replied),
    /// The call comes too soon after the delta before it, and has had no effect.
    Wait(Duration),
}

/// The answer to a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Replied {
    pub answer: Answer,
    /// The turn's state after the call.
    pub state: State,
    /// People's messages to the turn that the program has not read.
    pub steered: Vec<Message>,
}

/// What a call works with, under the thread's lock.
pub(super) struct Work<'w> {
    pub(super) inner: &'w Arc<Inner>,
    pub(super) journal: Journal,
    pub(super) row: External,
    pub(super) turn: Turn,
    pub(super) agent: Agent,
    /// True if a message of a person came that the program has not read.
    pub(super) has_unread: bool,
}

impl Operation for Call {
    type Out = Outcome;

    async fn run(self, tx: &mut Tx) -> Result<Outcome> {
        let project = self.caller.project;
        let found = store::turns::find(tx, project, self.turn).await?.ok_or_else(unknown::turn)?;
        if !is_for(tx, &self.caller, &found).await? {
            return Err(unknown::turn());
        }
        if matches!(self.caller.subject, Subject::Attempt { attempt, .. } if attempt != self.attempt) {
            return Err(over());
        }
        let now = self.inner.clock.now();
        let journal = Journal::open(tx, project, found.thread, now).await?.ok_or_else(unknown::turn)?;
        let turn = store::turns::find_in_thread(tx, found.thread, found.id).await?.ok_or_else(unknown::turn)?;
        let Some(row) = store::external_turns::find(tx, project, turn.id).await? else {
            return Err(if turn.state.is_open() { over() } else { ended(&turn) });
        };
        if self.attempt != turn.attempt || self.attempt != row.attempt {
            return Err(over());
        }
        let unread = unread(tx, &journal, &row, &turn).await?;
        if let Some(answer) = self.replayed(&row)? {
            return Ok(Outcome::Done(Replied { answer, state: turn.state, steered: unread }));
        }
        if !turn.state.is_open() || row.progress.hold != Hold::Held {
            return match self.act {
                Act::Heartbeat => {
                    let answer = Answer::default();
                    Ok(Outcome::Done(Replied { answer, state: turn.state, steered: unread }))
                }
                _ if turn.state.is_open() => Err(over()),
                _ => Err(ended(&turn)),
            };
        }
        if self.n.is_some_and(|n| n != row.n + 1) {
            let message = format!("The next call of this attempt has the number {}", row.n + 1);
            return Err(Error::conflict(codes::CALL_OUT_OF_ORDER, message));
        }
        self.carry_out(tx, journal, row, turn, unread).await
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}

impl Call {
    /// The stored answer, for a repetition of the last call.
    fn replayed(&self, row: &External) -> Result<Option<Answer>> {
        if self.n != Some(row.n) || row.n == 0 {
            return Ok(None);
        }
        match &row.answer {
            Some(answer) if row.fingerprint.as_deref() == Some(&self.fingerprint) => Ok(Some(answer.clone())),
            _ => Err(Error::conflict(codes::ORIGIN_KEY_REUSED, "This number was used for a different call")),
        }
    }

    async fn carry_out(
        self,
        tx: &mut Tx,
        journal: Journal,
        mut row: External,
        turn: Turn,
        mut unread: Vec<Message>,
    ) -> Result<Outcome> {
        let inner = self.inner;
        if let Some(reads) = self.reads {
            if reads < 0 || reads > journal.thread.last_seq {
                return Err(Error::field("reads", "must be a position of the thread's log"));
            }
            unread.retain(|message| message.seq > reads);
        }
        if unread.is_empty() {
            row.progress.reads = journal.thread.last_seq;
        } else if let Some(reads) = self.reads {
            row.progress.reads = row.progress.reads.max(reads);
        }
        let (now, agent) = (journal.now, claim::agent_of(tx, &turn).await?);
        let mut work = Work { inner: &inner, journal, row, turn, agent, has_unread: !unread.is_empty() };
        // Offered again if the hold had run out; the call renews it.
        work.row.offered_at = None;
        work.row.pushing = match self.act {
            // An endpoint that gives every turn back is asked less and less often.
            Act::Heartbeat | Act::Release => Pushing { at: None, ..work.row.pushing },
            // A program works on the turn.
            _ => Pushing::default(),
        };
        set_alarm(tx, &mut work.row, now.plus_s(inner.limits.external_lease_s as i64), now, &inner);
        let answer = match self.act {
            Act::Heartbeat => Answer { held: true, ..Answer::default() },
            Act::Deltas(pieces) => match deltas::show(tx, &mut work, pieces, self.is_paced).await? {
                deltas::Shown::Done(answer) => answer,
                deltas::Shown::Wait(pause) => return Ok(Outcome::Wait(pause)),
            },
            Act::Messages(messages) => say::say(tx, &mut work, messages).await?,
            Act::Results(given) => results::add(tx, &mut work, given).await?,
            Act::Complete(messages) => finish::complete(tx, &mut work, messages).await?,
            Act::Fail(reason) => finish::fail(tx, &mut work, codes::AGENT_FAILED.to_string(), reason).await?,
            Act::Broken { code, reason } => finish::fail(tx, &mut work, code, reason).await?,
            Act::Release => finish::release(tx, &mut work).await?,
        };
        let Work { journal, mut row, turn, .. } = work;
        if let Some(n) = self.n {
            (row.n, row.fingerprint, row.answer) = (n, Some(self.fingerprint.to_vec()), Some(answer.clone()));
        }
        store::external_turns::save(tx, &row).await?;
        journal.write(tx, &inner).await?;
        Ok(Outcome::Done(Replied { answer, state: turn.state, steered: unread }))
    }
}

/// Tells whether the caller is a program of the turn's agent, or one to which the turn was pushed.
pub(crate) async fn is_for(tx: &mut Tx, caller: &Caller, turn: &Turn) -> Result<bool> {
    match caller.subject {
        Subject::Attempt { turn: own, .. } => Ok(own == turn.id),
        _ => store::key_agents::has(tx, caller.project, caller.key, turn.agent).await,
    }
}

/// People's messages to the turn that its program has not read.
async fn unread(tx: &mut Tx, journal: &Journal, row: &External, turn: &Turn) -> Result<Vec<Message>> {
    if journal.thread.last_seq <= row.progress.reads || !turn.state.is_open() {
        return Ok(Vec::new());
    }
    let mut later = store::messages::of_turn(tx, turn.thread, turn.id, row.progress.reads + 1).await?;
    later.retain(|message| message.role == Role::User);
    Ok(later)
}

fn over() -> Error {
    Error::conflict(codes::ATTEMPT_OVER, "The turn is no longer held by this attempt; claim it again")
}

fn ended(turn: &Turn) -> Error {
    Error::conflict(codes::TURN_ENDED, format!("The turn has ended as {}", turn.state.as_str()))
}
