//! The end of a turn: exactly one terminal entry, for any cause.

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

/// The way in which a turn ends.
pub(crate) enum Ending {
    Completed,
    Failed {
        code: String,
        reason: String,
        disclosure: Option<Disclosure>,
    },
    Cancelled {
        reason: Option<String>,
    },
    /// A person speaks now, or is waited for in silence. The turn's messages still need an answer.
    Silenced {
        reason: &'static str,
    },
}

impl Ending {
    /// Tells whether the turn's messages need no answer any more.
    fn answers(&self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled { .. })
    }
}

/// Ends the turn: stores its row and the terminal entry. The caller starts the thread's next turn.
pub(crate) async fn end(
    tx: &mut Tx,
    journal: &mut Journal,
    mut turn: Turn,
    ending: Ending,
    progress: &Progress,
) -> Result<()> {
    let now = journal.next_at();
    let (answers, is_silenced) = (ending.answers(), matches!(ending, Ending::Silenced { .. }));
    let (state, reason, code, disclosure) = match ending {
        Ending::Completed => (State::Completed, None, None, None),
        Ending::Failed { code, reason, disclosure } => (State::Failed, Some(reason), Some(code), disclosure),
        Ending::Cancelled { reason } => (State::Cancelled, reason, None, None),
        Ending::Silenced { reason } => (State::Cancelled, Some(reason.to_owned()), None, None),
    };
    turn.state = state;
    turn.worker = None;
    turn.due_at = None;
    turn.ended_at = Some(now);
    turn.reason = reason.clone();
    turn.spent = progress.spent;
    store::turns::save(tx, &turn).await?;
    journal.note(&turn);
    if answers {
        journal.answered();
    }
    // The customer is not answered yet, so the ticket stays with the project.
    if !is_silenced {
        journal.move_ticket(Cause::TurnEnded);
    }
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
        spent: progress.spent.any(),
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

/// Writes the end of a turn and the start of the thread's next one. If this fails permanently, the next turn may be
/// unreadable. The end is then written alone, and the next turn is left to a free worker. Otherwise this turn would run
/// again and again.
///
/// # Errors
/// As [`persist`].
pub(super) async fn persist_end<O: Operation + Clone>(
    inner: &Inner,
    turn: TurnId,
    operation: impl Fn(bool) -> O,
) -> Result<O::Out> {
    match persist(inner, operation(true)).await {
        Err(error) if error.kind != Kind::Unavailable => {
            tracing::error!(%turn, ?error, "the turn's end could not be written, trying again without the thread's next turn");
            persist(inner, operation(false)).await
        }
        done => done,
    }
}

/// Cancels an open turn. Its shown text stays as an interrupted message, calls without a result get an error, and the
/// terminal entry follows. A worker in this process is stopped after COMMIT.
pub(crate) async fn cancel(
    tx: &mut Tx,
    journal: &mut Journal,
    turn: &Turn,
    reason: Option<String>,
    inner: &Arc<Inner>,
) -> Result<()> {
    const OPEN_CALL: &str = "The turn was cancelled before this call had a result";
    stop(tx, journal, turn, (Ending::Cancelled { reason }, OPEN_CALL), inner).await
}

/// Like [`cancel`], because a person speaks now or is waited for in silence.
pub(crate) async fn silence(
    tx: &mut Tx,
    journal: &mut Journal,
    turn: &Turn,
    reason: &'static str,
    inner: &Arc<Inner>,
) -> Result<()> {
    stop(tx, journal, turn, (Ending::Silenced { reason }, "Stopped: a person took over"), inner).await
}

async fn stop(
    tx: &mut Tx,
    journal: &mut Journal,
    turn: &Turn,
    (ending, open_call): (Ending, &str),
    inner: &Arc<Inner>,
) -> Result<()> {
    let mut progress = Progress::default();
    if turn.state != State::Queued {
        let mut entries = store::events::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
        // A built-in tool may end its turn in the transaction that stores the call.
        entries.extend(journal.written_in(turn.id).cloned());
        let started_at = turn.started_at.unwrap_or(journal.now);
        progress = Progress::of(&entries, started_at);
        progress.spent = store::step_usage::of_turn(tx, turn.thread, turn.id, started_at).await?;
        progress.spent += journal.charged_in(turn.id);
        progress.last_message = shown::keep(tx, journal, turn).await?.or(progress.last_message);
        results::close(tx, journal, turn, open_call, inner).await?;
    }
    end(tx, journal, turn.clone(), ending, &progress).await?;
    let (inner, id) = (inner.clone(), turn.id);
    tx.on_commit(move || inner.workers.stop(id));
    Ok(())
}
