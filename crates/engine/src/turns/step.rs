//! One model call, retried after a transient failure.

use std::{sync::Arc, time::Duration};

use domain::{
    Error, Kind, Result, Timestamp, agent::Tool, codes, event::Event, fault::Fault, message::is_blank, shares::Place,
    step::Warning, variables,
};
use futures_util::StreamExt;
use providers::{End, Failure, Lead, Purpose, Reads, Request, Target};
use store::{Operation, Tx};

use super::{
    calling::{Asked, Calling, Next},
    claim::{self, Step},
    files,
    fitting::{self, Fitted, Room, Teller},
    gate::{self, Closed},
    reserving::{self, Held},
    run::{After, Halt, Run},
    said,
    saying::{Answer, Broken, Saying},
    shown, spending,
    switch::{Off, Switch},
    transcript::{self, OfTurn, estimate, fit},
};
use crate::{
    inner::Inner,
    journal::Journal,
    persist::{look_up, persist},
    telemetry::{Called, Span},
};

/// A longer pause is spent without a worker.
const MOMENT: Duration = Duration::from_secs(1);

/// Calls the model and stores its answer. What comes before and after the call is in boxes: a turn that waits for its model
/// would keep their places.
pub(super) async fn ask(run: &mut Run, step: Step, inner: &Arc<Inner>) -> Result<After, Halt> {
    check_pause(run)?;
    let mut switch = Switch::new(run, inner);
    let (mut step, mut calling) = (step, Calling::new(run, inner).await?);
    // A hand-back may ask the agent to speak although nothing is unanswered.
    let is_bidden = step.input.as_ref().is_some_and(|input| input.is_empty());
    loop {
        let pass = match gate::enter(run, &mut calling, inner).await {
            Ok(pass) => pass,
            Err(Closed::For(pause, full)) => return hold_back(run, &calling, pause, full, inner).await,
            Err(Closed::Fail(halt)) => return Err(halt),
        };
        let Asking { mut request, estimated, mut memory } = match Box::pin(request(run, &step, &calling, inner)).await?
        {
            Ok(asking) => asking,
            Err(failure) => match calling.fail(&failure, false, inner) {
                Next::Wait(pause) => return let_go(run, pause, inner).await,
                Next::Now => continue,
                Next::Fail => return Err(failed(failure)),
            },
        };
        let has_news = || transcript::has_news(&request.transcript, run.turn.id, run.progress.reads);
        if !run.progress.is_paused && !is_bidden && !has_news() {
            // Only white space: a provider would refuse the call, and there is nothing to answer.
            return Box::pin(said::say(run, step, Answer::default(), false, inner)).await;
        }
        let asked = calling.asked();
        let (begun_at, call) = (inner.clock.now(), request.call);
        let held = reserving::bound(run, &asked, &mut request, estimated, inner).await?;
        let mut saying = Saying::new(run, &step, inner);
        let stream = inner.catalogues.base().call(calling.target(), request, inner.clock.now());
        // The first piece of the answer shows that the request was sent, so its files are no longer in memory.
        let stream = stream.inspect(move |_| drop(memory.take())).boxed();
        let target = calling.target();
        let heard = saying.listen(stream, silence(target, inner), (&mut switch, target)).await;
        gate::leave(pass, run, target, &heard, inner);
        match heard {
            Ok(mut answer) => {
                answer.warnings = note_input(run, calling.target(), estimated, &answer, inner);
                let shown = saying.is_shown();
                run.progress.first_text_at = run.progress.first_text_at.or(saying.first_text_at);
                run.progress.tries = calling.tries;
                account(held, run, &asked, (call, begun_at), Ok(answer.end.as_ref()), inner).await?;
                answer.asked = Some(asked);
                return Box::pin(said::say(run, step, answer, shown, inner)).await;
            }
            Err(Broken::Halt(halt)) => return Err(halt),
            Err(Broken::SwitchedOff(Off::Agent)) => return Err(paused()),
            Err(Broken::SwitchedOff(Off::Route)) => calling = anew(run, calling, saying.is_shown(), inner).await?,
            Err(Broken::Failed(failure)) => {
                let shown = saying.is_shown();
                account(held, run, &asked, (call, begun_at), Err(&failure), inner).await?;
                spending::charge_failed(run, &asked, &failure, inner).await?;
                let next = calling.fail(&failure, shown, inner);
                let (turn, tries) = (run.turn.id, calling.tries);
                tracing::info!(%turn, tries, reason = failure.message, ?next, "a model call failed");
                match next {
                    Next::Fail => return Err(failed(failure)),
                    Next::Wait(pause) if pause > MOMENT => return let_go(run, pause, inner).await,
                    Next::Wait(pause) => tokio::time::sleep(pause).await,
                    Next::Now => {}
                }
                if shown {
                    step = begin_again(run, &step, inner).await?;
                }
            }
        }
    }
}

