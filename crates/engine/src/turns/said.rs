//! A finished step: the model's complete answer, and its consequences.

use std::sync::Arc;

use domain::{
    Result, ThreadId,
    agent::ToolKind,
    event::Event,
    message::{Body, Part, Role, ToolCall, tool_calls},
    step::{Record, Stop, Warning},
    turn::State,
};
use providers::End;
use store::{Operation, Tx};

use super::{
    built_in,
    calling::Asked,
    claim::{self, Do, Step, Successor},
    end::{self, Ending},
    run::{After, Halt, Run},
    saying::Answer,
    spending::Used,
    tools,
};
use crate::{inner::Inner, journal::Journal};

/// Stores the answer, and returns the turn's next work. `shown` tells whether deltas of the answer were written.
pub(super) async fn say(run: &Run, step: Step, answer: Answer, shown: bool, inner: &Arc<Inner>) -> Result<After, Halt> {
    // Schemas are compared before the transaction, because one may take long.
    let is_refused = |call: &ToolCall| tools::refusal(&run.agent.settings, call).is_some();
    let refused: Arc<[bool]> = tool_calls(&answer.parts).map(is_refused).collect();
    let say = |goes_on: bool| {
        let next = if goes_on { Successor::Same(run.permit.clone()) } else { Successor::Later };
        let (run, step, answer, refused) = (run.clone(), step.clone(), answer.clone(), refused.clone());
        Say { inner: inner.clone(), run, step, answer, refused, shown, next }
    };
    end::persist_end(inner, run.turn.id, say).await?.ok_or(Halt::Fenced)
}

/// Stores a finished step and its consequence: tool calls, another step, or the end of the turn and the start of the
/// next.
#[derive(Clone)]
struct Say {
    inner: Arc<Inner>,
    run: Run,
    step: Step,
    answer: Answer,
    /// For each call, whether it does not run.
    refused: Arc<[bool]>,
    shown: bool,
    /// For the thread's next turn.
    next: Successor,
}

impl Operation for Say {
    /// `None`: the attempt no longer holds the turn.
    type Out = Option<After>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, mut run, step, mut answer, refused, shown, next } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, run.turn.project, run.turn.thread, now).await? else {
            return Ok(None);
        };
        let Some(turn) = journal.held(&run.turn) else { return Ok(None) };
        // A takeover has removed the deltas of dead attempts, so all deltas belong to this answer.
        match shown {
            true => journal.prune_deltas(tx).await?,
            false => journal.has_no_deltas(),
        }
        name_calls(tx, run.turn.thread, &mut answer.parts).await?;
        // The only later entry is the step's own announcement.
        let unread = journal.thread.last_seq > step.reads + 1;
        run.progress.is_paused = answer.end.as_ref().is_some_and(|end| end.stop == Stop::Pause);
        let end = answer.end.take();
        let warnings = std::mem::take(&mut answer.warnings);
        let asked = answer.asked.as_ref().zip(end.as_ref());
        let record = asked.map(|(asked, end)| Box::new(record(&run, asked, end, warnings)));
        // Beside the first answer alone. The calls that came before are counted in the head, so nothing is read.
        let is_first = journal.thread.spent.calls == 0;
        let missing = answer.asked.as_ref().and_then(Asked::missing).filter(|_| is_first).map(str::to_owned);
        let mut body = Body { reads: unread.then_some(step.reads), ..body(&run, answer, &inner) };
        let calls: Vec<ToolCall> = body.tool_calls().cloned().collect();
        body.built_in = built_in::among(&calls, &run.agent.settings);
        let author = (Role::Agent, turn.author());
        let used = record.as_ref().map(|record| Used::of(record));
        let said = journal.say(Some(turn.id), Event::MessageCompleted { record }, step.message, author, body);
        if let Some(used) = used {
            used.charge(&mut journal, &mut run, said.at, &inner);
        }
        if let Some(model) = missing {
            journal.append(Some(turn.id), Event::ModelMissing { model });
        }
        if let Some(blocks) = end.and_then(|end| end.blocks) {
            let bytes = store::blocks::insert(tx, turn.thread, said.seq, &blocks).await?;
            journal.keeps(bytes);
        }
        run.progress.steps = step.number;
        (run.progress.tries, run.progress.asking_since) = (0, None);
        run.progress.reads = Some(step.reads);
        run.progress.last_message = Some(step.message);
        run.turn = turn;
        let after = if run.progress.is_paused {
            next_step(&mut journal, run, &inner)
        } else if calls.is_empty() {
            go_on(tx, &mut journal, run, unread, next, &inner).await?
        } else {
            call_tools(tx, &mut journal, run, calls, &refused).await?
        };
        journal.write(tx, &inner).await?;
        Ok(Some(after))
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}

