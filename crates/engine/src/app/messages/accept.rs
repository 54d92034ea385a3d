//! Accepts a user's message that needs an answer. By its policy, it starts a turn or joins one.

#[cfg(feature = "planted-bugs")]
mod late;

use std::sync::Arc;

use domain::{
    Error, MessageId, Result, TurnId,
    agent::Agent,
    author::Author,
    codes,
    controls::{Controls, Policy},
    event::Event,
    message::{Body, Message, Role},
    spent::Spent,
    turn::{State, Turn},
};
use store::Tx;

use crate::{
    inner::Inner,
    journal::Journal,
    turns::{calling, claim, end, external},
};

/// A user's message that needs an answer.
pub(crate) struct Said {
    pub(crate) id: MessageId,
    pub(crate) author: Author,
    pub(crate) body: Body,
    pub(crate) policy: Policy,
}

/// Appends the message, and starts or joins a turn by its policy. If the turn may run at once, a free worker takes it
/// and runs it after COMMIT.
///
/// # Errors
/// As [`calling::check`] and [`joins`]. `rate_limited` if too many turns wait.
pub(crate) async fn accept(
    tx: &mut Tx,
    journal: &mut Journal,
    said: Said,
    agent: Agent,
    inner: &Arc<Inner>,
) -> Result<(Message, (TurnId, State))> {
    let Said { id, author, body, policy } = said;
    let controls = body.controls.clone();
    let joined = joins(tx, journal, policy).await?;
    let of_turn = joined.as_ref().map(|turn| turn.controls.clone()).unwrap_or_default();
    let models = inner.catalogues.within(tx, agent.project).await?;
    calling::check(&models, &agent.settings, &of_turn, &controls)?;
    if let Some(mut turn) = joined {
        let message = journal.say(Some(turn.id), Event::MessageCreated {}, id, (Role::User, author), body);
        if !controls.is_empty() {
            turn.controls = controls.over(&turn.controls);
            store::turns::save(tx, &turn).await?;
        }
        return Ok((message, (turn.id, turn.state)));
    }
    let ahead = place_ahead(tx, journal, policy, inner.limits.queued_turns as i64).await?;
    if policy == Policy::Interrupt
        && let Some(active) = journal.active().cloned()
    {
        end::cancel(tx, journal, &active, Some("interrupted by a newer message".into()), inner).await?;
    }
    let turn = TurnId(inner.clock.id());
    let message = journal.say(Some(turn), Event::MessageCreated {}, id, (Role::User, author), body);
    let place = ahead.unwrap_or(message.seq);
    let begin = Begin { turn, place, policy, controls, agent };
    #[cfg(feature = "planted-bugs")]
    if store::planted::is_planted(store::planted::Bug::TurnAfterCommit) {
        return Ok((message.clone(), late::begin_later(tx, inner, begin, message)));
    }
    let turn = begin.write(tx, journal, std::slice::from_ref(&message), inner).await?;
    Ok((message, (turn.id, turn.state)))
}

/// The open turn that the message joins. `None` if it starts a new one.
///
/// # Errors
/// `conflict` under `reject` while a turn is open.
async fn joins(tx: &mut Tx, journal: &Journal, policy: Policy) -> Result<Option<Turn>> {
    Ok(match policy {
        Policy::Steer => journal.active().cloned(),
        Policy::Batch if journal.thread.run.queued > 0 => {
            store::turns::last_queued(tx, journal.thread.id).await?.filter(|t| t.policy == Policy::Batch)
        }
        Policy::Reject if journal.thread.run.is_open() => {
            return Err(Error::conflict(
                codes::THREAD_BUSY,
                "The thread has an open turn, and the message must not wait for it",
            ));
        }
        Policy::Queue | Policy::Batch | Policy::Interrupt | Policy::Reject => None,
    })
}

/// The place of a new turn that goes before waiting ones. Absent: the turn is last, at the place of its message in the
/// log.
///
/// # Errors
/// `rate_limited` if `most` turns are already waiting.
pub(crate) async fn place_ahead(tx: &mut Tx, journal: &mut Journal, policy: Policy, most: i64) -> Result<Option<i64>> {
    let thread = journal.thread.id;
    let first = journal.turns.iter().find(|t| t.state == State::Queued).map(|t| t.place);
    let Some(first) = first else { return if most > 0 { Ok(None) } else { Err(Error::rate_limited(5)) } };
    // Each waiting turn has an entry after the first one's. Counting is only needed if there are enough entries.
    let may_be_full = journal.thread.last_seq - first >= most - 1;
    if may_be_full && store::turns::count_queued(tx, thread).await? >= most {
        return Err(Error::rate_limited(5));
    }
    if policy != Policy::Interrupt {
        return Ok(None);
    }
    // No place is free between the running turn and the waiting ones, and pages of turns need distinct places. The last
    // turn moves no further than the entry of the new message.
    store::turns::make_room(tx, thread).await?;
    journal.turns.iter_mut().filter(|t| t.state == State::Queued).for_each(|t| t.place += 1);
    Ok(Some(first))
}

/// A new turn.
pub(crate) struct Begin {
    pub(crate) turn: TurnId,
    pub(crate) place: i64,
    pub(crate) policy: Policy,
    pub(crate) controls: Controls,
    pub(crate) agent: Agent,
}

impl Begin {
    /// Creates the turn that answers `messages` (at least one, oldest first). If it is the thread's next turn, a free
    /// worker takes it at once.
    pub(crate) async fn write(
        self,
        tx: &mut Tx,
        journal: &mut Journal,
        messages: &[Message],
        inner: &Arc<Inner>,
    ) -> Result<Turn> {
        let Self { turn: id, place, policy, controls, agent } = self;
        let mut turn = Turn {
            id,
            project: journal.thread.project,
            thread: journal.thread.id,
            agent: agent.id,
            state: State::Queued,
            place,
            policy,
            attempt: 0,
            worker: None,
            due_at: None,
            controls,
            first_seq: messages.first().map_or(journal.thread.last_seq, |first| first.seq),
            created_at: journal.now,
            started_at: None,
            ended_at: None,
            reason: None,
            spent: Spent::default(),
        };
        journal.note(&turn);
        let is_next = journal.next_turn().is_some_and(|t| t.id == id);
        if is_next && external::for_turn(tx, &turn, &agent, inner).await? {
            store::turns::insert(tx, &turn).await?;
            return Ok(turn);
        }
        let permit = if is_next { inner.workers.free(&agent) } else { None };
        match permit {
            Some(permit) => {
                let run = claim::take(tx, journal, &mut turn, messages, agent, permit, inner).await?;
                claim::start_on_commit(tx, inner, run);
            }
            None if is_next => {
                turn.due_at = Some(journal.now);
                journal.note(&turn);
                claim::ring_on_commit(tx, inner);
            }
            None => {}
        }
        store::turns::insert(tx, &turn).await?;
        Ok(turn)
    }
}