/// The end of a turn whose model calls have failed for good.
fn failed(failure: Failure) -> Halt {
    Halt::Fail { code: failure.fault.as_str().into(), reason: failure.message }
}

fn check_pause(run: &Run) -> Result<(), Halt> {
    if run.agent.settings.paused { Err(paused()) } else { Ok(()) }
}

/// The end of a turn whose agent is paused.
fn paused() -> Halt {
    Halt::Fail { code: codes::AGENT_PAUSED.to_string(), reason: "the agent is paused".into() }
}

/// The calls after the route of these was switched off. Readers who have seen a part of an answer get no other model's.
async fn anew(run: &Run, calling: Calling, shown: bool, inner: &Inner) -> Result<Calling, Halt> {
    let name = calling.asked().name;
    tracing::warn!(turn = %run.turn.id, model = name, "a model call was stopped: its route is switched off");
    if shown {
        let reason = format!("the model {name} was switched off while it answered");
        return Err(Halt::Fail { code: codes::MODEL_DISABLED.to_string(), reason });
    }
    calling.anew(run, inner).await
}

/// Settles what was held for a model call that has ended, and notes its span.
async fn account(
    held: Option<Held>,
    run: &Run,
    asked: &Asked,
    call: (u32, Timestamp),
    outcome: Result<Option<&End>, &Failure>,
    inner: &Inner,
) -> Result<(), Halt> {
    trace(run, asked, call, outcome, inner);
    let used = outcome.map_or_else(Failure::spent, |end| end.map(|end| end.usage));
    Ok(reserving::settle(held, run, asked, used).await?)
}

/// Notes the span of a model call that has ended.
fn trace(
    run: &Run,
    asked: &Asked,
    (call, begun_at): (u32, Timestamp),
    outcome: Result<Option<&End>, &Failure>,
    inner: &Inner,
) {
    inner.telemetry.take(|| {
        let (end, failure) = (outcome.ok().flatten(), outcome.err());
        let request_id = end.map(|end| &end.request_id).or(failure.map(|failure| &failure.request_id));
        Span::of_call(&Called {
            turn: &run.turn,
            call,
            begun_at,
            ended_at: inner.clock.now(),
            provider: asked.provider(),
            model: asked.model(),
            answered: end.and_then(|end| end.model.as_deref()),
            usage: end.map(|end| end.usage).or(failure.and_then(|failure| failure.usage)),
            stop: end.map(|end| end.stop.as_str()),
            error: failure.map(|failure| failure.fault.as_str()),
            request_id: request_id.and_then(Option::as_deref),
        })
    });
}

/// Mends later estimates by the tokens that the provider read. Far fewer than estimated mean that the provider may have
/// cut the transcript without a word.
fn note_input(run: &Run, target: &Target, estimated: u64, answer: &Answer, inner: &Inner) -> Vec<Warning> {
    let (Target::Provider(lead), Some(end)) = (target, &answer.end) else { return Vec::new() };
    let read = end.usage.input_total();
    if read > 0 && read < estimated / 3 && estimated > 2_000 {
        let (turn, model) = (run.turn.id, &lead.model);
        tracing::warn!(%turn, model, estimated, read, "the provider has read far less than it was sent: set the model's `context`");
        return vec![Warning::InputCut];
    }
    inner.reported.note(&lead.model, estimated, read);
    Vec::new()
}

