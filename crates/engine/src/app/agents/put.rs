//! Creates or changes an agent by its id or its name.

use std::sync::Arc;

use domain::{
    AgentId, Caller, Map, Result,
    agent::{Agent, Settings},
    caller::Scope,
};
use store::{Operation, Tx, op};

use super::{Draft, check_draft, keep_origins, known_to_guests, not_inserted, write};
use crate::{
    App,
    app::keyed::{Keyed, Outcome},
    inner::Inner,
    unknown,
};

/// The identity by which [`App::put_agent`] finds the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A missing agent is created with this id.
    Id(AgentId),
    Name(String),
}

impl App {
    /// Creates or changes the agent. Returns whether it was created. `change` gets the present values; a new agent has
    /// only a `name`. An archived agent becomes active again, unless `change` archives it.
    ///
    /// # Errors
    /// As [`App::update_agent`]; `conflict` if the id belongs to another project's agent.
    pub async fn put_agent(
        &self,
        caller: &Caller,
        named: Named,
        name: String,
        change: impl FnOnce(&mut Draft) + Send + 'static,
    ) -> Result<(Agent, bool)> {
        self.store.write(self.putting(caller, named, name, change)?).await
    }

    fn putting<F>(&self, caller: &Caller, named: Named, name: String, change: F) -> Result<Put<F>> {
        caller.require(Scope::Admin)?;
        Ok(Put { inner: self.inner().clone(), caller: caller.clone(), named, name, change })
    }
}

impl Keyed<'_> {
    /// # Errors
    /// As [`App::put_agent`]; `conflict` for a reused origin key.
    pub async fn put_agent(
        &self,
        caller: &Caller,
        named: Named,
        name: String,
        change: impl FnOnce(&mut Draft) + Send + 'static,
    ) -> Result<Agent> {
        let (project, put) = (caller.project, self.app.putting(caller, named, name, change)?);
        match self.once(caller, None, put, |(agent, _)| agent.id.0).await? {
            Outcome::Done((agent, _)) => Ok(agent),
            Outcome::Before(id) => {
                let find = op(move |tx| Box::pin(async move { store::agents::find(tx, project, AgentId(id)).await }));
                self.app.store.read(find).await?.ok_or_else(unknown::agent)
            }
        }
    }
}

struct Put<F> {
    inner: Arc<Inner>,
    caller: Caller,
    named: Named,
    name: String,
    change: F,
}

impl<F: FnOnce(&mut Draft) + Send + 'static> Operation for Put<F> {
    type Out = (Agent, bool);

    async fn run(self, tx: &mut Tx) -> Result<(Agent, bool)> {
        let Self { inner, caller, named, name, change } = self;
        let project = caller.project;
        if !store::projects::lock(tx, project).await? {
            return Err(unknown::project());
        }
        let found = match &named {
            Named::Id(id) => store::agents::find(tx, project, *id).await?,
            Named::Name(name) => store::agents::find_by_name(tx, project, name).await?,
        };
        let now = inner.clock.now();
        if let Some(agent) = found {
            let before = Draft::of(tx, &inner, &agent).await?;
            let mut after = Draft { archived: false, ..before.clone() };
            change(&mut after);
            return Ok((write(tx, &inner, &caller, agent, (before, after)).await?, false));
        }
        let mut draft = Draft { name, settings: Settings::default(), archived: false, extras: Map::new() };
        change(&mut draft);
        check_draft(tx, &inner, &caller, &draft).await?;
        let agent = Agent {
            id: match named {
                Named::Id(id) => id,
                Named::Name(_) => AgentId(inner.clock.id()),
            },
            project,
            number: store::agents::last_number(tx, project).await? + 1,
            name: draft.name,
            created_at: now,
            updated_at: now,
            archived_at: draft.archived.then_some(now),
            guest_id: None,
            settings: draft.settings,
        };
        let mut agent = known_to_guests(agent, &inner.clock);
        crate::tool_secrets::keep(tx, &inner, &mut agent, true).await?;
        if !store::agents::insert(tx, &agent).await? {
            return Err(not_inserted(tx, &agent).await?);
        }
        keep_origins(tx, &agent).await?;
        if !draft.extras.is_empty() {
            crate::extras::save(tx, &inner, project, agent.id.0, &draft.extras).await?;
        }
        Ok((agent, true))
    }
}
