//! One call of the model: its answer streamed into deltas, then written whole.

use std::{sync::Arc, time::Duration};

use domain::{
    MessageId, Position, Result,
    agent::ToolKind,
    event::{DeltaKind, Event},
    message::{Body, Message, Part, Role, Thinking, ToolCall},
    script::Fault,
    turn::State,
};
use futures_util::{FutureExt, StreamExt};
use providers::{Chunk, Failure, Request, Stream};
use store::{Operation, Tx};
use tokio::time::Instant;

use super::{
    claim::{self, Do, Step},
    delta::WriteDelta,
    end::{self, Ending},
    run::{After, Halt, Run, persist},
};
use crate::{app::Inner, journal::Journal};

/// Asks the model, with another try when it fails for a passing reason, and writes what it said.
pub(super) async fn ask(run: &mut Run, step: Step, inner: &Arc<Inner>) -> Result<After, Halt> {
    let (mut step, mut tries) = (step, 0);
    loop {
        let request = request(run, &step, tries, inner).await?;
        let mut saying = Saying::new(run, &step, inner);
        match saying.listen(inner.models.call(request)).await {
            Ok(answer) => {
                run.progress.first_text_at = run.progress.first_text_at.or(saying.first_text_at);
                return say(run, step, answer, inner).await;
            }
            Err(Broken::Halt(halt)) => return Err(halt),
            Err(Broken::Failed(failure)) => {
                tries += 1;
                if !failure.fault.is_transient() || u64::from(tries) >= inner.limits.model_tries {
                    return Err(Halt::Fail { code: failure.fault.as_str().into(), reason: failure.message });
                }
                tracing::info!(turn = %run.turn.id, tries, reason = failure.message, "the model failed, trying again");
                let shown = saying.previous != Position::START;
                tokio::time::sleep(pause(tries, &failure)).await;
                if shown {
                    step = begin_again(run, &step, inner).await?;
                }
            }
        }
    }
}

/// What the provider asks for, or 0.2 s, 0.4 s, 0.8 s …, and half a minute at most.
fn pause(tries: u32, failure: &Failure) -> Duration {
    let asked = failure.retry_after_s.map(|s| Duration::from_secs(s.into()));
    asked.unwrap_or(Duration::from_millis(100 << tries.min(8))).min(Duration::from_secs(30))
}

async fn request(run: &Run, step: &Step, tries: u32, inner: &Arc<Inner>) -> Result<Request> {
    let settings = &run.agent.settings;
    let controls = run.turn.controls.clone().over(&settings.controls);
    let transcript = inner
        .store
        .read(Transcript { run: run.clone(), reads: step.reads, limit: inner.limits.transcript as i64 })
        .await?;
    Ok(Request {
        model: settings.model_for(&controls),
        instructions: settings.instructions.clone(),
        transcript,
        tools: settings.tools.clone(),
        controls,
        turn: run.turn.id,
        call: step.number - 1 + tries,
        script: settings.script.clone(),
    })
}

/// What was said in the turns that ran before, in running order, then in this one as far as the step reads.
struct Transcript {
    run: Run,
    reads: i64,
    limit: i64,
}

impl Operation for Transcript {
    type Out = Vec<Message>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<Message>> {
        let mut begun = store::messages::of_begun_turns(tx, self.run.turn.thread, self.limit).await?;
        begun.retain(|(message, _)| message.seq <= self.reads);
        begun.sort_by_key(|(message, begun_at)| (message.turn == Some(self.run.turn.id), *begun_at, message.seq));
        Ok(begun.into_iter().map(|(message, _)| message).collect())
    }
}

/// What a model has said, whole.
#[derive(Clone, Default)]
struct Answer {
    text: String,
    thinking: String,
    signature: Option<String>,
    calls: Vec<ToolCall>,
}

enum Broken {
    Halt(Halt),
    Failed(Failure),
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// A message while it is being said.
struct Saying<'r> {
    run: &'r Run,
    inner: &'r Arc<Inner>,
    message: MessageId,
    answer: Answer,
    /// Said, not yet written as a delta.
    waiting: String,
    kind: DeltaKind,
    /// Characters of the current kind that are written.
    offset: i64,
    written_at: Option<Instant>,
    previous: Position,
    first_text_at: Option<domain::Timestamp>,
}

impl<'r> Saying<'r> {
    fn new(run: &'r Run, step: &Step, inner: &'r Arc<Inner>) -> Self {
        Self {
            run,
            inner,
            message: step.message,
            answer: Answer::default(),
            waiting: String::new(),
            kind: DeltaKind::Text,
            offset: 0,
            written_at: None,
            previous: Position::START,
            first_text_at: None,
        }
    }

