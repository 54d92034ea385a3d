//! The changes of an agent, as people look them up.

use domain::{AgentId, Caller, Result, agent::Agent, caller::Scope};
use store::{
    Tx,
    agent_changes::{self, Before},
    op,
};

pub use store::agent_changes::Change;

use super::Draft;
use crate::{App, inner::Inner, unknown};

impl App {
    /// The kept changes of the agent, newest first: at most [`domain::Limits::agent_changes`].
    ///
    /// # Errors
    /// `forbidden` without `admin`; `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn list_agent_changes(&self, caller: &Caller, id: AgentId) -> Result<Vec<Change>> {
        caller.require(Scope::Admin)?;
        let (project, most) = (caller.project, self.limits.agent_changes as i64);
        let list = op(move |tx| {
            Box::pin(async move {
                store::agents::find(tx, project, id).await?.ok_or_else(unknown::agent)?;
                agent_changes::list(tx, project, id, most).await
            })
        });
        self.store.read_long(list).await
    }
}

/// Records that the caller changed the agent, in the change's transaction.
pub(super) async fn record(tx: &mut Tx, inner: &Inner, caller: &Caller, agent: &Agent, before: &Draft) -> Result<()> {
    let Draft { name, settings, archived, .. } = before;
    let is_same = (name, settings, *archived) == (&agent.name, &agent.settings, agent.archived_at.is_some());
    let most = inner.limits.agent_changes as i64;
    if is_same || most == 0 {
        return Ok(());
    }
    let before = Before { name: name.clone(), archived: *archived, settings: settings.clone() };
    let (project, key, member) = (caller.project, caller.key, caller.member());
    let (id, at) = (inner.clock.id(), agent.updated_at);
    agent_changes::insert(tx, &Change { id, project, agent: agent.id, key, member, at, before }).await?;
    agent_changes::keep(tx, project, agent.id, most).await.map(drop)
}
