//! Deletes a thread with everything in it.

use std::sync::Arc;

use domain::{Caller, Result, ThreadId, caller::Scope};
use store::{Operation, Tx};

use crate::{App, inner::Inner, journal::Journal, quotas::Growth};

impl App {
    /// Deletes the thread. Nobody finds it any more, and its readers' streams end. A service removes its log step by
    /// step.
    ///
    /// # Errors
    /// `not_found`.
    #[crate::boxed]
    pub async fn delete_thread(&self, caller: &Caller, id: ThreadId) -> Result<()> {
        caller.require(Scope::Write)?;
        self.store.write(Delete { inner: self.inner().clone(), caller: caller.clone(), id }).await
    }
}

struct Delete {
    inner: Arc<Inner>,
    caller: Caller,
    id: ThreadId,
}

impl Operation for Delete {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { inner, caller, id } = self;
        let now = inner.clock.now();
        let mut journal = Journal::named(tx, caller.project, id, now).await?;
        journal.load_turns(tx).await?;
        let stored = store::removals::begin(tx, caller.project, id, now).await?;
        Growth::deleted(caller.project, id, stored).settle(tx, &inner.quotas)?;
        let turns: Vec<_> = journal.turns.iter().map(|t| t.id).collect();
        tx.on_commit(move || {
            turns.into_iter().for_each(|turn| inner.workers.stop(turn));
            inner.hub.wake(id);
            inner.feeds.tell(caller.project, id);
            inner.unfinished.notify_one();
        });
        Ok(())
    }
}
