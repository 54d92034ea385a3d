//! Taking hold of a turn. The thread is locked: whoever claims has seen that no other turn of it runs.

use std::sync::Arc;

use domain::{
    Error, MessageId, Result, TurnId,
    agent::Agent,
    event::Event,
    message::{Message, ToolCall},
    turn::{self, Next, State, Turn},
};
use store::{Operation, Tx};

use super::{Run, progress::Progress, shown};
use crate::{inner::Inner, journal::Journal, reschedule::PUT_OFF_S, workers::Permit};

/// What a held turn does next.
#[derive(Clone, Debug)]
pub(crate) enum Do {
    Ask(Step),
    Tools {
        calls: Vec<ToolCall>,
        /// A dead attempt may have run them.
        repeated: bool,
    },
    /// It has made as many calls of the model as it may.
    Stop {
        reason: String,
    },
}

/// One call of the model, as `step.started` has announced it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// 1 for the turn's first.
    pub(crate) number: u32,
    /// How far the log is read for it.
    pub(crate) reads: i64,
    /// The id that the answer will have.
    pub(crate) message: MessageId,
    /// The turn's messages as far as it reads, where they are at hand.
    pub(crate) input: Option<Arc<[Message]>>,
}

/// Takes hold of `turn`: a new attempt, a lease, and the entries that say so. `own` are the turn's messages.
/// The caller writes the turn and starts the run once that is committed.
pub(crate) async fn take(
    tx: &mut Tx,
    journal: &mut Journal,
    turn: &mut Turn,
    own: &[Message],
    agent: Agent,
    permit: Permit,
    inner: &Arc<Inner>,
) -> Result<Run> {
    let (first, dead) = (turn.attempt == 0, turn.worker.is_some());
    let now = journal.now;
    turn.state = State::Running;
    turn.attempt += 1;
    turn.worker = Some(inner.workers.id);
    turn.due_at = Some(now.plus_s(inner.limits.lease_s as i64));
    // The time of its first entry: by it the transcripts of later turns are in running order.
    let started_at = *turn.started_at.get_or_insert(journal.next_at());
    journal.note(turn);
    let mut progress = Progress { started_at, ..Progress::default() };
    let next = if first {
        let input = own.first().map(|m| m.id);
        journal.append(Some(turn.id), Event::TurnStarted { attempt: turn.attempt, input });
        Next::Ask
    } else {
        let entries = store::events::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
        progress = Progress::of(&entries, started_at);
        let paused = !dead && progress.is_asking;
        if dead || paused {
            let dropped_chars = shown::discard(tx, turn.thread).await?;
            journal.append(Some(turn.id), Event::TurnAttempt { attempt: turn.attempt, dropped_chars, paused });
        }
        progress.tries += u32::from(paused);
        turn::next(own, progress.reads)
    };
    let mut next = match next {
        Next::Tools(calls) => Do::Tools { calls, repeated: dead },
        Next::Ask => next_step(journal, turn, &agent, progress.steps + 1, inner),
        Next::Complete => {
            return Err(Error::internal(format!("turns: {} is open and has nothing left to do", turn.id)));
        }
    };
    if let Do::Ask(step) = &mut next {
        step.input = Some(own.into());
    }
    Ok(Run { turn: turn.clone(), agent: Arc::new(agent), progress, next, permit })
}

/// Announces the next step, unless the turn has had as many as it may.
pub(crate) fn next_step(journal: &mut Journal, turn: &Turn, agent: &Agent, number: u32, inner: &Arc<Inner>) -> Do {
    let most = agent.settings.max_steps.map_or(inner.limits.steps, u64::from);
    if u64::from(number) > most {
        return Do::Stop { reason: format!("the turn has made {most} model calls, which is its limit") };
    }
    Do::Ask(begin_step(journal, turn, agent, number, inner))
}

/// Announces the turn's next call of the model.
pub(crate) fn begin_step(journal: &mut Journal, turn: &Turn, agent: &Agent, number: u32, inner: &Arc<Inner>) -> Step {
    let controls = turn.controls.clone().over(&agent.settings.controls);
    let step = Step { number, reads: journal.thread.last_seq, message: MessageId(inner.clock.id()), input: None };
    let event = Event::StepStarted {
        attempt: turn.attempt,
        step: number,
        reads: step.reads,
        message: step.message,
        thinks: controls.reasoning.is_some_and(|r| r.thinks()),
        model: Some(agent.settings.model_for(&controls)),
    };
    journal.append(Some(turn.id), event);
    step
}

