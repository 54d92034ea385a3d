//! The transcript that a model reads.

mod arrange;
pub(super) mod estimate;
pub(super) mod files;
pub(super) mod fit;
mod people;

use std::sync::Arc;

use domain::{
    Result, TurnId,
    fit::Fit,
    message::{Message, Role},
    turn::Turn,
};
use providers::Said;
use store::{Bound, Operation, Tx};

use arrange::arrange;
use files::Attachments;

use super::{run::Halt, step};
use crate::{inner::Inner, persist::look_up, recent::Part};

/// The turn's messages, up to the position that the step reads.
#[derive(Clone)]
pub(super) struct OfTurn {
    pub(super) turn: Turn,
    pub(super) reads: i64,
}

impl Operation for OfTurn {
    type Out = Vec<Said>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<Said>> {
        let Self { turn, reads } = self;
        let own = store::messages::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
        Ok(given(own, reads).into_iter().map(Said::from).collect())
    }
}

/// The messages of earlier turns in running order, then those of this turn up to the entry that the step `reads`.
/// Messages of agents come with their blocks. `with_files` tells whether the reader gets the content of files.
///
/// # Errors
/// The transcript cannot be read.
pub(super) async fn of_thread(turn: &Turn, reads: i64, with_files: bool, inner: &Inner) -> Result<Read, Halt> {
    let known = inner.recent.take(turn.thread);
    let bound = Bound::page(inner.limits.transcript as i64, inner.limits.transcript_bytes as i64);
    let stretch_bytes = usize::try_from(inner.limits.stretch_bytes).unwrap_or(usize::MAX);
    let read = OfThread { turn: turn.clone(), reads, bound, with_files, stretch_bytes, known };
    let (read, part) = look_up(inner, read).await.map_err(step::unread)?;
    if let Some(part) = part {
        inner.recent.put(turn.project, turn.thread, part);
    }
    Ok(read)
}

#[derive(Clone)]
struct OfThread {
    turn: Turn,
    reads: i64,
    /// Number and bytes of the thread's newest messages. The turn's own messages are never left out.
    bound: Bound,
    with_files: bool,
    /// Most bytes of a block of people's words.
    stretch_bytes: usize,
    /// The messages that an earlier step has read.
    known: Option<Arc<Part>>,
}

/// The part of a thread that its fit still reads. The fit is not yet applied.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) transcript: Vec<Said>,
    pub(super) fit: Fit,
    /// The attachments that the transcript names. Empty if the reader gets no files.
    pub(super) attachments: Attachments,
}

impl Operation for OfThread {
    /// The part is for a later step.
    type Out = (Read, Option<Part>);

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let turn = &self.turn;
        let known_to = self.known.as_ref().map_or(i64::MAX, |part| part.up_to());
        let frame = store::fits::frame(tx, turn.thread, turn.id, known_to).await?;
        let known = self.known.as_ref().filter(|_| frame.is_some());
        let frame = frame.unwrap_or_default();
        let mut part = Part::of(known, &frame);
        part.add(store::messages::of_begun_turns(tx, turn.thread, part.up_to() + 1, self.bound).await?, self.bound);
        let oldest = part.oldest().unwrap_or(0);
        let entries = match frame.people_seq {
            Some(first) => store::events::of_people(tx, turn.thread, (first, self.reads), self.bound.rows).await?,
            None => Vec::new(),
        };
        let mut begun = people::with_blocks(part.begun(self.reads), &entries, self.stretch_bytes);
        begun.sort_by_key(|(message, begun_at)| (message.turn == Some(turn.id), *begun_at, message.seq));
        let mut transcript: Vec<Message> = begun.into_iter().map(|(message, _)| message).collect();
        let has_waited = turn.first_seq < oldest;
        if has_waited {
            // Later messages fill the transcript.
            transcript.retain(|message| message.turn != Some(turn.id));
            transcript.extend(store::messages::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?);
        }
        transcript
            .iter_mut()
            .filter(|message| !message.id.0.is_nil() && message.role == Role::User)
            .for_each(people::unmark);
        let transcript = given(transcript, self.reads);
        let first = transcript.iter().map(|message| message.seq).min().unwrap_or(0);
        let from = if has_waited { first } else { first.max(part.up_to() + 1) };
        part.add_blocks(store::blocks::since(tx, turn.thread, from).await?);
        let mut blocks = part.blocks();
        let with_blocks = |message: Message| {
            let blocks = if message.role == Role::Agent { blocks.remove(&message.seq) } else { None };
            Said { message, blocks }
        };
        let transcript: Vec<Said> = transcript.into_iter().map(with_blocks).collect();
        let asked = if self.with_files { files::asked(&transcript) } else { Vec::new() };
        let attachments = store::attachments::some(tx, turn.project, &asked).await?;
        let attachments = attachments.into_iter().map(|attachment| (attachment.id, attachment)).collect();
        let part = (!has_waited).then(|| part.settled(self.reads, &frame));
        Ok((Read { transcript, fit: frame.fit.unwrap_or_default(), attachments }, part))
    }
}

