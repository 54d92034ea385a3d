//! The end of a program's part: the turn completes, fails, or is given back.

use domain::{
    Result, codes,
    external::{Answer, Hold},
    turn::State,
};
use store::Tx;

use super::{
    Reported, budget,
    call::Work,
    offer::{self, set_alarm},
    say::{self, Added},
    step::Known,
};
use crate::turns::{
    claim::{self, Successor},
    end::{self, Ending},
    failing,
    progress::Progress,
    shown,
};

/// Time for which the last call of an ended turn is answered again.
const KEPT_S: i64 = 600;

/// Stores the last messages, and ends the turn. If a message came that the program has not read, the turn is offered
/// again instead.
pub(super) async fn complete(tx: &mut Tx, work: &mut Work<'_>, messages: Vec<Reported>) -> Result<Answer> {
    let mut known = say::known(tx, work).await?;
    match say::add(tx, work, &mut known, messages).await? {
        // A turn that is said to its end needs no further model call, so a spent budget does not fail it.
        Added::Calls { used, .. } => match budget::pay(tx, work, known.asker, &used).await? {
            Some(stop) if stop.code == codes::PRICE_UNKNOWN => {
                return failed(tx, work, known.progress, stop.code.to_string(), stop.reason).await;
            }
            _ => {}
        },
        Added::TooMany(most) => return too_many(tx, work, known.progress, most).await,
    }
    if work.row.progress.saying.take().is_some() {
        let kept = shown::keep(tx, &mut work.journal, &work.turn).await?;
        known.progress.last_message = kept.or(known.progress.last_message);
    }
    if work.has_unread {
        work.hand_over(tx).await?;
        return Ok(Answer { again: true, ..Answer::default() });
    }
    let progress = work.with_first_text(known.progress);
    end::end(tx, &mut work.journal, work.turn.clone(), Ending::Completed, &progress).await?;
    work.ended(tx, State::Completed).await
}

/// Ends the turn as failed.
pub(super) async fn fail(tx: &mut Tx, work: &mut Work<'_>, code: String, reason: String) -> Result<Answer> {
    let Known { progress, .. } = Known::of(tx, &work.turn).await?;
    failed(tx, work, progress, code, reason).await
}

/// Ends a turn that has reached its limit of steps.
pub(super) async fn too_many(tx: &mut Tx, work: &mut Work<'_>, progress: Progress, most: u64) -> Result<Answer> {
    let reason = format!("the turn has reached its limit of {most} model calls");
    failed(tx, work, progress, codes::STEP_LIMIT.to_string(), reason).await
}

pub(super) async fn failed(
    tx: &mut Tx,
    work: &mut Work<'_>,
    progress: Progress,
    code: String,
    reason: String,
) -> Result<Answer> {
    tracing::warn!(turn = %work.turn.id, thread = %work.turn.thread, code, "the turn of an external agent failed");
    let progress = work.with_first_text(progress);
    let failed = failing::Failed { code, reason, progress };
    failing::write(tx, &mut work.journal, &work.turn, &work.agent, failed, work.inner).await?;
    work.ended(tx, State::Failed).await
}

/// Gives the turn back, for any program.
pub(super) async fn release(tx: &mut Tx, work: &mut Work<'_>) -> Result<Answer> {
    work.row.progress.hold = Hold::Released;
    // No entry tells the program's own stream.
    let (inner, thread) = (work.inner.clone(), work.turn.thread);
    tx.on_commit(move || inner.hub.wake(thread));
    offer::again(tx, &mut work.row, &work.agent, work.inner).await?;
    Ok(Answer::default())
}

impl Work<'_> {
    /// Ends the program's hold, and offers the turn with what came meanwhile.
    pub(super) async fn hand_over(&mut self, tx: &mut Tx) -> Result<()> {
        self.row.progress.hold = Hold::Done;
        offer::again(tx, &mut self.row, &self.agent, self.inner).await
    }

    /// Starts the thread's next turn, and keeps the row for a repetition of the call.
    pub(super) async fn ended(&mut self, tx: &mut Tx, state: State) -> Result<Answer> {
        self.turn.state = state;
        claim::advance(tx, &mut self.journal, Successor::Offered, self.inner).await?;
        let now = self.journal.now;
        set_alarm(tx, &mut self.row, now.plus_s(KEPT_S), now, self.inner);
        Ok(Answer::default())
    }

    fn with_first_text(&self, progress: Progress) -> Progress {
        Progress { first_text_at: self.row.progress.first_text_at, ..progress }
    }
}
