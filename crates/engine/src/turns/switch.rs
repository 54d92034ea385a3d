//! The switch of a model call: it stops the call when its route is switched off, or when its agent is paused.

use std::time::Duration;

use domain::{AgentId, ProjectId};
use providers::Target;
use store::op;
use tokio::{sync::watch, time::sleep};

use super::run::Run;
use crate::inner::Inner;

/// The pause before a change is looked at, so that many changes at once are looked at once.
const MOMENT: Duration = Duration::from_millis(200);

/// Watches the changes of catalogues and of paused agents during a turn's calls.
pub(super) struct Switch {
    project: ProjectId,
    agent: AgentId,
    changes: watch::Receiver<u64>,
    /// The number of the changes that were looked at.
    looked: u64,
}

/// The reason why a call is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Off {
    Route,
    Agent,
}

impl Switch {
    /// The run knows all changes before its claim.
    pub(super) fn new(run: &Run, inner: &Inner) -> Self {
        let changes = inner.catalogues.changes();
        Self { project: run.turn.project, agent: run.turn.agent, changes, looked: run.changes }
    }

    /// Returns when the target's route is switched off, or the agent is paused. May be dropped at any moment.
    pub(super) async fn off(&mut self, target: &Target, inner: &Inner) -> Off {
        loop {
            let learned = *self.changes.borrow_and_update();
            if learned == self.looked {
                // The sender lives as long as the engine.
                let _ = self.changes.changed().await;
                continue;
            }
            sleep(MOMENT).await;
            match self.look(target, inner).await {
                Ok(Some(off)) => return off,
                Ok(None) => self.looked = learned,
                // The next round asks again.
                Err(error) => tracing::warn!(?error, "it is not known whether a model is switched off"),
            }
        }
    }

    async fn look(&self, target: &Target, inner: &Inner) -> domain::Result<Option<Off>> {
        let (project, agent) = (self.project, self.agent);
        let models = inner.catalogues.of(project).await?;
        if let Target::Provider(lead) = target
            && models.routes().is_off(lead)
        {
            return Ok(Some(Off::Route));
        }
        let find = op(move |tx| Box::pin(async move { store::agents::find(tx, project, agent).await }));
        let paused = inner.store.read(find).await?.is_some_and(|agent| agent.settings.paused);
        Ok(paused.then_some(Off::Agent))
    }
}
