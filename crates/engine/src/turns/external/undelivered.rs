//! A push that its endpoint did not accept.

use std::sync::Arc;

use domain::{ProjectId, Result, ThreadId, TurnId, external::Hold};
use store::{Operation, Tx};

use super::offer;
use crate::{inner::Inner, journal::Journal, turns::claim};

/// Offers the turn again, unless the program works on it all the same.
#[derive(Clone)]
pub(crate) struct Undelivered {
    pub(crate) inner: Arc<Inner>,
    pub(crate) project: ProjectId,
    pub(crate) thread: ThreadId,
    pub(crate) turn: TurnId,
    pub(crate) attempt: i64,
}

impl Operation for Undelivered {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { inner, project, thread, turn, attempt } = self;
        // Locks the thread.
        if Journal::open(tx, project, thread, inner.clock.now()).await?.is_none() {
            return Ok(());
        }
        let Some(mut row) = store::external_turns::find(tx, project, turn).await? else { return Ok(()) };
        let is_untouched = row.attempt == attempt && row.n == 0 && row.progress.hold == Hold::Held;
        let turn = store::turns::find_in_thread(tx, thread, turn).await?.filter(|turn| turn.state.is_open());
        let Some(turn) = turn.filter(|_| is_untouched && row.offered_at.is_none()) else { return Ok(()) };
        let agent = claim::agent_of(tx, &turn).await?;
        // The program has said nothing that readers could have seen.
        row.progress.hold = Hold::Done;
        offer::again(tx, &mut row, &agent, &inner).await
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}
