//! Retries a turn that failed or was cancelled: a new turn answers its messages.

use std::sync::Arc;

use domain::{
    Caller, Error, Result, ThreadId, TurnId,
    caller::Scope,
    codes,
    controls::Policy,
    event::Event,
    handling::Unanswered,
    message::{Message, Role},
    ticket::Cause,
    turn::{State, Turn},
};
use store::{Operation, Tx};

use crate::{
    App,
    app::messages::{
        WhenClosed,
        accept::{Begin, place_ahead},
        send::open_for,
    },
    inner::Inner,
    journal::Journal,
    turns::wanting::silent,
    unknown,
};

impl App {
    pub(crate) fn retrying(&self, caller: &Caller, thread: ThreadId, id: TurnId) -> Result<Retry> {
        caller.require(Scope::Write)?;
        Ok(Retry { inner: self.inner().clone(), caller: caller.clone(), thread, id })
    }
}

pub(crate) struct Retry {
    inner: Arc<Inner>,
    caller: Caller,
    thread: ThreadId,
    id: TurnId,
}

impl Operation for Retry {
    type Out = Turn;

    async fn run(self, tx: &mut Tx) -> Result<Turn> {
        let Self { inner, caller, thread, id } = self;
        let mut journal = Journal::named(tx, caller.project, thread, inner.clock.now()).await?;
        let old = store::turns::find_in_thread(tx, thread, id).await?.ok_or_else(unknown::turn)?;
        let mut messages = unanswered(tx, &old).await?;
        open_for(tx, &mut journal, WhenClosed::Refuse, &inner).await?;
        if journal.thread.people.is_silent() {
            return Err(silent());
        }
        let agent = journal.agent(tx).await?;
        if agent.settings.paused {
            return Err(Error::conflict(codes::AGENT_PAUSED, "The thread's agent is paused, so nobody would answer"));
        }
        place_ahead(tx, &mut journal, Policy::Queue, inner.limits.queued_turns as i64).await?;
        let turn = TurnId(inner.clock.id());
        store::messages::hand_over(tx, thread, old.id, old.first_seq, turn).await?;
        messages.iter_mut().for_each(|message| message.turn = Some(turn));
        let ids = messages.iter().map(|message| message.id).collect();
        let place = journal.append(Some(turn), Event::TurnRetried { retries: old.id, messages: ids });
        let begin = Begin { turn, place, policy: Policy::Queue, controls: old.controls, agent };
        let turn = begin.write(tx, &mut journal, &messages, &inner).await?;
        let first = messages.first().map(|first| Unanswered { since: first.at, seq: first.seq });
        journal.thread.people.unanswered = journal.thread.people.unanswered.or(first);
        journal.move_ticket(Cause::Received);
        journal.write(tx, &inner).await?;
        Ok(turn)
    }
}

/// The people's messages to the turn, oldest first. Never empty.
async fn unanswered(tx: &mut Tx, turn: &Turn) -> Result<Vec<Message>> {
    let refuse = |code, why| Err(Error::conflict(code, why));
    match turn.state {
        State::Queued | State::Running | State::Waiting => {
            return refuse(codes::TURN_OPEN, "The turn is open; cancel it before you retry it");
        }
        State::Completed => return refuse(codes::TURN_COMPLETED, "The turn has already answered its messages"),
        State::Failed | State::Cancelled => {}
    }
    let mut own = store::messages::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
    own.retain(|message| message.role == Role::User);
    match own.is_empty() {
        true => refuse(codes::TURN_RETRIED, "A newer turn has taken over its messages; retry that turn"),
        false => Ok(own),
    }
}
