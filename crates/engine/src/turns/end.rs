//! The end of a turn: exactly one terminal entry, whatever led to it.

use std::sync::Arc;

use domain::{
    Kind, MessageId, Result, ThreadId, TurnId,
    author::Author,
    controls::Disclosure,
    event::{DeltaKind, Ended, Event},
    message::{Body, Message, Part, Role, Thinking, ToolResult},
    ticket::Cause,
    turn::{self, Next, State, Turn},
};
use store::{Operation, Tx};

use super::claim::Progress;
use crate::{app::Inner, journal::Journal, persist::persist};

/// How a turn ends.
pub(crate) enum Ending {
    Completed,
    Failed { code: String, reason: String, disclosure: Option<Disclosure> },
    Cancelled { reason: Option<String> },
}

/// Ends the turn: its row, and the terminal entry. The thread's next turn is the caller's business.
pub(crate) async fn end(
    tx: &mut Tx,
    journal: &mut Journal,
    mut turn: Turn,
    ending: Ending,
    progress: &Progress,
) -> Result<()> {
    let now = journal.next_at();
    let (state, reason, code, disclosure) = match ending {
        Ending::Completed => (State::Completed, None, None, None),
        Ending::Failed { code, reason, disclosure } => (State::Failed, Some(reason), Some(code), disclosure),
        Ending::Cancelled { reason } => (State::Cancelled, reason, None, None),
    };
    turn.state = state;
    turn.worker = None;
    turn.due_at = None;
    turn.ended_at = Some(now);
    turn.reason = reason.clone();
    store::turns::save(tx, &turn).await?;
    journal.note(&turn);
    journal.move_ticket(Cause::TurnEnded);
    journal.touch_window();
    let ms = |us: i64| us.max(0) / 1_000;
    let ended = Ended {
        steps: progress.steps,
        tool_calls: progress.tool_calls,
        duration_ms: turn.started_at.map_or(0, |at| ms(now.since_us(at))),
        first_text_ms: progress.first_text_at.map(|at| ms(at.since_us(progress.started_at))),
        message: progress.last_message,
        reason,
        code,
        disclosure,
        idle: !journal.thread.run.is_open(),
    };
    let event = match state {
        State::Completed => Event::TurnCompleted(ended),
        State::Failed => Event::TurnFailed(ended),
        _ => Event::TurnCancelled(ended),
    };
    journal.append(Some(turn.id), event);
    Ok(())
}

/// Writes what may end a turn and begin the thread's next one. Should that fail for a reason of its own, the next one may be what
/// cannot be read: once more, with the next one left to whoever becomes free. Or this turn would be run again and again, for
/// what has become of another.
///
/// # Errors
/// As of [`persist`].
pub(super) async fn persist_end<O: Operation + Clone>(
    inner: &Inner,
    turn: TurnId,
    operation: impl Fn(bool) -> O,
) -> Result<O::Out> {
    match persist(inner, operation(true)).await {
        Err(error) if error.kind != Kind::Unavailable => {
            tracing::error!(%turn, ?error, "the turn's end could not be written, trying without the thread's next turn");
            persist(inner, operation(false)).await
        }
        done => done,
    }
}

/// Cancels an open turn: what it has shown stays, as an interrupted message; calls without a result get one; then the terminal
/// entry. Its worker, if it lives here, is stopped once that is committed.
pub(crate) async fn cancel(
    tx: &mut Tx,
    journal: &mut Journal,
    turn: &Turn,
    reason: Option<String>,
    inner: &Arc<Inner>,
) -> Result<()> {
    let mut progress = Progress::default();
    if turn.state != State::Queued {
        let entries = store::events::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
        progress = Progress::of(&entries, turn.started_at.unwrap_or(journal.now));
        progress.last_message = keep_shown(tx, journal, turn).await?.or(progress.last_message);
        close_calls(tx, journal, turn, "The turn was cancelled before this call had a result", inner).await?;
    }
    end(tx, journal, turn.clone(), Ending::Cancelled { reason }, &progress).await?;
    let (inner, id) = (inner.clone(), turn.id);
    tx.on_commit(move || inner.workers.stop(id));
    Ok(())
}

/// Writes what readers have seen of an unfinished message as a message of its own, marked interrupted.
pub(crate) async fn keep_shown(tx: &mut Tx, journal: &mut Journal, turn: &Turn) -> Result<Option<MessageId>> {
    let deltas = store::deltas::all(tx, turn.thread).await?;
    let Some(id) = deltas.last().map(|d| d.message) else { return Ok(None) };
    journal.prune_deltas(tx).await?;
    let joined = |kind: DeltaKind| -> String {
        deltas.iter().filter(|d| d.message == id && d.kind == kind).map(|d| d.text.as_str()).collect()
    };
    let (text, thinking) = (joined(DeltaKind::Text), joined(DeltaKind::Thinking));
    if text.is_empty() {
        return Ok(None);
    }
    let body = Body {
        thinking: (!thinking.is_empty()).then_some(Thinking { text: thinking, signature: None }),
        model: model_of(tx, turn, id).await?,
        interrupted: true,
        ..Body::text(text)
    };
    let said = journal.say(Some(turn.id), Event::MessageCompleted {}, id, (Role::Agent, agent_author(turn)), body);
    Ok(Some(said.id))
}

/// The model that was asked for the message.
async fn model_of(tx: &mut Tx, turn: &Turn, id: MessageId) -> Result<Option<String>> {
    let entries = store::events::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
    Ok(entries.into_iter().rev().find_map(|entry| match entry.event {
        Event::StepStarted { message, model, .. } if message == id => model,
        _ => None,
    }))
}

/// Gives every call of the turn that has no result the same error.
pub(crate) async fn close_calls(
    tx: &mut Tx,
    journal: &mut Journal,
    turn: &Turn,
    error: &str,
    inner: &Arc<Inner>,
) -> Result<()> {
    let own = store::messages::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
    let Next::Tools(open) = turn::next(&own, None) else { return Ok(()) };
    for (i, call) in open.iter().enumerate() {
        let result = ToolResult { tool_call_id: call.id.clone(), result: None, error: Some(error.into()) };
        tool_result(journal, turn, &call.name, result, None, i + 1 == open.len(), inner);
    }
    Ok(())
}

/// Appends a tool's result: the entry and the message that it is.
pub(crate) fn tool_result(
    journal: &mut Journal,
    turn: &Turn,
    name: &str,
    result: ToolResult,
    duration_ms: Option<i64>,
    last_open: bool,
    inner: &Arc<Inner>,
) -> Message {
    let event = Event::ToolCompleted {
        tool_call_id: result.tool_call_id.clone(),
        name: name.into(),
        success: result.error.is_none(),
        duration_ms,
        last_open: last_open.then_some(true),
    };
    let body = Body { content: vec![Part::ToolResult(result)], ..Body::default() };
    let id = MessageId(inner.clock.id());
    journal.say(Some(turn.id), event, id, (Role::Tool, agent_author(turn)), body)
}

/// Removes what a dead attempt has shown; how many characters that were.
pub(crate) async fn drop_unfinished(tx: &mut Tx, thread: ThreadId) -> Result<i64> {
    let deltas = store::deltas::all(tx, thread).await?;
    if !deltas.is_empty() {
        store::deltas::prune(tx, thread).await?;
    }
    Ok(deltas.iter().filter(|d| d.kind == DeltaKind::Text).map(|d| d.text.chars().count() as i64).sum())
}

pub(crate) fn agent_author(turn: &Turn) -> Author {
    Author::Agent { agent: turn.agent }
}
