//! Accepts results of tools that the client runs.

use std::{collections::HashSet, sync::Arc};

use domain::{
    Caller, Error, Result, ThreadId, TurnId,
    caller::Scope,
    codes,
    message::{ToolCall, ToolResult},
    turn::{self, Next, State},
};
use store::{Operation, Tx};

use crate::{
    App,
    app::access::bounds,
    inner::Inner,
    journal::Journal,
    turns::{claim, external, progress::Progress, results},
};

/// The outcome of accepting results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub turn: TurnId,
    pub accepted: usize,
    /// Number of calls that still wait for a result.
    pub open: usize,
}

impl App {
    pub(crate) fn submitting(&self, caller: &Caller, thread: ThreadId, results: Vec<ToolResult>) -> Result<Submit> {
        caller.require_of_agent(Scope::Write)?;
        if results.is_empty() {
            return Err(Error::field("results", "must hold at least one result"));
        }
        let inner = self.inner().clone();
        Ok(Submit { inner, caller: caller.clone(), thread, results })
    }
}

pub(crate) struct Submit {
    inner: Arc<Inner>,
    caller: Caller,
    thread: ThreadId,
    results: Vec<ToolResult>,
}

impl Operation for Submit {
    type Out = Accepted;

    async fn run(self, tx: &mut Tx) -> Result<Accepted> {
        let Self { inner, caller, thread, results } = self;
        bounds::check(tx, &caller, thread).await?;
        let mut journal = Journal::named(tx, caller.project, thread, inner.clock.now()).await?;
        journal.growth.exempt();
        let not_waiting = || Error::conflict(codes::NOT_WAITING, "The thread is not waiting for tool results");
        let mut turn = journal.active().cloned().ok_or_else(not_waiting)?;
        let agent = store::agents::of_thread(tx, turn.project, turn.agent, thread).await?.ok_or_else(not_waiting)?;
        let mut own = store::messages::of_turn(tx, thread, turn.id, turn.first_seq).await?;
        let Next::Tools(mut open) = turn::next(&own, None) else { return Err(not_waiting()) };
        // A waiting turn waits only for the client. For a running turn, the log tells which calls were announced as the
        // client's.
        let running = match turn.state {
            State::Waiting => None,
            _ => {
                let entries = store::events::of_turn(tx, thread, turn.id, turn.first_seq).await?;
                Some(Progress::of(&entries, journal.now))
            }
        };
        let is_clients = |call: &ToolCall| running.as_ref().is_none_or(|progress| progress.is_clients(call));
        if !open.iter().any(is_clients) {
            return Err(not_waiting());
        }
        let (accepted, mut seen) = (results.len(), HashSet::new());
        for (i, result) in results.into_iter().enumerate() {
            let at = open.iter().position(|c| c.id == result.tool_call_id && is_clients(c));
            let at = at.filter(|_| seen.insert(result.tool_call_id.clone())).ok_or_else(|| {
                Error::field(format!("results.{i}.tool_call_id"), "must name a call that waits for a result")
            })?;
            let call = open.remove(at);
            // A result counts for every open call with its id, as in `turn::next`.
            open.retain(|c| c.id != call.id);
            own.push(results::add(&mut journal, &turn, &call.name, result, None, open.is_empty(), &inner));
        }
        if open.is_empty() && turn.state == State::Waiting && external::offer(tx, &turn, &agent, &inner).await? {
            turn.state = State::Running;
            journal.note(&turn);
            store::turns::save(tx, &turn).await?;
        } else if open.is_empty() && turn.state == State::Waiting {
            match inner.workers.free(&agent) {
                Some(permit) => {
                    let run = claim::take(tx, &mut journal, &mut turn, &own, agent, permit, &inner).await?;
                    claim::start_on_commit(tx, &inner, run);
                }
                None => {
                    turn.state = State::Running;
                    turn.due_at = Some(journal.now);
                    journal.note(&turn);
                    claim::ring_on_commit(tx, &inner);
                }
            }
            store::turns::save(tx, &turn).await?;
        }
        let id = turn.id;
        journal.write(tx, &inner).await?;
        Ok(Accepted { turn: id, accepted, open: open.len() })
    }
}
