//! An unfinished message: received in chunks, shown in deltas.

use std::{sync::Arc, time::Duration};

use domain::{MessageId, Position, Result, event::DeltaKind, fault::Fault, message::ToolCall};
use futures_util::{FutureExt, StreamExt};
use providers::{Chunk, Failure, Stream};
use tokio::time::Instant;

use super::{
    claim::Step,
    delta::WriteDelta,
    run::{Halt, Run},
};
use crate::{inner::Inner, persist::persist};

/// The model's complete answer.
#[derive(Clone, Default)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) thinking: String,
    pub(super) signature: Option<String>,
    pub(super) calls: Vec<ToolCall>,
}

/// The reason why an answer is incomplete.
pub(super) enum Broken {
    Halt(Halt),
    Failed(Failure),
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// A message that the model is writing.
pub(super) struct Saying<'r> {
    run: &'r Run,
    inner: &'r Arc<Inner>,
    message: MessageId,
    answer: Answer,
    /// Received text that is not yet written as a delta.
    waiting: String,
    kind: DeltaKind,
    /// Number of written characters of the present kind.
    offset: i64,
    written_at: Option<Instant>,
    previous: Position,
    /// Start of the model's silence. Absent while nobody waits for it.
    silent_since: Option<Instant>,
    is_slow: bool,
    pub(super) first_text_at: Option<domain::Timestamp>,
}

impl<'r> Saying<'r> {
    pub(super) fn new(run: &'r Run, step: &Step, inner: &'r Arc<Inner>) -> Self {
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
            silent_since: None,
            is_slow: false,
            first_text_at: None,
        }
    }

    /// Tells whether readers have seen a part of it.
    pub(super) fn is_shown(&self) -> bool {
        self.previous != Position::START
    }

    /// Receives the stream to its end. A stream without an end mark ended early.
    pub(super) async fn listen(&mut self, stream: Stream) -> Result<Answer, Broken> {
        let heard = self.hear_out(stream).await;
        self.set_slow(false);
        heard
    }

    async fn hear_out(&mut self, mut stream: Stream) -> Result<Answer, Broken> {
        loop {
            let Some(chunk) = self.next_chunk(&mut stream).await? else { continue };
            if self.hear(chunk).await? {
                return Ok(std::mem::take(&mut self.answer));
            }
            // Text that has already arrived joins the same delta. If the end has arrived too, no delta is written.
            while let Some(more) = stream.next().now_or_never() {
                if self.hear(more.unwrap_or_else(|| Err(broke_off()))?).await? {
                    return Ok(std::mem::take(&mut self.answer));
                }
            }
        }
    }

    /// The next chunk. `None` if a delta was due first and has been written. During a long silence of the model, the
    /// worker's place counts as slow.
    async fn next_chunk(&mut self, stream: &mut Stream) -> Result<Option<Chunk>, Broken> {
        let limits = &self.inner.limits;
        let silence = Duration::from_secs(limits.model_silence_s);
        let slow_after = Duration::from_secs(limits.slow_after_s);
        let due = self.written_at.map_or_else(Instant::now, |at| at + Duration::from_millis(limits.delta_ms));
        let since = *self.silent_since.get_or_insert_with(Instant::now);
        let item = loop {
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(due), if !self.waiting.is_empty() => {
                    self.write().await?;
                    return Ok(None);
                }
                item = stream.next() => break item,
                () = tokio::time::sleep_until(since + silence) => {
                    let message = format!("the model was silent for {} seconds", silence.as_secs());
                    return Err(Failure::new(Fault::Upstream, message).into());
                }
                () = tokio::time::sleep_until(since + slow_after), if !self.is_slow => self.set_slow(true),
            }
        };
        self.silent_since = None;
        self.set_slow(false);
        Ok(Some(item.unwrap_or_else(|| Err(broke_off()))?))
    }

    fn set_slow(&mut self, slow: bool) {
        if self.is_slow != slow {
            self.is_slow = slow;
            self.run.permit.set_slow(slow);
        }
    }

    /// Processes a chunk. Returns whether it was the end.
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
            Chunk::Call(call) => self.add_call(call)?,
            Chunk::End(_) => return Ok(true),
        }
        let arguments: usize = self.answer.calls.iter().map(|call| call.arguments.text().len()).sum();
        let said = self.answer.text.len() + self.answer.thinking.len() + arguments;
        Ok(within("said", said, self.inner.limits.reply_bytes, "bytes").map(|()| false)?)
    }

    fn add_call(&mut self, call: ToolCall) -> Result<(), Failure> {
        let limits = &self.inner.limits;
        for name in [&call.id, &call.name] {
            within("gave a tool call a name of", name.chars().count(), limits.part_name_chars, "characters")?;
        }
        within("gave a tool", call.arguments.text().len(), limits.tool_arguments_bytes, "bytes of arguments")?;
        self.answer.calls.push(call);
        within("called", self.answer.calls.len(), limits.tool_calls, "tools at once")
    }

    async fn add(&mut self, kind: DeltaKind, text: &str) -> Result<(), Broken> {
        if kind != self.kind && !self.waiting.is_empty() {
            self.write().await?;
        }
        if kind != self.kind {
            // The text may continue where the other kind interrupted it.
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

    /// Writes the waiting text as one delta.
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

/// Exceeding a limit fails the turn permanently, because the same model would do it again.
fn within(did: &str, count: usize, max: u64, what: &str) -> Result<(), Failure> {
    match count as u64 <= max {
        true => Ok(()),
        false => Err(Failure::new(Fault::Refused, format!("the model {did} more than {max} {what}"))),
    }
}

fn broke_off() -> Failure {
    Failure::new(Fault::Upstream, "the model's answer ended early")
}