/// Who runs a thread's next turn when one has ended.
#[derive(Clone)]
pub(crate) enum Successor {
    /// The worker of the one that has ended, unless others wait for its place.
    Same(Permit),
    /// Whoever becomes free later.
    Later,
}

impl Successor {
    fn permit(self, inner: &Inner) -> Option<Permit> {
        match self {
            Self::Same(permit) => Some(permit).filter(|permit| !inner.workers.is_closed() && !permit.is_wanted()),
            Self::Later => None,
        }
    }
}

/// Begins the thread's next queued turn, if no turn of it runs; without a worker it is left for whoever becomes free.
pub(crate) async fn advance(
    tx: &mut Tx,
    journal: &mut Journal,
    successor: Successor,
    inner: &Arc<Inner>,
) -> Result<()> {
    let Some(mut turn) = journal.next_turn().cloned() else { return Ok(()) };
    let agent = match successor {
        Successor::Later => None,
        _ => store::agents::of_thread(tx, turn.project, turn.agent, turn.thread).await?,
    };
    match agent.and_then(|agent| Some((successor.permit(inner)?, agent))) {
        Some((permit, agent)) => {
            let own = store::messages::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
            let run = take(tx, journal, &mut turn, &own, agent, permit, inner).await?;
            store::turns::save(tx, &turn).await?;
            start_on_commit(tx, inner, run);
        }
        // Of no agent: whoever comes to it says so, and what has come before it ends all the same.
        None => {
            turn.due_at = Some(journal.now);
            journal.note(&turn);
            store::turns::save(tx, &turn).await?;
            ring_on_commit(tx, inner);
        }
    }
    Ok(())
}

async fn agent_of(tx: &mut Tx, turn: &Turn) -> Result<Agent> {
    let found = store::agents::of_thread(tx, turn.project, turn.agent, turn.thread).await?;
    found.ok_or_else(|| Error::internal(format!("turns.agent_id of {} names no agent: {}", turn.id, turn.agent)))
}

pub(crate) fn start_on_commit(tx: &mut Tx, inner: &Arc<Inner>, run: Run) {
    let inner = inner.clone();
    tx.on_commit(move || run.start(&inner));
}

pub(crate) fn ring_on_commit(tx: &mut Tx, inner: &Arc<Inner>) {
    let inner = inner.clone();
    tx.on_commit(move || inner.workers.backlog.notify_one());
}

/// Claims one turn that is due: queued and next in its thread, released, or left by a worker that died.
#[derive(Clone)]
pub(crate) struct ClaimDue {
    pub(crate) inner: Arc<Inner>,
    pub(crate) turn: TurnId,
    pub(crate) thread: domain::ThreadId,
    pub(crate) project: domain::ProjectId,
    pub(crate) permit: Permit,
}

impl Operation for ClaimDue {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { inner, turn, thread, project, permit } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, project, thread, now).await? else {
            // The thread was deleted, and its turns with it; should one have stayed, it is in nobody's way.
            return store::turns::put_off(tx, turn, now, now.plus_s(PUT_OFF_S)).await.map(drop);
        };
        let Some(mut turn) = store::turns::find_in_thread(tx, thread, turn).await? else { return Ok(()) };
        let due = turn.due_at.is_some_and(|at| at <= now);
        let mine = match turn.state {
            State::Queued => journal.next_turn().is_some_and(|t| t.id == turn.id),
            State::Running => true,
            _ => false,
        };
        if !due {
            return Ok(());
        }
        if !mine {
            // Another turn has come before it; whatever ends that one makes this one due again.
            turn.due_at = None;
            return store::turns::save(tx, &turn).await;
        }
        if turn.worker == Some(inner.workers.id) && inner.workers.holds(turn.id) {
            // The lease ran out because nothing could be written for so long, or the machine slept. The task lives and knows
            // what it has done: to take over from it would throw that away.
            turn.due_at = Some(now.plus_s(inner.limits.lease_s as i64));
            return store::turns::save(tx, &turn).await;
        }
        if turn.worker.is_some() {
            tracing::warn!(turn = %turn.id, thread = %thread, attempt = turn.attempt, "the turn's worker is gone, taking over");
        }
        let own = store::messages::of_turn(tx, thread, turn.id, turn.first_seq).await?;
        let agent = agent_of(tx, &turn).await?;
        inner.workers.meet(&agent);
        let run = take(tx, &mut journal, &mut turn, &own, agent, permit, &inner).await?;
        store::turns::save(tx, &turn).await?;
        start_on_commit(tx, &inner, run);
        journal.write(tx, &inner).await.map(drop)
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}
