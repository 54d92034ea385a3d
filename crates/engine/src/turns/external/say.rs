//! Whole messages of a program.

use domain::{
    Error, Result,
    agent::ToolKind,
    codes,
    event::Event,
    external::Answer,
    message::{Body, Part, Role, ToolCall, tool_calls},
    spent::{Call, Spent},
    step::{Record, Stop},
    turn::State,
    usage::{Usage, Usd},
};
use store::Tx;

use super::{
    Reported, Tokens, budget,
    call::Work,
    finish,
    step::{self, Known},
    take,
};
use crate::{
    inner::Inner,
    turns::{
        built_in::{self, Calling},
        said,
    },
};

/// Stores the messages. Calls of the last one that are a client's make the turn wait, once the program's own have their
/// results. Calls of built-in tools run here.
pub(super) async fn say(tx: &mut Tx, work: &mut Work<'_>, messages: Vec<Reported>) -> Result<Answer> {
    let mut known = known(tx, work).await?;
    let (calls, used) = match add(tx, work, &mut known, messages).await? {
        Added::Calls { last, used } => (last, used),
        Added::TooMany(most) => return finish::too_many(tx, work, known.progress, most).await,
    };
    let kinds = announce(work, &calls);
    if let Some(stop) = budget::pay(tx, work, known.asker, &used).await? {
        return finish::failed(tx, work, known.progress, stop.code.to_string(), stop.reason).await;
    }
    run_built_in(tx, work, &calls, &kinds).await?;
    after_calls(tx, work, calls, &kinds).await
}

/// The result of adding messages.
pub(super) enum Added {
    Calls {
        /// The calls of the last message.
        last: Vec<ToolCall>,
        /// The use of models and its cost, of each message that tells it.
        used: Vec<(Usage, Option<Usd>)>,
    },
    /// The turn has reached its limit of steps.
    TooMany(u64),
}

/// The turn's log.
///
/// # Errors
/// `conflict` while a call has no result.
pub(super) async fn known(tx: &mut Tx, work: &Work<'_>) -> Result<Known> {
    let known = Known::of(tx, &work.turn).await?;
    match known.open.is_empty() {
        true => Ok(known),
        false => Err(open_calls(&known.open)),
    }
}

pub(super) fn open_calls(open: &[ToolCall]) -> Error {
    let ids: Vec<&str> = open.iter().take(10).map(|call| call.id.as_str()).collect();
    Error::conflict(codes::OPEN_CALLS, format!("These tool calls have no result yet: {}", ids.join(", ")))
}

/// Appends the messages, each as a step.
pub(super) async fn add(tx: &mut Tx, work: &mut Work<'_>, known: &mut Known, messages: Vec<Reported>) -> Result<Added> {
    let (mut last, mut used) = (Vec::new(), Vec::new());
    for reported in messages {
        let saying = work.row.progress.saying.take();
        let id = match &saying {
            Some(saying) => saying.message,
            None => {
                let from = (known.progress.steps, work.reads());
                match step::begin(&mut work.journal, &work.turn, &work.agent, from, work.inner) {
                    Ok(message) => message,
                    Err(most) => return Ok(Added::TooMany(most)),
                }
            }
        };
        match saying.is_some() {
            true => work.journal.prune_deltas(tx).await?,
            false => work.journal.has_no_deltas(),
        }
        let Reported { mut content, model, usage } = reported;
        rename(tx, work, &mut content).await?;
        let model = model.or_else(|| work.agent.settings.model.clone());
        let calls: Vec<ToolCall> = tool_calls(&content).cloned().collect();
        let record = usage.map(|tokens| Box::new(record(tokens, model.clone(), !calls.is_empty(), work.inner)));
        if let Some(record) = &record {
            charge(work, known, record);
            used.push((record.usage, record.cost));
        }
        // Messages that the program has not read stand behind its answer in later prompts.
        let reads = work.has_unread.then_some(work.row.progress.reads);
        let built_in = built_in::among(&calls, &work.agent.settings);
        let body = Body { content, model, reads, built_in, ..Body::default() };
        let author = (Role::Agent, work.turn.author());
        work.journal.say(Some(work.turn.id), Event::MessageCompleted { record }, id, author, body);
        known.progress.steps += 1;
        known.progress.last_message = Some(id);
        last = calls;
    }
    if !used.is_empty() {
        // The turn's sum rides in its row, because the end of the turn may come with another call.
        store::turns::save(tx, &work.turn).await?;
    }
    Ok(Added::Calls { last, used })
}

