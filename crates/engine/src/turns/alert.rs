//! The entry that tells that a budget comes to its end.

use std::sync::Arc;

use domain::{Result, ThreadId, event::Event};
use store::{Operation, Tx};

use super::run::Run;
use crate::{budgets::Bound, inner::Inner, journal::Journal, persist::persist};

/// Writes the entry in the run's thread, unless the project was told of this budget and period before.
pub(super) async fn tell(run: &Run, bound: Bound, used: i64, inner: &Arc<Inner>) -> Result<()> {
    tracing::info!(turn = %run.turn.id, ?bound, used, "a budget comes to its end");
    persist(inner, Tell { inner: inner.clone(), project: run.turn.project, thread: run.turn.thread, bound, used }).await
}

/// Appends the entry, unless the project was told of this budget and period before.
pub(super) async fn append(tx: &mut Tx, journal: &mut Journal, bound: Bound, used: i64) -> Result<()> {
    let Bound { owner, meter, most } = bound;
    if store::budgets::alert(tx, journal.thread.project, &meter).await? {
        let (owner_id, per, unit) = (meter.id, meter.per, meter.unit);
        journal.append(None, Event::BudgetAlert { owner, owner_id, per, unit, most, used });
    }
    Ok(())
}

#[derive(Clone)]
struct Tell {
    inner: Arc<Inner>,
    project: domain::ProjectId,
    thread: ThreadId,
    bound: Bound,
    used: i64,
}

impl Operation for Tell {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { inner, project, thread, bound, used } = self;
        let Some(mut journal) = Journal::open(tx, project, thread, inner.clock.now()).await? else { return Ok(()) };
        append(tx, &mut journal, bound, used).await?;
        journal.write(tx, &inner).await.map(drop)
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}
