//! Continues work that takes many bounded transactions: unfinished forks, and removals. The request that makes a fork
//! runs its steps; the service continues when it does not.

use std::sync::Arc;

use domain::{ProjectId, Result, Timestamp};
use store::{Operation, Tx, op};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{Next, Round, Service};
use crate::{app::threads::fork::CopyOn, inner::Inner, quotas::Growth, reschedule::write};

/// Forks and removals in one round, with one step each.
const ROUND: i64 = 64;

#[derive(Default)]
pub struct Unfinished;

impl Service for Unfinished {
    const NAME: &'static str = "forks and deletions";

    fn bell(inner: &Inner) -> Option<&Notify> {
        Some(&inner.unfinished)
    }

    /// Runs one step of each due fork and removal.
    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        let now = inner.clock.now();
        let due = op(move |tx| {
            Box::pin(async move {
                Ok((store::removals::due(tx, now, ROUND).await?, store::forks::due(tx, now, ROUND).await?))
            })
        });
        let (removals, forks) = inner.store.read(due).await?;
        let steps = (removals.len() + forks.len()) as u64;
        for (owner, project) in removals {
            let remove = Remove { inner: inner.clone(), project, owner };
            let off =
                |_, later| op(move |tx| Box::pin(async move { store::removals::reschedule(tx, owner, later).await }));
            write(inner, project, &format!("the deletion of {owner}"), remove, off).await?;
        }
        for (thread, project) in forks {
            let copy = CopyOn { inner: inner.clone(), thread };
            let off =
                |_, later| op(move |tx| Box::pin(async move { store::forks::reschedule(tx, thread, later).await }));
            write(inner, project, &format!("the fork {thread}"), copy, off).await?;
        }
        let next = match steps {
            0 => Next::At(inner.store.read(op(|tx| Box::pin(next_due(tx)))).await?),
            _ => Next::Now,
        };
        Ok(Round { did: steps, next })
    }
}

async fn next_due(tx: &mut Tx) -> Result<Option<Timestamp>> {
    let (forks, removals) = (store::forks::next_due(tx).await?, store::removals::next_due(tx).await?);
    Ok(forks.into_iter().chain(removals).min())
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
        // On PostgreSQL, another worker may take the same step. The bytes are subtracted only once.
        growth.removal(owner, -store::removals::end(tx, owner).await?.unwrap_or(0));
        growth.settle(tx, &inner.quotas)
    }
}