/// Gives the calls ids that are unique within the thread, and notes the program's own.
async fn rename(tx: &mut Tx, work: &mut Work<'_>, content: &mut [Part]) -> Result<()> {
    let given: Vec<String> = tool_calls(content).map(|call| call.id.clone()).collect();
    said::name_calls(tx, work.turn.thread, content).await?;
    let stored = tool_calls(content).map(|call| call.id.clone());
    work.row.progress.renamed = given.into_iter().zip(stored).filter(|(given, stored)| given != stored).collect();
    Ok(())
}

/// Charges the model calls of a message, as the program reports them.
fn charge(work: &mut Work<'_>, known: &mut Known, record: &Record) {
    let call = Call {
        id: work.inner.clock.id(),
        project: work.turn.project,
        thread: work.turn.thread,
        turn: work.turn.id,
        agent: work.turn.agent,
        key: known.asker.key,
        at: work.journal.next_at(),
        provider: None,
        model: record.model.clone(),
        usage: record.usage.bounded(),
        cost: record.cost,
        failed: false,
        reported: true,
    };
    work.turn.spent += Spent::from(&call);
    known.progress.spent = work.turn.spent;
    work.journal.charge(call);
}

fn record(tokens: Tokens, model: Option<String>, has_calls: bool, inner: &Inner) -> Record {
    let (usage, cost) = (tokens.within(&inner.limits), tokens.cost_within(&inner.limits));
    Record {
        provider: None,
        model: model.unwrap_or_default(),
        usage,
        stop: if has_calls { Stop::ToolCalls } else { Stop::End },
        cost,
        failed_tries: 0,
        reasoning: None,
        speed: None,
        request_id: None,
        warnings: Vec::new(),
        reported: true,
    }
}

/// Announces the calls. Returns the runner of each.
fn announce(work: &mut Work<'_>, calls: &[ToolCall]) -> Vec<ToolKind> {
    let mut kinds = Vec::with_capacity(calls.len());
    for call in calls {
        let kind = match work.agent.settings.tool(&call.name).map(|tool| tool.kind) {
            Some(kind @ (ToolKind::Client | ToolKind::BuiltIn)) => kind,
            _ => ToolKind::External,
        };
        work.journal.append(Some(work.turn.id), Event::ToolCalled { call: call.clone(), kind });
        kinds.push(kind);
    }
    kinds
}

async fn run_built_in(tx: &mut Tx, work: &mut Work<'_>, calls: &[ToolCall], kinds: &[ToolKind]) -> Result<()> {
    let own: Vec<&ToolCall> =
        calls.iter().zip(kinds).filter(|(_, kind)| **kind == ToolKind::BuiltIn).map(|(call, _)| call).collect();
    let others = calls.len() - own.len();
    for (i, call) in own.iter().enumerate() {
        if work.journal.thread.people.is_silent() {
            // The turn has ended with the call before, and this one got its error.
            return Ok(());
        }
        let calling = Calling { turn: &work.turn, agent: &work.agent };
        let is_last = others == 0 && i + 1 == own.len();
        built_in::run(tx, &mut work.journal, calling, call, is_last, work.inner).await?;
    }
    Ok(())
}

/// The turn waits if only a client can run the calls. After calls of built-in tools alone, the turn is claimed again
/// with their results, unless a tool has ended the turn.
async fn after_calls(tx: &mut Tx, work: &mut Work<'_>, calls: Vec<ToolCall>, kinds: &[ToolKind]) -> Result<Answer> {
    let has = |kind: ToolKind| kinds.contains(&kind);
    let mut answer = Answer { held: calls.is_empty() || has(ToolKind::External), ..Answer::default() };
    if work.journal.thread.people.is_silent() {
        answer = work.ended(tx, State::Cancelled).await?;
    } else if !answer.held && has(ToolKind::Client) {
        work.wait(tx).await?;
    } else if !answer.held {
        work.hand_over(tx).await?;
        answer.again = true;
    }
    let of_others = calls.iter().zip(kinds).filter(|(_, kind)| **kind != ToolKind::External);
    answer.waiting = of_others.map(|(call, _)| call.id.clone()).collect();
    answer.calls = calls.into_iter().map(|call| call.id).collect();
    Ok(answer)
}

impl Work<'_> {
    /// The position up to which a new message reads the log.
    pub(super) fn reads(&self) -> i64 {
        if self.has_unread { self.row.progress.reads } else { self.journal.thread.last_seq }
    }

    /// Lets the turn wait for a client's results. The program's hold ends.
    pub(super) async fn wait(&mut self, tx: &mut Tx) -> Result<()> {
        take::wait(tx, &mut self.journal, &mut self.row, &mut self.turn).await
    }
}