/// Results name calls by id. An id that the thread has already used gets a number appended.
pub(super) async fn name_calls(tx: &mut Tx, thread: ThreadId, parts: &mut [Part]) -> Result<()> {
    for part in parts {
        let Part::ToolCall(call) = part else { continue };
        let mut times = store::tool_calls::take(tx, thread, &call.id).await?;
        let given = call.id.clone();
        while times > 1 {
            call.id = format!("{given}-{times}");
            // A model may have used exactly this id before.
            times = match store::tool_calls::take(tx, thread, &call.id).await? {
                1 => break,
                _ => store::tool_calls::take(tx, thread, &given).await?,
            };
        }
    }
    Ok(())
}

fn body(run: &Run, answer: Answer, inner: &Inner) -> Body {
    let unasked = || {
        let settings = &run.agent.settings;
        inner.model_for(run.turn.project, settings, &run.turn.controls.clone().over(&settings.controls))
    };
    let model = answer.asked.map_or_else(unasked, |asked| asked.name);
    Body { content: answer.parts, model: Some(model), ..Body::default() }
}

/// The record of the call that made the message.
fn record(run: &Run, asked: &Asked, end: &End, warnings: Vec<Warning>) -> Record {
    Record {
        provider: asked.provider().map(Into::into),
        model: asked.model().into(),
        usage: end.usage,
        stop: end.stop,
        cost: asked.cost(&end.usage),
        failed_tries: run.progress.tries,
        reasoning: asked.controls.reasoning,
        speed: asked.controls.speed,
        request_id: end.request_id.clone(),
        warnings,
        reported: false,
    }
}

/// Continues after a message without calls: with another step if the turn got a message meanwhile, else with its end.
/// `unread` tells whether the log has entries after the step's reads, of any turn.
async fn go_on(
    tx: &mut Tx,
    journal: &mut Journal,
    run: Run,
    unread: bool,
    next: Successor,
    inner: &Arc<Inner>,
) -> Result<After> {
    let reads = run.progress.reads.unwrap_or(0);
    if unread && store::messages::any_unread(tx, run.turn.thread, run.turn.id, reads).await? {
        return Ok(next_step(journal, run, inner));
    }
    end::end(tx, journal, run.turn.clone(), Ending::Completed, &run.progress).await?;
    claim::advance(tx, journal, next, inner).await?;
    Ok(After::Done)
}

/// Continues with the next step.
pub(super) fn next_step(journal: &mut Journal, mut run: Run, inner: &Arc<Inner>) -> After {
    run.next = claim::next_step(journal, &run.turn, &run.agent, run.progress.steps + 1, inner);
    After::Next(Box::new(run))
}

/// Continues after a message with calls: writes an entry for each. The turn waits if only the client can run them.
async fn call_tools(
    tx: &mut Tx,
    journal: &mut Journal,
    mut run: Run,
    calls: Vec<ToolCall>,
    refused: &[bool],
) -> Result<After> {
    for (call, refused) in calls.iter().zip(refused) {
        let asked = run.agent.settings.tool(&call.name).filter(|_| !refused);
        // A call that no tool can take gets an error here, and no client is asked.
        let kind = asked.map_or(ToolKind::Scripted, |tool| tool.kind);
        journal.append(Some(run.turn.id), Event::ToolCalled { call: call.clone(), kind });
        run.progress.announce(call, kind);
    }
    if calls.iter().all(|call| run.progress.is_clients(call)) {
        wait(tx, journal, run).await?;
        return Ok(After::Done);
    }
    run.next = Do::Tools { calls, repeated: false };
    Ok(After::Next(Box::new(run)))
}

/// Releases a turn that waits for a client's tool results. It has neither worker nor lease.
pub(super) async fn wait(tx: &mut Tx, journal: &mut Journal, run: Run) -> Result<()> {
    let mut turn = run.turn;
    turn.state = State::Waiting;
    turn.worker = None;
    turn.due_at = None;
    turn.spent = run.progress.spent;
    journal.note(&turn);
    store::turns::save(tx, &turn).await
}
