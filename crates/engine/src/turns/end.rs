//! The end of a turn: exactly one terminal entry, whatever led to it.

use std::sync::Arc;

use domain::{
    Kind, Result, TurnId,
    controls::Disclosure,
    event::{Ended, Event},
    ticket::Cause,
    turn::{State, Turn},
};
use store::{Operation, Tx};

use super::{progress::Progress, results, shown};
use crate::{inner::Inner, journal::Journal, persist::persist};

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
        progress.last_message = shown::keep(tx, journal, turn).await?.or(progress.last_message);
        results::close(tx, journal, turn, "The turn was cancelled before this call had a result", inner).await?;
    }
    end(tx, journal, turn.clone(), Ending::Cancelled { reason }, &progress).await?;
    let (inner, id) = (inner.clone(), turn.id);
    tx.on_commit(move || inner.workers.stop(id));
    Ok(())
}
