//! Runs the tool calls of an agent's message.

mod http;
mod invoke;
mod outcome;

use std::sync::Arc;

use domain::{Result, message::ToolCall, turn};
use store::{Operation, Tx};
use tokio::{sync::Semaphore, task::JoinSet};

pub(super) use self::invoke::refusal;
use self::{
    invoke::{Invoking, Ran},
    outcome::Told,
};
use super::{
    built_in::{self, Calling},
    results,
    run::{After, Halt, Run},
    said,
};
use crate::{
    inner::Inner,
    journal::Journal,
    persist::persist,
    telemetry::{self, Span},
};

/// Runs the server's calls in parallel, and stores each result as it arrives. The consequence of the last one, the next
/// step or the wait for a client, is stored with it.
pub(super) async fn call(run: &Run, calls: Vec<ToolCall>, repeated: bool, inner: &Arc<Inner>) -> Result<After, Halt> {
    let at_once = Arc::new(Semaphore::new(usize::try_from(inner.limits.tools_at_once).unwrap_or(1).max(1)));
    let mut running = JoinSet::new();
    for call in calls.into_iter().filter(|call| !run.progress.is_clients(call)) {
        if run.progress.is_built_in(&call) {
            running.spawn(async move { Ran { call, told: None, duration_ms: 0 } });
            continue;
        }
        let tool = run.agent.settings.tool(&call.name).cloned();
        let invoking = Invoking { inner: inner.clone(), turn: run.turn.clone(), tool, call, repeated };
        let (agent, at_once) = (run.agent.clone(), at_once.clone());
        running.spawn(async move {
            let _place = at_once.acquire_owned().await;
            invoking.run(agent).await
        });
    }
    while let Some(done) = running.join_next().await {
        let ran = done.map_err(domain::Error::internal)?;
        trace(run, &ran, inner);
        let written = ToolDone { inner: inner.clone(), run: run.clone(), ran };
        match persist(inner, written).await?.ok_or(Halt::Fenced)? {
            Some(after) => return Ok(after),
            None => continue,
        }
    }
    Ok(After::Done)
}

/// Notes the span of a call that the server has run.
fn trace(run: &Run, ran: &Ran, inner: &Inner) {
    inner.telemetry.take(|| {
        let ended_at = inner.clock.now();
        let begun_at = ended_at.plus_us(-ran.duration_ms * 1_000);
        let failed = ran.told.as_ref().is_some_and(|told| told.result.error.is_some());
        let (id, name) = (&ran.call.id, &ran.call.name);
        Span::of_tool(&telemetry::Ran { turn: &run.turn, id, name, begun_at, ended_at, failed })
    });
}

/// Stores one result.
#[derive(Clone)]
struct ToolDone {
    inner: Arc<Inner>,
    run: Run,
    ran: Ran,
}

impl Operation for ToolDone {
    /// Outer `None`: the attempt no longer holds the turn. Inner `None`: other calls of the server still run.
    type Out = Option<Option<After>>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, mut run, ran: Ran { call, told, duration_ms } } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, run.turn.project, run.turn.thread, now).await? else {
            return Ok(None);
        };
        let Some(turn) = journal.held(&run.turn) else { return Ok(None) };
        run.turn = turn;
        let open = open_calls(tx, &run).await?;
        let left: Vec<&ToolCall> = open.iter().filter(|c| c.id != call.id).collect();
        if left.len() < open.len() {
            match told {
                Some(Told { result, whole }) => {
                    if let Some(whole) = &whole {
                        journal.growth.attachment(whole);
                        store::attachments::insert(tx, whole).await?;
                    }
                    let (turn, took) = (&run.turn, Some(duration_ms));
                    results::add(&mut journal, turn, &call.name, result, took, left.is_empty(), &inner);
                }
                None => {
                    let calling = Calling { turn: &run.turn, agent: &run.agent };
                    built_in::run(tx, &mut journal, calling, &call, left.is_empty(), &inner).await?;
                }
            }
        }
        // The tool has silenced the agent, and the turn is over.
        let after = if journal.thread.people.is_silent() {
            Some(After::Done)
        } else if left.is_empty() {
            Some(said::next_step(&mut journal, run, &inner))
        } else if left.iter().all(|c| run.progress.is_clients(c)) {
            said::wait(tx, &mut journal, run).await?;
            Some(After::Done)
        } else {
            None
        };
        journal.write(tx, &inner).await?;
        Ok(Some(after))
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}

async fn open_calls(tx: &mut Tx, run: &Run) -> Result<Vec<ToolCall>> {
    let turn = &run.turn;
    let own = store::messages::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
    Ok(turn::open_calls(&own))
}
