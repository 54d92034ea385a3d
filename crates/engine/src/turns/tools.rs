//! Runs the tool calls of an agent's message.

use std::{sync::Arc, time::Duration};

use domain::{
    Kept, Result,
    agent::{Tool, ToolKind},
    message::{ToolCall, ToolResult},
    turn,
};
use store::{Operation, Tx};
use tokio::{task::JoinSet, time::Instant};

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
    telemetry::{Ran, Span},
};

/// Runs the server's calls in parallel, and stores each result as it arrives. The consequence of the last one, the next
/// step or the wait for a client, is stored with it.
pub(super) async fn call(run: &Run, calls: Vec<ToolCall>, repeated: bool, inner: &Arc<Inner>) -> Result<After, Halt> {
    let mut running = JoinSet::new();
    for call in calls.into_iter().filter(|call| !run.progress.is_clients(call)) {
        let tool = run.agent.settings.tool(&call.name).cloned();
        let longest = Duration::from_secs(inner.limits.tool_s);
        let is_built_in = run.progress.is_built_in(&call);
        running.spawn(async move {
            match is_built_in {
                true => (call, None, 0),
                false => invoke(tool, call, repeated, longest).await,
            }
        });
    }
    while let Some(done) = running.join_next().await {
        let (call, result, duration_ms) = done.map_err(domain::Error::internal)?;
        let failed = result.as_ref().is_some_and(|result| result.error.is_some());
        trace(run, &call, failed, duration_ms, inner);
        let written = ToolDone { inner: inner.clone(), run: run.clone(), call, result, duration_ms };
        match persist(inner, written).await?.ok_or(Halt::Fenced)? {
            Some(after) => return Ok(after),
            None => continue,
        }
    }
    Ok(After::Done)
}

/// Notes the span of a call that the server has run.
fn trace(run: &Run, call: &ToolCall, failed: bool, duration_ms: i64, inner: &Inner) {
    inner.telemetry.take(|| {
        let ended_at = inner.clock.now();
        let begun_at = ended_at.plus_us(-duration_ms * 1_000);
        Span::of_tool(&Ran { turn: &run.turn, id: &call.id, name: &call.name, begun_at, ended_at, failed })
    });
}

/// Runs one call. A call that may have run and is not safe to repeat is skipped.
async fn invoke(
    tool: Option<Tool>,
    call: ToolCall,
    repeated: bool,
    longest: Duration,
) -> (ToolCall, Option<ToolResult>, i64) {
    let begun = Instant::now();
    let outcome = match tool {
        // The model wrote something else, which is kept as its text.
        _ if call.arguments.is_string() => Err(format!("The arguments are not a JSON object: {}", call.arguments)),
        None => Err(format!("There is no tool named {}", call.name)),
        Some(tool) if repeated && !(tool.repeat_safe && tool.kind == ToolKind::Scripted) => Err(
            "Outcome unknown: this call may have run before the server was interrupted, and it is not safe to repeat"
                .into(),
        ),
        Some(tool) => scripted(&tool, &call, longest).await,
    };
    let (result, error) = match outcome {
        Ok(result) => (Some(result), None),
        Err(error) => (None, Some(error)),
    };
    let result = ToolResult { tool_call_id: call.id.clone(), result, error };
    (call, Some(result), begun.elapsed().as_millis() as i64)
}

async fn scripted(tool: &Tool, call: &ToolCall, longest: Duration) -> Result<Kept, String> {
    let delay = Duration::from_millis(tool.delay_ms.unwrap_or(0));
    tokio::time::sleep(delay.min(longest)).await;
    if delay > longest {
        return Err(format!("The tool did not end within {} seconds", longest.as_secs()));
    }
    match (&tool.error, &tool.result) {
        (Some(error), _) => Err(error.clone()),
        (None, Some(result)) => Ok(result.clone()),
        (None, None) => Ok(call.arguments.clone()),
    }
}

/// Stores one result.
#[derive(Clone)]
struct ToolDone {
    inner: Arc<Inner>,
    run: Run,
    call: ToolCall,
    /// Absent for a built-in tool, which runs in this transaction.
    result: Option<ToolResult>,
    duration_ms: i64,
}

impl Operation for ToolDone {
    /// Outer `None`: the attempt no longer holds the turn. Inner `None`: other calls of the server still run.
    type Out = Option<Option<After>>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, mut run, call, result, duration_ms } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, run.turn.project, run.turn.thread, now).await? else {
            return Ok(None);
        };
        let Some(turn) = journal.held(&run.turn) else { return Ok(None) };
        run.turn = turn;
        let open = open_calls(tx, &run).await?;
        let left: Vec<&ToolCall> = open.iter().filter(|c| c.id != call.id).collect();
        if left.len() < open.len() {
            match result {
                Some(result) => {
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