/// The silence after which the call counts as failed. A provider's call has time-outs of its own, in which comments of
/// the stream count.
fn silence(target: &Target, inner: &Inner) -> Option<Duration> {
    match target {
        Target::Echo | Target::Scripted => Some(Duration::from_secs(inner.limits.model_silence_s)),
        Target::Provider(_) => None,
    }
}

/// Releases the turn until its model may be called. If no call has failed since the claim, the next claim tells readers
/// nothing.
async fn hold_back(
    run: &Run,
    calling: &Calling,
    pause: Duration,
    full: Option<Arc<Lead>>,
    inner: &Arc<Inner>,
) -> Result<After, Halt> {
    // Recorded before the turn can be claimed again.
    inner.workers.hold_back(run.turn.id, calling.tries > run.progress.tries);
    let done = let_go(run, pause, inner).await;
    if let Some(lead) = full {
        inner.workers.wait_for(run.turn.id, gate::wait(run.turn.clone(), lead, inner.clone()));
    }
    done
}

/// Releases the turn for this pause, without worker and lease. The next claim calls the model again.
async fn let_go(run: &Run, pause: Duration, inner: &Arc<Inner>) -> Result<After, Halt> {
    let due_at = inner.clock.now().plus_us(pause.as_micros() as i64);
    persist(inner, LetGo { inner: inner.clone(), run: run.clone(), due_at }).await?.ok_or(Halt::Fenced)
}

#[derive(Clone)]
struct LetGo {
    inner: Arc<Inner>,
    run: Run,
    due_at: Timestamp,
}

impl Operation for LetGo {
    type Out = Option<After>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, run, due_at } = self;
        let (project, thread) = (run.turn.project, run.turn.thread);
        let Some(journal) = Journal::open(tx, project, thread, inner.clock.now()).await? else { return Ok(None) };
        let Some(mut turn) = journal.held(&run.turn) else { return Ok(None) };
        turn.worker = None;
        turn.due_at = Some(due_at);
        turn.spent = run.progress.spent;
        store::turns::save(tx, &turn).await?;
        Ok(Some(After::Done))
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}

/// The reason why the model cannot be called. Damaged data fails for the next worker too, and the turn would never end.
pub(super) fn unread(error: Error) -> Halt {
    if error.kind == Kind::Unavailable {
        return Halt::Leave(error);
    }
    tracing::error!(?error, "the transcript for the model cannot be read");
    Halt::Fail { code: codes::INTERNAL.to_string(), reason: "the thread's earlier messages cannot be read".into() }
}

/// The request of a call.
struct Asking {
    request: Request,
    /// Estimated tokens of the input.
    estimated: u64,
    /// The memory of the request's files.
    memory: Option<Place>,
}

/// Time until a call is tried again for whose files there was no memory.
const NO_MEMORY: Duration = Duration::from_secs(5);

/// The request of a call, or a passing failure if its files cannot be loaded now.
async fn request(
    run: &mut Run,
    step: &Step,
    calling: &Calling,
    inner: &Arc<Inner>,
) -> Result<Result<Asking, Failure>, Halt> {
    let agent = run.agent.clone();
    let settings = &agent.settings;
    let (asked, target) = (calling.asked(), calling.target());
    let instructions = instructions(run, inner).await.map_err(unread)?;
    let tools: Vec<Tool> = settings.tools.iter().cloned().map(Tool::told).collect();
    let before = estimate::of_frame(&instructions, &tools);
    let call = step.number - 1 + calling.tries;
    let room = Room {
        teller: Some(Teller { run, target, call }),
        before,
        refused: calling.too_long,
        pictures_refused: calling.without_pictures,
    };
    let Fitted { mut transcript, attachments, spent } = transcript(run, step, target, &room, inner).await?;
    run.progress.spent = spent.unwrap_or(run.progress.spent);
    let estimated = before + fit::size(&transcript).tokens;
    if calling.without_blocks {
        transcript.iter_mut().for_each(|said| said.blocks = None);
    }
    let loaded = match files::load(&mut transcript, &attachments, &run.turn, inner).await {
        Ok(loaded) => loaded,
        Err(error) => {
            let failure = Failure::new(Fault::Unavailable, error.message);
            return Ok(Err(Failure { retry_after: Some(NO_MEMORY), ..failure }));
        }
    };
    let request = Request {
        purpose: Purpose::Answer,
        model: asked.name,
        instructions,
        transcript,
        tools,
        controls: asked.controls,
        most_output: target.most_output(),
        files: loaded.files,
        thread: run.turn.thread,
        turn: run.turn.id,
        call,
        script: settings.script.clone(),
    };
    Ok(Ok(Asking { request, estimated, memory: loaded.memory }))
}