/// The turn's messages that its claim has read.
pub(super) fn of_input(own: &[Message]) -> Vec<Said> {
    given(own.to_vec(), i64::MAX).into_iter().map(Said::from).collect()
}

/// The messages in the form that every provider accepts, up to the position that the step reads.
fn given(mut messages: Vec<Message>, reads: i64) -> Vec<Message> {
    messages.retain(|message| message.seq <= reads && was_said(message));
    without_blanks(arrange(messages))
}

/// Removes blank text, and messages that are then empty, because providers refuse both.
fn without_blanks(mut transcript: Vec<Message>) -> Vec<Message> {
    transcript.retain_mut(|message| {
        message.body.content.retain(|part| !part.is_blank());
        !message.body.content.is_empty()
    });
    transcript
}

/// Tells whether the turn has a message that the model has not read. `reads` is the position up to which its last
/// finished step read.
pub(super) fn has_news(transcript: &[Said], turn: TurnId, reads: Option<i64>) -> bool {
    let is_news = |message: &Message| {
        message.turn == Some(turn) && message.role != Role::Agent && reads.is_none_or(|reads| message.seq > reads)
    };
    transcript.iter().any(|said| is_news(&said.message))
}

/// Tells whether a person, a model or a tool wrote it. The message of a failed turn is the server's own.
fn was_said(message: &Message) -> bool {
    message.body.error_code.is_none()
}

#[cfg(test)]
mod tests {
    use domain::{
        AgentId, MessageId, ThreadId, Timestamp,
        author::Author,
        message::{Body, Part, ToolCall, ToolResult},
    };
    use uuid::Uuid;

    use super::*;

    fn said(seq: i64, role: Role, content: Vec<Part>) -> Message {
        let id = Uuid::from_u128(seq as u128);
        Message {
            id: MessageId(id),
            thread: ThreadId(Uuid::nil()),
            seq,
            turn: Some(TurnId(Uuid::nil())),
            role,
            author: Author::Agent { agent: AgentId(Uuid::nil()) },
            at: Timestamp(seq),
            body: Body { content, ..Body::default() },
        }
    }

    fn call(id: &str) -> Part {
        Part::ToolCall(ToolCall { id: id.into(), name: "look".into(), arguments: serde_json::json!({}).into() })
    }

    fn result(id: &str) -> Part {
        Part::ToolResult(ToolResult { tool_call_id: id.into(), result: Some(1.into()), error: None })
    }

    #[test]
    fn text_about_a_failure_is_given_to_no_model_and_what_was_streamed_before_it_is() {
        let streamed = said(1, Role::Agent, vec![Part::Text { text: "I wi".into() }]);
        let mut about = said(2, Role::Agent, vec![Part::Text { text: "I could not answer.".into() }]);
        about.body.error_code = Some("upstream".into());
        assert!(was_said(&streamed) && !was_said(&about));
    }

    #[test]
    fn no_model_is_given_what_has_nothing_to_read() {
        let text = |text: &str| Part::Text { text: text.into() };
        let blank = |seq, role| said(seq, role, vec![text(" \n\t\u{a0}\u{3000}\u{1f}"), text("")]);
        let transcript = without_blanks(vec![
            blank(1, Role::User),
            blank(2, Role::Agent),
            said(3, Role::User, vec![text(" "), text(" x ")]),
            said(4, Role::Agent, vec![text("\n"), call("a")]),
            said(5, Role::Tool, vec![result("a")]),
            said(6, Role::Agent, vec![text("y")]),
        ]);
        let left: Vec<(i64, usize)> =
            transcript.iter().map(|message| (message.seq, message.body.content.len())).collect();
        assert_eq!(left, [(3, 1), (4, 1), (5, 1), (6, 1)]);
        let turn = TurnId(Uuid::nil());
        let has_news = |transcript: &[Message], turn, reads| {
            let said: Vec<Said> = transcript.iter().cloned().map(Said::from).collect();
            has_news(&said, turn, reads)
        };
        assert!(has_news(&transcript, turn, None) && has_news(&transcript, turn, Some(4)));
        assert!(!has_news(&transcript, turn, Some(5)), "an agent's own words are no news to it");
        assert!(!has_news(&transcript, TurnId(Uuid::max()), None));
        assert!(!has_news(&without_blanks(vec![blank(1, Role::User)]), turn, None));
    }
}
