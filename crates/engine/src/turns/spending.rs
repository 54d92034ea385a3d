//! The charge of model calls: a row of its own for each, and the sums of its turn and thread.

use std::sync::Arc;

use domain::{
    Result, Timestamp,
    spent::{Call, Spent},
    step::Record,
    usage::{Usage, Usd},
};
use providers::Failure;
use store::{Operation, Tx};

use super::{
    calling::Asked,
    run::{Halt, Run},
};
use crate::{inner::Inner, journal::Journal, persist::persist};

/// The tokens that a call used, and their cost.
#[derive(Clone)]
pub(super) struct Used {
    provider: Option<String>,
    model: String,
    usage: Usage,
    cost: Option<Usd>,
    failed: bool,
}

impl Used {
    /// The use of a finished call.
    pub(super) fn of(record: &Record) -> Self {
        let Record { provider, model, usage, cost, .. } = record.clone();
        Self { provider, model, usage, cost, failed: false }
    }

    /// The use of a call that makes no message: a summary, or a failed call.
    pub(super) fn beside(asked: &Asked, usage: Usage, failed: bool) -> Self {
        let (provider, model) = (asked.provider().map(str::to_owned), asked.model().to_owned());
        Self { provider, model, usage, cost: asked.cost(&usage), failed }
    }

    /// Charges the call to the thread and the turn. The caller writes the journal and keeps the run.
    pub(super) fn charge(self, journal: &mut Journal, run: &mut Run, at: Timestamp, inner: &Inner) {
        let Self { provider, model, usage, cost, failed } = self;
        let call = Call {
            id: inner.clock.id(),
            project: run.turn.project,
            thread: run.turn.thread,
            turn: run.turn.id,
            agent: run.turn.agent,
            key: run.asker.key,
            at,
            provider,
            model,
            usage: usage.bounded(),
            cost,
            failed,
            reported: false,
        };
        run.progress.spent += Spent::from(&call);
        journal.charge(call);
    }
}

/// Charges a failed call, if its provider told the use. The row is written before the next try, so that a death between
/// the two loses nothing.
pub(super) async fn charge_failed(
    run: &mut Run,
    asked: &Asked,
    failure: &Failure,
    inner: &Arc<Inner>,
) -> Result<(), Halt> {
    let Some(usage) = failure.usage.filter(|usage| usage.total() > 0) else { return Ok(()) };
    run.progress.spent = charge(run, Used::beside(asked, usage, true), inner).await?;
    Ok(())
}

/// Charges a call in a transaction of its own. Returns the new sum of the turn.
pub(super) async fn charge(run: &Run, used: Used, inner: &Arc<Inner>) -> Result<Spent, Halt> {
    persist(inner, Charge { inner: inner.clone(), run: run.clone(), used }).await?.ok_or(Halt::Fenced)
}

/// Charges a call in a transaction of its own.
#[derive(Clone)]
struct Charge {
    inner: Arc<Inner>,
    run: Run,
    used: Used,
}

impl Operation for Charge {
    /// The new sum of the turn. `None`: the attempt no longer holds the turn.
    type Out = Option<Spent>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, mut run, used } = self;
        let (project, thread) = (run.turn.project, run.turn.thread);
        let Some(mut journal) = Journal::open(tx, project, thread, inner.clock.now()).await? else { return Ok(None) };
        if journal.held(&run.turn).is_none() {
            return Ok(None);
        }
        let at = journal.next_at();
        used.charge(&mut journal, &mut run, at, &inner);
        journal.write(tx, &inner).await?;
        Ok(Some(run.progress.spent))
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}
