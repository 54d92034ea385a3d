//! A program's claim of one offered turn.

use std::sync::Arc;

use domain::{
    KeyId, ProjectId, Result, ThreadId, Timestamp, TurnId, WorkerId,
    agent::{Agent, Kind},
    event::Event,
    external::{External, Hold, Left, Progress, Pushing},
    message::{Message, ToolCall, ToolResult},
    turn::{self, Next, State, Turn},
};
use store::{Operation, Tx};

use super::{
    budget::{self, Stop},
    offer::set_alarm,
};
use crate::{
    inner::Inner,
    journal::Journal,
    turns::{
        claim::{self, Successor},
        failing, progress,
        reserving::Asker,
        results, shown,
    },
};

/// The result of a call of a program that is gone.
const UNKNOWN: &str = "Outcome unknown: the agent's program ended before it reported a result";

/// The result of a call of a built-in tool that a model has left behind, before a program became the agent.
const NOT_RUN: &str = "The call did not run";

/// The worker of a turn whose program is gone.
const NOBODY: WorkerId = WorkerId(uuid::Uuid::nil());

/// The program that claims.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By {
    /// The one that has this key.
    Key(KeyId),
    /// The agent's endpoint, to which the server pushes the turn.
    Endpoint,
}

/// Claims one turn for a program.
#[derive(Clone)]
pub(crate) struct Take {
    pub(crate) inner: Arc<Inner>,
    pub(crate) project: ProjectId,
    pub(crate) by: By,
    pub(crate) thread: ThreadId,
    pub(crate) turn: TurnId,
}

/// A claimed turn.
pub(crate) struct Taken {
    pub(crate) turn: Turn,
    pub(crate) agent: Agent,
    /// The position up to which the program reads the log.
    pub(crate) reads: i64,
    pub(crate) lease_until: Timestamp,
    /// True if every message of the turn has its answer, so that only the turn's end is missing.
    pub(crate) is_answered: bool,
    /// The least that the turn's budgets leave.
    pub(crate) left: Left,
}

impl Operation for Take {
    /// `None`: the turn is no longer offered to this program.
    type Out = Option<Taken>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, project, by, thread, turn } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, project, thread, now).await? else {
            store::external_turns::delete(tx, project, turn).await?;
            return Ok(None);
        };
        let Some(mut row) = store::external_turns::find(tx, project, turn).await? else { return Ok(None) };
        let may = match by {
            By::Key(key) => store::key_agents::has(tx, project, key, row.agent).await?,
            By::Endpoint => row.pushing.at.is_some_and(|at| at <= now),
        };
        if row.offered_at.is_none() || !may {
            return Ok(None);
        }
        row.pushing.at = None;
        let Some((turn, agent)) = ready(tx, &journal, &row, &inner).await? else { return Ok(None) };
        if matches!(by, By::Endpoint) {
            row.pushing.tries += 1;
            if agent.settings.push.is_none() {
                // The endpoint was removed. Programs may still claim the turn.
                store::external_turns::save(tx, &row).await?;
                return Ok(None);
            }
        }
        let taken = take(tx, &mut journal, row, turn, agent, &inner).await?;
        journal.write(tx, &inner).await?;
        Ok(taken)
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}

/// The turn with its agent, if a program may claim it. Otherwise the offer ends.
pub(super) async fn ready(
    tx: &mut Tx,
    journal: &Journal,
    row: &External,
    inner: &Arc<Inner>,
) -> Result<Option<(Turn, Agent)>> {
    let turn = store::turns::find_in_thread(tx, row.thread, row.turn).await?;
    let Some(mut turn) = turn.filter(|turn| turn.state.is_open()) else {
        store::external_turns::delete(tx, row.project, row.turn).await?;
        return Ok(None);
    };
    let agent = claim::agent_of(tx, &turn).await?;
    if agent.settings.kind != Kind::External {
        // The agent was changed, and a model answers for it now.
        store::external_turns::delete(tx, row.project, row.turn).await?;
        if turn.state != State::Waiting {
            // As if a worker had died, so that nothing that may have run is repeated.
            turn.worker = (turn.state == State::Running).then_some(NOBODY);
            turn.due_at = Some(journal.now);
            store::turns::save(tx, &turn).await?;
            claim::ring_on_commit(tx, inner);
        }
        return Ok(None);
    }
    let is_next = turn.state != State::Queued || journal.next_turn().is_some_and(|next| next.id == turn.id);
    if turn.state == State::Waiting || !is_next {
        // A client's results, or the end of the turn before it, offer it again.
        let pushing = Pushing { at: None, ..row.pushing };
        let row = External { offered_at: None, alarm_at: None, pushing, ..row.clone() };
        store::external_turns::save(tx, &row).await?;
        return Ok(None);
    }
    Ok(Some((turn, agent)))
}