    /// Listens to the end. A stream that ends without saying so has broken off.
    async fn listen(&mut self, mut stream: Stream) -> Result<Answer, Broken> {
        loop {
            let Some(chunk) = self.next_chunk(&mut stream).await? else { continue };
            if self.hear(chunk).await? {
                return Ok(std::mem::take(&mut self.answer));
            }
            // What has come in already belongs to the same delta; and if the end has, there is none.
            while let Some(more) = stream.next().now_or_never() {
                if self.hear(more.unwrap_or_else(|| Err(broke_off()))?).await? {
                    return Ok(std::mem::take(&mut self.answer));
                }
            }
        }
    }

    /// The next chunk; `None` when a delta was due first and has been written.
    async fn next_chunk(&mut self, stream: &mut Stream) -> Result<Option<Chunk>, Broken> {
        let limits = &self.inner.limits;
        let silence = Duration::from_secs(limits.model_silence_s);
        let next = tokio::time::timeout(silence, stream.next());
        let item = if self.waiting.is_empty() {
            next.await
        } else {
            let due = self.written_at.map_or_else(Instant::now, |at| at + Duration::from_millis(limits.delta_ms));
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(due) => {
                    self.write().await?;
                    return Ok(None);
                }
                item = next => item,
            }
        };
        let silent = || Failure::new(Fault::Upstream, format!("the model said nothing for {} seconds", silence.as_secs()));
        let item = item.map_err(|_| silent())?;
        Ok(Some(item.unwrap_or_else(|| Err(broke_off()))?))
    }

    /// Takes a chunk in; whether it was the end.
    async fn hear(&mut self, chunk: Chunk) -> Result<bool, Broken> {
        match chunk {
            Chunk::Text(text) => {
                self.first_text_at.get_or_insert_with(|| self.inner.clock.now());
                self.answer.text.push_str(&text);
                self.add(DeltaKind::Text, &text).await?;
            }
            Chunk::Thinking(text) => {
                self.answer.thinking.push_str(&text);
                self.add(DeltaKind::Thinking, &text).await?;
            }
            Chunk::Signature(signature) => self.answer.signature = Some(signature),
            Chunk::Call(call) => self.answer.calls.push(call),
            Chunk::End(_) => return Ok(true),
        }
        let said = self.answer.text.len() + self.answer.thinking.len();
        if said as u64 > self.inner.limits.reply_bytes {
            let message = format!("the model said more than {} bytes", self.inner.limits.reply_bytes);
            return Err(Failure::new(Fault::Refused, message).into());
        }
        Ok(false)
    }

    async fn add(&mut self, kind: DeltaKind, text: &str) -> Result<(), Broken> {
        if kind != self.kind && !self.waiting.is_empty() {
            self.write().await?;
        }
        if kind != self.kind {
            // It may go on where the other kind has broken it off.
            let said = if kind == DeltaKind::Text { &self.answer.text } else { &self.answer.thinking };
            self.kind = kind;
            self.offset = (said.chars().count() - text.chars().count()) as i64;
        }
        self.waiting.push_str(text);
        if self.waiting.len() as u64 >= self.inner.limits.delta_bytes {
            self.write().await?;
        }
        Ok(())
    }

    /// Writes what waits as one delta.
    async fn write(&mut self) -> Result<(), Broken> {
        let text = std::mem::take(&mut self.waiting);
        let chars = text.chars().count() as i64;
        let delta = WriteDelta {
            inner: self.inner.clone(),
            thread: self.run.turn.thread,
            turn: self.run.turn.id,
            attempt: self.run.turn.attempt,
            message: self.message,
            kind: self.kind,
            offset: self.offset,
            text,
            previous: self.previous,
        };
        let written = persist(self.inner, delta).await.map_err(|error| Broken::Halt(error.into()))?;
        self.previous = written.ok_or(Broken::Halt(Halt::Fenced))?;
        self.offset += chars;
        self.written_at = Some(Instant::now());
        Ok(())
    }
}

fn broke_off() -> Failure {
    Failure::new(Fault::Upstream, "the model's answer broke off")
}

async fn say(run: &Run, step: Step, answer: Answer, inner: &Arc<Inner>) -> Result<After, Halt> {
    let said = persist(inner, Say { inner: inner.clone(), run: run.clone(), step, answer }).await?;
    said.ok_or(Halt::Fenced)?
}

/// Writes a finished step and what follows from it: tool calls, another step, or the end of the turn and the start of the next.
#[derive(Clone)]
struct Say {
    inner: Arc<Inner>,
    run: Run,
    step: Step,
    answer: Answer,
}

