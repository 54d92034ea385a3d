//! The server acts about a turn by itself: a program's hold has ended, no program came, or the turn is long over.

use std::sync::Arc;

use domain::{ProjectId, Result, ThreadId, TurnId, codes, external::Hold};
use store::{Operation, Tx};

use super::{offer, step::Known, take};
use crate::{
    inner::Inner,
    journal::Journal,
    turns::{
        claim::{self, Successor},
        failing,
    },
};

/// Acts about one turn whose alarm has come.
#[derive(Clone)]
pub(crate) struct Alarm {
    pub(crate) inner: Arc<Inner>,
    pub(crate) project: ProjectId,
    pub(crate) thread: ThreadId,
    pub(crate) turn: TurnId,
}

impl Operation for Alarm {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { inner, project, thread, turn } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, project, thread, now).await? else {
            return store::external_turns::delete(tx, project, turn).await;
        };
        let Some(mut row) = store::external_turns::find(tx, project, turn).await? else { return Ok(()) };
        if row.alarm_at.is_none_or(|at| at > now) {
            return Ok(());
        }
        let Some((turn, agent)) = take::ready(tx, &journal, &row, &inner).await? else {
            return journal.write(tx, &inner).await.map(drop);
        };
        if row.offered_at.is_none() && row.progress.hold == Hold::Held {
            tracing::warn!(turn = %turn.id, %thread, attempt = turn.attempt, "the turn's program is gone, so the turn is offered again");
            return offer::again(tx, &mut row, &agent, &inner).await;
        }
        let progress = Known::of(tx, &turn).await?.progress;
        let reason = "no program of the agent claimed the turn in time".to_owned();
        let failed = failing::Failed { code: codes::AGENT_ABSENT.to_string(), reason, progress };
        failing::write(tx, &mut journal, &turn, &agent, failed, &inner).await?;
        store::external_turns::delete(tx, project, turn.id).await?;
        claim::advance(tx, &mut journal, Successor::Offered, &inner).await?;
        journal.write(tx, &inner).await.map(drop)
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}
