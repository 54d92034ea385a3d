//! An unfinished message: received in chunks, shown in deltas.

use std::{sync::Arc, time::Duration};

use domain::{
    MessageId, Position, Result,
    event::DeltaKind,
    fault::Fault,
    message::{PARTS_APART, Part, ToolCall, tool_calls},
    step::Warning,
};
use futures_util::{FutureExt, StreamExt};
use providers::{Chunk, End, Failure, Stream, Target};
use tokio::time::Instant;

use super::{
    calling::Asked,
    claim::Step,
    delta::WriteDelta,
    run::{Halt, Run},
    switch::{Off, Switch},
};
use crate::{inner::Inner, persist::persist};

/// The model's complete answer.
#[derive(Clone, Default)]
pub(super) struct Answer {
    /// Thinking, text and tool calls, in the order in which they were said.
    pub(super) parts: Vec<Part>,
    /// Absent for an answer that no model was asked for, like `end`.
    pub(super) asked: Option<Asked>,
    pub(super) end: Option<End>,
    pub(super) warnings: Vec<Warning>,
}

impl Answer {
    /// Bytes of the text, the thinking and the arguments.
    fn bytes(&self) -> usize {
        let of = |part: &Part| match part {
            Part::Text { text } | Part::Thinking { text, .. } => text.len(),
            Part::ToolCall(call) => call.arguments.text().len(),
            _ => 0,
        };
        self.parts.iter().map(of).sum()
    }

    /// Adds text to the last part, if it is an unfinished part of the kind, else as a new part. Returns whether the
    /// part is a new one after an earlier part of the kind.
    fn add(&mut self, kind: DeltaKind, more: &str) -> bool {
        match (kind, self.parts.last_mut()) {
            (DeltaKind::Text, Some(Part::Text { text }))
            | (DeltaKind::Thinking, Some(Part::Thinking { text, signature: None })) => {
                text.push_str(more);
                return false;
            }
            _ => {}
        }
        let is_kind = |part: &Part| match part {
            Part::Text { .. } => kind == DeltaKind::Text,
            Part::Thinking { text, .. } => kind == DeltaKind::Thinking && !text.is_empty(),
            _ => false,
        };
        let is_later = self.parts.iter().any(is_kind);
        let text = more.to_owned();
        self.parts.push(match kind {
            DeltaKind::Text => Part::Text { text },
            DeltaKind::Thinking => Part::Thinking { text, signature: None },
        });
        is_later
    }

    /// Ends the last thinking part with its signature. A provider may sign thinking that it does not show.
    fn sign(&mut self, by_provider: String) {
        match self.parts.last_mut() {
            Some(Part::Thinking { signature: signature @ None, .. }) => *signature = Some(by_provider),
            _ => self.parts.push(Part::Thinking { text: String::new(), signature: Some(by_provider) }),
        }
    }
}

/// The reason why an answer is incomplete.
pub(super) enum Broken {
    Halt(Halt),
    Failed(Failure),
    /// The route of the model was switched off, or the agent was paused.
    SwitchedOff(Off),
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
    /// Number of written characters of text.
    text_chars: i64,
    /// Number of written characters of thinking.
    thinking_chars: i64,
    written_at: Option<Instant>,
    previous: Position,
    /// Start of the model's silence. Absent while nobody waits for it.
    silent_since: Option<Instant>,
    is_slow: bool,
    /// The silence after which the call counts as failed.
    silence: Duration,
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
            text_chars: 0,
            thinking_chars: 0,
            written_at: None,
            previous: Position::START,
            silent_since: None,
            is_slow: false,
            silence: Duration::MAX,
            first_text_at: None,
        }
    }

    /// Tells whether readers have seen a part of it.
    pub(super) fn is_shown(&self) -> bool {
        self.previous != Position::START
    }

    /// Receives the stream to its end. A stream without an end mark ended early.
    /// A longer silence than `silence` is a failure. `switch` ends the call of a target that is switched off.
    pub(super) async fn listen(
        &mut self,
        stream: Stream,
        silence: Option<Duration>,
        switch: (&mut Switch, &Target),
    ) -> Result<Answer, Broken> {
        self.silence = silence.unwrap_or(Duration::MAX);
        let heard = self.hear_out(stream, switch).await;
        self.set_slow(false);
        heard
    }

    async fn hear_out(
        &mut self,
        mut stream: Stream,
        (switch, target): (&mut Switch, &Target),
    ) -> Result<Answer, Broken> {
        loop {
            let Some(chunk) = self.next_chunk(&mut stream, switch, target).await? else { continue };
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
    async fn next_chunk(
        &mut self,
        stream: &mut Stream,
        switch: &mut Switch,
        target: &Target,
    ) -> Result<Option<Chunk>, Broken> {
        let limits = &self.inner.limits;
        let silence = self.silence;
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
                off = switch.off(target, self.inner) => return Err(Broken::SwitchedOff(off)),
                item = stream.next() => break item,
                () = tokio::time::sleep(silence.saturating_sub(since.elapsed())) => {
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
                self.add(DeltaKind::Text, &text).await?;
            }
            Chunk::Thinking(text) => self.add(DeltaKind::Thinking, &text).await?,
            Chunk::Signature(signature) => self.answer.sign(signature),
            Chunk::Call(call) => self.add_call(call)?,
            Chunk::End(end) => {
                let blocks = end.blocks.iter().flat_map(|blocks| &blocks.blocks);
                let bytes = blocks.map(|block| block.text().len()).sum();
                within("gave", bytes, self.inner.limits.block_bytes, "bytes of blocks")?;
                self.answer.end = Some(end);
                return Ok(true);
            }
        }
        Ok(within("said", self.answer.bytes(), self.inner.limits.reply_bytes, "bytes").map(|()| false)?)
    }

    fn add_call(&mut self, call: ToolCall) -> Result<(), Failure> {
        let limits = &self.inner.limits;
        for name in [&call.id, &call.name] {
            within("gave a tool call a name of", name.chars().count(), limits.part_name_chars, "characters")?;
        }
        within("gave a tool", call.arguments.text().len(), limits.tool_arguments_bytes, "bytes of arguments")?;
        self.answer.parts.push(Part::ToolCall(call));
        within("called", tool_calls(&self.answer.parts).count(), limits.tool_calls, "tools at once")
    }

    /// Adds text to the answer and to the waiting delta. Deltas of one kind, joined, are the parts of the kind, joined
    /// by blank lines.
    async fn add(&mut self, kind: DeltaKind, text: &str) -> Result<(), Broken> {
        if kind != self.kind {
            if !self.waiting.is_empty() {
                self.write().await?;
            }
            self.kind = kind;
        }
        if self.answer.add(kind, text) {
            self.waiting.push_str(PARTS_APART);
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
        let offset = match self.kind {
            DeltaKind::Text => &mut self.text_chars,
            DeltaKind::Thinking => &mut self.thinking_chars,
        };
        let begins_at = *offset;
        *offset += chars;
        let delta = WriteDelta {
            inner: self.inner.clone(),
            thread: self.run.turn.thread,
            turn: self.run.turn.id,
            attempt: self.run.turn.attempt,
            message: self.message,
            kind: self.kind,
            offset: begins_at,
            text,
            previous: self.previous,
        };
        let written = persist(self.inner, delta).await.map_err(|error| Broken::Halt(error.into()))?;
        self.previous = written.ok_or(Broken::Halt(Halt::Fenced))?;
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
