//! Deltas: unfinished text, coalesced, and written only by the attempt that holds the turn.

use std::sync::Arc;

use domain::{
    MessageId, Position, Result, ThreadId, TurnId,
    event::{Delta, DeltaKind, Item},
    turn::State,
};
use store::{
    Operation, Tx,
    planted::{Bug, is_planted},
};

use crate::inner::Inner;

/// Writes one delta.
#[derive(Clone)]
pub(crate) struct WriteDelta {
    pub(crate) inner: Arc<Inner>,
    pub(crate) thread: ThreadId,
    pub(crate) turn: TurnId,
    pub(crate) attempt: i64,
    pub(crate) message: MessageId,
    pub(crate) kind: DeltaKind,
    pub(crate) offset: i64,
    pub(crate) text: String,
    /// The previous delta of this attempt.
    pub(crate) previous: Position,
}

impl Operation for WriteDelta {
    /// The delta's position. `None` if the attempt no longer holds the turn.
    type Out = Option<Position>;

    /// Takes the shared lock of the thread's row before it reads the attempt. A takeover holds the row until COMMIT, so
    /// no delta of a dead attempt can commit after it.
    async fn run(self, tx: &mut Tx) -> Result<Option<Position>> {
        let Some(seq) = store::threads::share(tx, self.thread).await? else { return Ok(None) };
        let turn = store::turns::find_in_thread(tx, self.thread, self.turn).await?;
        let is_held = turn.is_some_and(|t| t.attempt == self.attempt && t.state == State::Running);
        if !is_held && !is_planted(Bug::TakeKeepsEpoch) {
            return Ok(None);
        }
        let n = if self.previous.seq == seq { self.previous.n + 1 } else { 1 };
        let delta = Delta {
            thread: self.thread,
            seq,
            n,
            turn: self.turn,
            attempt: self.attempt,
            message: self.message,
            kind: self.kind,
            offset: self.offset,
            text: self.text,
            at: self.inner.clock.now(),
        };
        store::deltas::insert(tx, &delta).await?;
        let inner = self.inner;
        tx.on_commit(move || inner.hub.tell(delta.thread, || vec![(delta.text.len(), Item::Delta(delta))]));
        Ok(Some(Position::delta(seq, n)))
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}