/// Starts an attempt. `None` if calls that only a client can run are still open.
async fn take(
    tx: &mut Tx,
    journal: &mut Journal,
    mut row: External,
    mut turn: Turn,
    agent: Agent,
    inner: &Arc<Inner>,
) -> Result<Option<Taken>> {
    let (first, now) = (turn.attempt == 0, journal.now);
    let mut own = store::messages::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
    let entries = store::events::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
    let known = progress::Progress::of(&entries, now);
    if !close_own(journal, &turn, &known, &mut own, inner) {
        return wait(tx, journal, &mut row, &mut turn).await.map(|()| None);
    }
    if !first {
        // A model's worker that died has left the sum of its calls in their rows alone.
        turn.spent = store::step_usage::of_turn(tx, turn.thread, turn.id, turn.started_at.unwrap_or(now)).await?;
    }
    let is_answered = turn::next(&own, known.reads) == Next::Complete;
    let asker = Asker::of(&own);
    let left = match budget::left(tx, &turn, (&agent, asker), now, inner).await? {
        Ok(left) => left,
        // Only the turn's end is missing, so no model is called.
        Err(_) if is_answered => Left::default(),
        Err(Stop { code, reason }) => {
            let progress = progress::Progress { spent: turn.spent, ..known };
            let failed = failing::Failed { code: code.to_string(), reason, progress };
            failing::write(tx, journal, &turn, &agent, failed, inner).await?;
            store::external_turns::delete(tx, turn.project, turn.id).await?;
            claim::advance(tx, journal, Successor::Offered, inner).await?;
            return Ok(None);
        }
    };
    (turn.state, turn.worker, turn.due_at) = (State::Running, None, None);
    turn.attempt += 1;
    turn.started_at.get_or_insert(journal.next_at());
    journal.note(&turn);
    if first {
        let input = own.first().map(|message| message.id);
        journal.append(Some(turn.id), Event::TurnStarted { attempt: turn.attempt, input });
    } else if row.progress.hold != Hold::Done {
        let dropped_chars = shown::discard(tx, turn.thread).await?;
        journal.append(Some(turn.id), Event::TurnAttempt { attempt: turn.attempt, dropped_chars, paused: false });
    }
    store::turns::save(tx, &turn).await?;
    let lease_until = now.plus_s(inner.limits.external_lease_s as i64);
    let reads = journal.thread.last_seq;
    (row.attempt, row.n, row.fingerprint, row.answer) = (turn.attempt, 0, None, None);
    row.progress = Progress { reads, ..Progress::default() };
    row.offered_at = None;
    set_alarm(tx, &mut row, lease_until, now, inner);
    store::external_turns::save(tx, &row).await?;
    Ok(Some(Taken { turn, agent, reads, lease_until, is_answered, left }))
}

/// Closes calls that a lost program ran. `false` if a client's calls are left.
fn close_own(
    journal: &mut Journal,
    turn: &Turn,
    known: &progress::Progress,
    own: &mut Vec<Message>,
    inner: &Arc<Inner>,
) -> bool {
    let Next::Tools(open) = turn::next(own, None) else { return true };
    let (clients, lost): (Vec<ToolCall>, Vec<ToolCall>) = open.into_iter().partition(|call| known.is_clients(call));
    for (i, call) in lost.iter().enumerate() {
        let error = if known.is_built_in(call) { NOT_RUN } else { UNKNOWN };
        let result = ToolResult { tool_call_id: call.id.clone(), result: None, error: Some(error.into()) };
        let is_last = clients.is_empty() && i + 1 == lost.len();
        own.push(results::add(journal, turn, &call.name, result, None, is_last, inner));
    }
    clients.is_empty()
}

/// Lets the turn wait for a client's results.
pub(super) async fn wait(tx: &mut Tx, journal: &mut Journal, row: &mut External, turn: &mut Turn) -> Result<()> {
    (turn.state, turn.worker, turn.due_at) = (State::Waiting, None, None);
    journal.note(turn);
    store::turns::save(tx, turn).await?;
    (row.offered_at, row.alarm_at, row.progress.hold) = (None, None, Hold::Done);
    store::external_turns::save(tx, row).await
}
