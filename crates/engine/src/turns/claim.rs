//! Claims turns. The thread is locked, and the claim has checked that no other turn of it runs.

use std::sync::Arc;

use domain::{
    Error, MessageId, Result, TurnId,
    agent::Agent,
    controls::Controls,
    event::Event,
    message::{Message, ToolCall},
    turn::{self, Next, State, Turn},
};
use store::{Operation, Tx};

use super::{Run, external, progress::Progress, reserving::Asker, shown};
use crate::{inner::Inner, journal::Journal, pools::Reserved, reschedule::RESCHEDULE_S, workers::Permit};

/// The next step of a claimed turn.
#[derive(Clone, Debug)]
pub(crate) enum Do {
    Ask(Step),
    Tools {
        calls: Vec<ToolCall>,
        /// True if a dead attempt may have run the calls.
        repeated: bool,
    },
    /// The turn has reached its limit of model calls.
    Stop {
        reason: String,
    },
}

/// One call of the model, as announced by `step.started`.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// 1 for the turn's first step.
    pub(crate) number: u32,
    /// The position up to which the model reads the log.
    pub(crate) reads: i64,
    /// The id of the coming answer.
    pub(crate) message: MessageId,
    /// The turn's messages up to `reads`, if they are available.
    pub(crate) input: Option<Arc<[Message]>>,
}

/// Claims `turn`: a new attempt, a lease, and the entries of both. `own` are the turn's messages. The caller stores the
/// turn, and starts the run after COMMIT.
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
    // The time of the turn's first entry, which orders the transcripts of later turns.
    let started_at = *turn.started_at.get_or_insert(journal.next_at());
    let Known { mut progress, paused, announced } = match first {
        true => Known { progress: Progress { started_at, ..Progress::default() }, paused: false, announced: None },
        false => Known::of(tx, journal, turn, dead, inner).await?,
    };
    turn.state = State::Running;
    turn.attempt += i64::from(announced.is_none());
    turn.worker = Some(inner.workers.id);
    turn.due_at = Some(now.plus_s(inner.limits.lease_s as i64));
    journal.note(turn);
    let changes = inner.catalogues.count();
    // Known from now on to the functions that cannot read the store.
    inner.catalogues.within(tx, turn.project).await?;
    let next = if first {
        let input = own.first().map(|m| m.id);
        journal.append(Some(turn.id), Event::TurnStarted { attempt: turn.attempt, input });
        Next::Ask
    } else {
        if dead {
            progress.asking_since = None;
        }
        if dead || paused {
            let dropped_chars = shown::discard(tx, turn.thread).await?;
            journal.append(Some(turn.id), Event::TurnAttempt { attempt: turn.attempt, dropped_chars, paused });
        }
        progress.tries += u32::from(paused);
        match turn::next(own, progress.reads) {
            // The model paused its answer, and reads nothing new.
            Next::Complete if progress.is_asking => Next::Ask,
            next => next,
        }
    };
    let mut next = match (next, announced) {
        (Next::Tools(calls), _) => Do::Tools { calls, repeated: dead },
        (Next::Ask, Some(step)) => Do::Ask(step),
        (Next::Ask, None) => next_step(journal, turn, &agent, progress.steps + 1, inner),
        (Next::Complete, _) => {
            return Err(Error::internal(format!("turns: {} is open and has nothing left to do", turn.id)));
        }
    };
    if let Do::Ask(step) = &mut next {
        step.input = Some(own.into());
    }
    let asker = Asker::of(own);
    let (turn, agent) = (turn.clone(), Arc::new(agent));
    Ok(Run { turn, agent, progress, next, permit, changes, asker, reserved: Reserved::default() })
}

/// The log of a turn that was claimed before.
struct Known {
    progress: Progress,
    /// True if the turn was released after a failed call.
    paused: bool,
    /// The announced step, if the turn was released without a failed call and nothing has happened since. The same attempt
    /// goes on with it, and readers are told nothing.
    announced: Option<Step>,
}

impl Known {
    async fn of(tx: &mut Tx, journal: &Journal, turn: &Turn, dead: bool, inner: &Inner) -> Result<Self> {
        let started_at = turn.started_at.unwrap_or(turn.created_at);
        let entries = store::events::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
        let mut progress = Progress::of(&entries, started_at);
        progress.spent = store::step_usage::of_turn(tx, turn.thread, turn.id, started_at).await?;
        let is_held_back = !dead && inner.workers.is_held_back(turn.id);
        let paused = !dead && progress.is_asking && !is_held_back;
        let goes_on = is_held_back && progress.is_asking;
        let newest = journal.thread.last_seq;
        let announced = progress.announced.take().filter(|(seq, _)| goes_on && *seq == newest);
        Ok(Self { progress, paused, announced: announced.map(|(_, step)| step) })
    }
}

/// Announces the next step, unless the turn has reached its limit.
pub(crate) fn next_step(journal: &mut Journal, turn: &Turn, agent: &Agent, number: u32, inner: &Arc<Inner>) -> Do {
    match beyond_steps(agent, number, inner) {
        Some(most) => Do::Stop { reason: format!("the turn has reached its limit of {most} model calls") },
        None => Do::Ask(begin_step(journal, turn, agent, number, inner)),
    }
}

/// The limit of steps, if the step with this number is beyond it.
pub(super) fn beyond_steps(agent: &Agent, number: u32, inner: &Inner) -> Option<u64> {
    let most = agent.settings.max_steps.map_or(inner.limits.steps, u64::from);
    (u64::from(number) > most).then_some(most)
}