/// The transcript that the model reads, and the attachments that it names.
async fn transcript(
    run: &Run,
    step: &Step,
    target: &Target,
    room: &Room<'_>,
    inner: &Arc<Inner>,
) -> Result<Fitted, Halt> {
    let turn = run.turn.clone();
    let recites = run.agent.settings.script.iter().any(|reply| reply.recite_transcript);
    let reads = if recites { Reads::Thread } else { target.reads() };
    match (reads, &step.input) {
        (Reads::Turn, Some(input)) => Ok(transcript::of_input(input).into()),
        (Reads::Turn, None) => Ok(look_up(inner, OfTurn { turn, reads: step.reads }).await.map_err(unread)?.into()),
        (Reads::Thread, _) => {
            let with_files = matches!(target, Target::Provider(_));
            let read = transcript::of_thread(&turn, step.reads, with_files, inner).await?;
            fitting::fitted(&turn, read, room, inner).await
        }
    }
}

/// The agent's instructions with the thread's variables. Empty if they are blank.
async fn instructions(run: &Run, inner: &Arc<Inner>) -> Result<String> {
    let own = &run.agent.settings.instructions;
    let text = match variables::has_places(own) {
        true => filled(own, run, inner).await?,
        false => own.clone(),
    };
    Ok(if is_blank(&text) { String::new() } else { text })
}

async fn filled(own: &str, run: &Run, inner: &Arc<Inner>) -> Result<String> {
    let (project, thread) = (run.turn.project, run.turn.thread);
    let find = store::op(move |tx| Box::pin(async move { store::variables::of_thread(tx, project, thread).await }));
    let bytes_max = usize::try_from(inner.limits.filled_bytes).unwrap_or(usize::MAX);
    Ok(variables::fill(own, &look_up(inner, find).await?, bytes_max))
}

/// Starts a new attempt after a failure with shown text, so that readers drop the text.
async fn begin_again(run: &mut Run, step: &Step, inner: &Arc<Inner>) -> Result<Step, Halt> {
    let again = BeginAgain { inner: inner.clone(), run: run.clone(), number: step.number };
    let (begun, step) = persist(inner, again).await?.ok_or(Halt::Fenced)?;
    *run = begun;
    Ok(step)
}

#[derive(Clone)]
struct BeginAgain {
    inner: Arc<Inner>,
    run: Run,
    number: u32,
}

impl Operation for BeginAgain {
    type Out = Option<(Run, Step)>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, mut run, number } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, run.turn.project, run.turn.thread, now).await? else {
            return Ok(None);
        };
        let Some(mut turn) = journal.held(&run.turn) else { return Ok(None) };
        let dropped_chars = shown::discard(tx, turn.thread).await?;
        turn.attempt += 1;
        turn.due_at = Some(now.plus_s(inner.limits.lease_s as i64));
        store::turns::save(tx, &turn).await?;
        journal.note(&turn);
        journal.append(Some(turn.id), Event::TurnAttempt { attempt: turn.attempt, dropped_chars, paused: false });
        let step = claim::begin_step(&mut journal, &turn, &run.agent, number, &inner);
        run.turn = turn;
        journal.write(tx, &inner).await?;
        Ok(Some((run, step)))
    }
}