impl Operation for Say {
    /// `None`: the attempt no longer holds the turn.
    type Out = Option<Result<After, Halt>>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, mut run, step, answer } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, run.turn.project, run.turn.thread, now).await? else { return Ok(None) };
        let Some(turn) = journal.held(&run.turn) else { return Ok(None) };
        store::deltas::prune(tx, turn.thread).await?;
        let (calls, body) = (answer.calls.clone(), body(&run, answer));
        let author = (Role::Agent, end::agent_author(&turn));
        journal.say(Some(turn.id), Event::MessageCompleted {}, step.message, author, body);
        run.progress.steps = step.number;
        run.progress.reads = Some(step.reads);
        run.progress.last_message = Some(step.message);
        run.turn = turn;
        let after = if calls.is_empty() {
            go_on(tx, &mut journal, run, &inner).await?
        } else {
            call_tools(tx, &mut journal, run, calls).await?
        };
        journal.write(tx, &inner).await?;
        Ok(Some(after))
    }
}

fn body(run: &Run, answer: Answer) -> Body {
    let mut content = Vec::new();
    if !answer.text.is_empty() {
        content.push(Part::Text { text: answer.text });
    }
    content.extend(answer.calls.into_iter().map(Part::ToolCall));
    let thinking = (!answer.thinking.is_empty() || answer.signature.is_some())
        .then_some(Thinking { text: answer.thinking, signature: answer.signature });
    let model = run.agent.settings.model_for(&run.turn.controls);
    Body { content, thinking, model: Some(model), ..Body::default() }
}

/// After a message without calls: another step if something was said meanwhile, else the end.
async fn go_on(tx: &mut Tx, journal: &mut Journal, mut run: Run, inner: &Arc<Inner>) -> Result<Result<After, Halt>> {
    let reads = run.progress.reads.unwrap_or(0);
    if store::messages::any_unread(tx, run.turn.thread, run.turn.id, reads).await? {
        return Ok(next_step(journal, run, inner));
    }
    end::end(tx, journal, run.turn.clone(), Ending::Completed, &run.progress).await?;
    run.next = Do::Tools { calls: Vec::new(), repeated: false };
    claim::advance(tx, journal, Some(run.permit), inner).await?;
    Ok(Ok(After::Done))
}

/// Announces the next step, unless the turn has had as many as it may.
pub(super) fn next_step(journal: &mut Journal, mut run: Run, inner: &Arc<Inner>) -> Result<After, Halt> {
    let number = run.progress.steps + 1;
    let most = run.agent.settings.max_steps.map_or(inner.limits.steps, u64::from);
    if u64::from(number) > most {
        let reason = format!("the turn has made {most} model calls, which is its limit");
        return Err(Halt::Fail { code: "step_limit".into(), reason });
    }
    run.next = Do::Ask(claim::begin_step(journal, &run.turn, &run.agent, number, inner));
    Ok(After::Next(Box::new(run)))
}

/// After a message with calls: an entry for each; the turn waits if only the client can run them.
async fn call_tools(tx: &mut Tx, journal: &mut Journal, mut run: Run, calls: Vec<ToolCall>) -> Result<Result<After, Halt>> {
    for call in &calls {
        let kind = run.agent.settings.tool(&call.name).map_or(ToolKind::Scripted, |tool| tool.kind);
        journal.append(Some(run.turn.id), Event::ToolCalled { call: call.clone(), kind });
        run.progress.tool_calls += 1;
    }
    if calls.iter().all(|call| super::tools::is_client(&run.agent, &call.name)) {
        wait(tx, journal, run).await?;
        return Ok(Ok(After::Done));
    }
    run.next = Do::Tools { calls, repeated: false };
    Ok(Ok(After::Next(Box::new(run))))
}

/// Lets go of a turn that waits for a client's tool results: no worker, no lease.
pub(super) async fn wait(tx: &mut Tx, journal: &mut Journal, run: Run) -> Result<()> {
    let mut turn = run.turn;
    turn.state = State::Waiting;
    turn.worker = None;
    turn.due_at = None;
    journal.note(&turn);
    store::turns::save(tx, &turn).await
}

/// After a failure that readers have seen text of: a new attempt, so that they drop it.
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
        let Some(mut journal) = Journal::open(tx, run.turn.project, run.turn.thread, now).await? else { return Ok(None) };
        let Some(mut turn) = journal.held(&run.turn) else { return Ok(None) };
        let dropped_chars = end::drop_unfinished(tx, turn.thread).await?;
        turn.attempt += 1;
        turn.due_at = Some(now.plus_s(inner.limits.lease_s as i64));
        store::turns::save(tx, &turn).await?;
        journal.note(&turn);
        journal.append(Some(turn.id), Event::TurnAttempt { attempt: turn.attempt, dropped_chars });
        let step = claim::begin_step(&mut journal, &turn, &run.agent, number, &inner);
        run.turn = turn;
        journal.write(tx, &inner).await?;
        Ok(Some((run, step)))
    }
}