/// Announces the turn's next model call.
pub(crate) fn begin_step(journal: &mut Journal, turn: &Turn, agent: &Agent, number: u32, inner: &Arc<Inner>) -> Step {
    let controls = turn.controls.clone().over(&agent.settings.controls);
    let (reads, model) = (journal.thread.last_seq, inner.model_for(turn.project, &agent.settings, &controls));
    let reasoning = controls.reasoning.map(|word| inner.lowered(turn.project, &model, word));
    let controls = Controls { reasoning, ..controls };
    let message = announce(journal, turn, &controls, (number, reads), Some(model), inner);
    Step { number, reads, message, input: None }
}

/// Announces the step with this number, which reads the log up to the position. Returns the id of the coming message.
pub(super) fn announce(
    journal: &mut Journal,
    turn: &Turn,
    controls: &Controls,
    (step, reads): (u32, i64),
    model: Option<String>,
    inner: &Inner,
) -> MessageId {
    let message = MessageId(inner.clock.id());
    let thinks = controls.reasoning.is_some_and(|reasoning| reasoning.thinks());
    let event = Event::StepStarted { attempt: turn.attempt, step, reads, message, thinks, model };
    journal.append(Some(turn.id), event);
    message
}

/// The worker of a thread's next turn.
#[derive(Clone)]
pub(crate) enum Successor {
    /// The worker of the ended turn, unless others wait for its place.
    Same(Permit),
    /// No worker: an external agent's turn is offered, and any other waits for a free worker.
    Offered,
    /// Any worker that becomes free later.
    Later,
}

impl Successor {
    fn permit(self, inner: &Inner) -> Option<Permit> {
        match self {
            Self::Same(permit) => Some(permit).filter(|permit| !inner.workers.is_closed() && !permit.is_wanted()),
            Self::Offered | Self::Later => None,
        }
    }
}

/// Starts the thread's next queued turn, if no turn of it runs. Without a worker, the turn waits for a free one.
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
    if let Some(agent) = &agent
        && external::offer(tx, &turn, agent, inner).await?
    {
        return Ok(());
    }
    match agent.and_then(|agent| Some((successor.permit(inner)?, agent))) {
        Some((permit, agent)) => {
            let own = store::messages::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
            let run = take(tx, journal, &mut turn, &own, agent, permit, inner).await?;
            store::turns::save(tx, &turn).await?;
            start_on_commit(tx, inner, run);
        }
        // The agent is missing. The claim of the turn reports it, and the present turn still ends.
        None => {
            turn.due_at = Some(journal.now);
            journal.note(&turn);
            store::turns::save(tx, &turn).await?;
            ring_on_commit(tx, inner);
        }
    }
    Ok(())
}

pub(super) async fn agent_of(tx: &mut Tx, turn: &Turn) -> Result<Agent> {
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

/// Claims one due turn: queued and next in its thread, released, or left by a dead worker.
#[derive(Clone)]
pub(crate) struct ClaimDue {
    pub(crate) inner: Arc<Inner>,
    pub(crate) turn: TurnId,
    pub(crate) thread: domain::ThreadId,
    pub(crate) project: domain::ProjectId,
    pub(crate) permit: Permit,
    /// The place at its provider that the turn has waited for. With it, the turn need not be due.
    pub(crate) reserved: Option<Reserved>,
}

impl Operation for ClaimDue {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { inner, turn, thread, project, permit, reserved } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, project, thread, now).await? else {
            // The thread was deleted with its turns. A remaining turn must not block others.
            return store::turns::reschedule(tx, turn, now, now.plus_s(RESCHEDULE_S)).await.map(drop);
        };
        let Some(mut turn) = store::turns::find_in_thread(tx, thread, turn).await? else { return Ok(()) };
        let is_free = reserved.is_some() && turn.worker.is_none();
        let due = is_free || turn.due_at.is_some_and(|at| at <= now);
        let mine = match turn.state {
            State::Queued => journal.next_turn().is_some_and(|t| t.id == turn.id),
            State::Running => true,
            _ => false,
        };
        if !due {
            return Ok(());
        }
        if !mine {
            // Another turn came first. Its end makes this one due again.
            turn.due_at = None;
            return store::turns::save(tx, &turn).await;
        }
        if turn.worker == Some(inner.workers.id) && inner.workers.holds(turn.id) {
            // The lease expired because no write succeeded for a while, or the machine slept. The task lives and knows
            // its progress, which a takeover would lose.
            turn.due_at = Some(now.plus_s(inner.limits.lease_s as i64));
            return store::turns::save(tx, &turn).await;
        }
        if turn.worker.is_some() {
            tracing::warn!(turn = %turn.id, thread = %thread, attempt = turn.attempt, "the turn's worker is gone, taking over");
        }
        let agent = agent_of(tx, &turn).await?;
        if external::offer(tx, &turn, &agent, &inner).await? {
            (turn.worker, turn.due_at) = (None, None);
            return store::turns::save(tx, &turn).await;
        }
        let own = store::messages::of_turn(tx, thread, turn.id, turn.first_seq).await?;
        inner.workers.meet(&agent);
        let mut run = take(tx, &mut journal, &mut turn, &own, agent, permit, &inner).await?;
        run.reserved = reserved.unwrap_or_default();
        store::turns::save(tx, &turn).await?;
        start_on_commit(tx, &inner, run);
        journal.write(tx, &inner).await.map(drop)
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}
