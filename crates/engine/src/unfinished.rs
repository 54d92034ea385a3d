//! What takes many transactions, each bounded: forks that are being made, and what is left of what was deleted. Whoever asks for a
//! fork makes it; the service goes on where nobody does any more.

use std::sync::Arc;

use domain::{ProjectId, Result, Timestamp, shares::Holder};
use store::{Operation, Tx, on_behalf_of, op};
use uuid::Uuid;

use crate::{
    App,
    app::threads::fork::CopyOn,
    inner::Inner,
    quotas::Growth,
    rounds::{pause, put_off},
};

/// Forks and deletions in one round, of which each has one step.
const ROUND: i64 = 64;

impl App {
    /// Takes all steps that are due now, as the service does; how many. For tests that hold the clock.
    ///
    /// # Errors
    /// Whatever the store says.
    #[crate::boxed]
    pub async fn finish_unfinished(&self) -> Result<usize> {
        let mut steps = 0;
        loop {
            match round(self.inner()).await? {
                0 => return Ok(steps),
                more => steps += more,
            }
        }
    }
}

pub(crate) async fn watch(inner: Arc<Inner>) {
    loop {
        let rung = inner.unfinished.notified();
        let next = match round(&inner).await {
            Ok(0) => inner.store.read(op(|tx| Box::pin(next_due(tx)))).await,
            Ok(_) => continue,
            Err(error) => Err(error),
        };
        let wait = pause(next, inner.clock.now(), "forks and deletions could not go on");
        let _ = tokio::time::timeout(wait, rung).await;
    }
}

async fn next_due(tx: &mut Tx) -> Result<Option<Timestamp>> {
    let (forks, removals) = (store::forks::next_due(tx).await?, store::removals::next_due(tx).await?);
    Ok(forks.into_iter().chain(removals).min())
}

/// One step of each that is due; how many.
async fn round(inner: &Arc<Inner>) -> Result<usize> {
    let now = inner.clock.now();
    let due = op(move |tx| {
        Box::pin(
            async move { Ok((store::removals::due(tx, now, ROUND).await?, store::forks::due(tx, now, ROUND).await?)) },
        )
    });
    let (removals, forks) = inner.store.read(due).await?;
    let steps = removals.len() + forks.len();
    for (owner, project) in removals {
        let remove = Remove { inner: inner.clone(), project, owner };
        if let Err(error) = on_behalf_of(Holder::project(project), inner.store.write(remove)).await {
            let off =
                |_, later| op(move |tx| Box::pin(async move { store::removals::put_off(tx, owner, later).await }));
            put_off(inner, &format!("the deletion of {owner}"), error, off).await?;
        }
    }
    for (thread, project) in forks {
        let copy = CopyOn { inner: inner.clone(), thread };
        if let Err(error) = on_behalf_of(Holder::project(project), inner.store.write(copy)).await {
            let off = |_, later| op(move |tx| Box::pin(async move { store::forks::put_off(tx, thread, later).await }));
            put_off(inner, &format!("the fork {thread}"), error, off).await?;
        }
    }
    Ok(steps)
}

struct Remove {
    inner: Arc<Inner>,
    project: ProjectId,
    owner: Uuid,
}

impl Operation for Remove {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { inner, project, owner } = self;
        let (rows, bytes) = (inner.limits.bulk_rows as i64, inner.limits.bulk_bytes as i64);
        if store::removals::step(tx, owner, rows, bytes).await? {
            return Ok(());
        }
        let mut growth = Growth::new(project);
        // Another may take the same step on PostgreSQL: the bytes are given back once.
        growth.removal(owner, -store::removals::end(tx, owner).await?.unwrap_or(0));
        growth.settle(tx, &inner.quotas)
    }
}
