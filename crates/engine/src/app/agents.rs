//! Agents, which answer in threads.

pub mod changes;
mod put;
mod search;
pub mod threads;

use std::sync::Arc;

use domain::{
    AgentId, Caller, Error, GuestId, Map, Result,
    agent::{Agent, Settings},
    caller::Scope,
    codes,
    project::Project,
    thread::Thread,
};
use store::{Fitted, Operation, Tx, op};
use tools::http::Template;
use uuid::Builder;

pub use self::{
    put::Named,
    search::{Described, Search},
};
use super::{access::origins, external, snapshots::check_snapshots, threads::make::DEFAULT_AGENT};
use crate::{
    App, Clock, Origin, extras,
    inner::Inner,
    origin::{self, Taken},
    tool_secrets, unknown, validate,
};

/// A new agent.
#[derive(Clone, Debug, Default)]
pub struct NewAgent {
    /// Default: a new id.
    pub id: Option<AgentId>,
    pub name: String,
    pub settings: Settings,
}

/// The changeable part of an agent, filled with its present values by [`App::update_agent`].
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub name: String,
    pub settings: Settings,
    pub archived: bool,
    /// Settings that clients store without effect.
    pub extras: Map,
}

impl Draft {
    async fn of(tx: &mut Tx, inner: &Inner, agent: &Agent) -> Result<Self> {
        Ok(Self {
            name: agent.name.clone(),
            settings: agent.settings.clone(),
            archived: agent.archived_at.is_some(),
            extras: extras::find(tx, inner, agent.project, agent.id.0).await?,
        })
    }
}

impl App {
    /// Creates an agent. Its number is the next of the project.
    ///
    /// # Errors
    /// `forbidden` without `admin`. `invalid` for the name or a setting. `conflict` if the name or the id is taken, or
    /// the origin key was used for another request.
    #[crate::boxed]
    pub async fn create_agent(&self, caller: &Caller, new: NewAgent, origin: Option<Origin>) -> Result<Agent> {
        caller.require(Scope::Admin)?;
        validate::slug("name", &new.name, &self.limits)?;
        validate::settings(&new.settings, &self.limits, &self.catalogues.of(caller.project).await?)?;
        external::check(self.inner(), &new.settings)?;
        tool_urls(self.inner(), &new.settings)?;
        let now = self.clock.now();
        let agent = Agent {
            id: new.id.unwrap_or_else(|| AgentId(self.clock.id())),
            project: caller.project,
            number: 0,
            name: new.name,
            created_at: now,
            updated_at: now,
            archived_at: None,
            guest_id: None,
            settings: new.settings,
        };
        let agent = known_to_guests(agent, &self.clock);
        self.store.write(Create { inner: self.inner().clone(), caller: caller.clone(), agent, origin }).await
    }

    /// Changes the agent by `change`, which gets the present values. Running turns keep the settings with which they
    /// started. An agent that becomes paused ends them.
    ///
    /// # Errors
    /// `forbidden` without `admin`. `not_found`. `invalid` for a value that `change` has set. `conflict` if the name is
    /// taken, or the agent is `default` and its name was changed.
    pub async fn update_agent(
        &self,
        caller: &Caller,
        id: AgentId,
        change: impl FnOnce(&mut Draft) + Send + 'static,
    ) -> Result<Agent> {
        caller.require(Scope::Admin)?;
        self.store.write(Update { inner: self.inner().clone(), caller: caller.clone(), id, change }).await
    }

    /// Archives the agent. It takes no new threads, and its present threads continue. A second call changes nothing.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `not_found`; `conflict` for the agent `default`.
    #[crate::boxed]
    pub async fn archive_agent(&self, caller: &Caller, id: AgentId) -> Result<Agent> {
        caller.require(Scope::Admin)?;
        self.store.write(Archive { inner: self.inner().clone(), caller: caller.clone(), id }).await
    }

    /// # Errors
    /// `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn agent(&self, caller: &Caller, id: AgentId) -> Result<Agent> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        let find = op(move |tx| Box::pin(async move { store::agents::find(tx, project, id).await }));
        self.store.read(find).await?.ok_or_else(unknown::agent)
    }

    /// The agent of a thread that the caller already has.
    ///
    /// # Errors
    /// Errors of the store.
    #[crate::boxed]
    pub async fn agent_of(&self, thread: &Thread) -> Result<Agent> {
        let (project, id) = (thread.project, thread.agent);
        let find = op(move |tx| Box::pin(async move { store::agents::find(tx, project, id).await }));
        self.store.read(find).await?.ok_or_else(unknown::agent)
    }

    /// # Errors
    /// `not_found` if no agent of the project has the name.
    #[crate::boxed]
    pub async fn agent_by_name(&self, caller: &Caller, name: &str) -> Result<Agent> {
        caller.require(Scope::Read)?;
        let (project, name) = (caller.project, String::from(name));
        let find = op(move |tx| Box::pin(async move { store::agents::find_by_name(tx, project, &name).await }));
        self.store.read(find).await?.ok_or_else(unknown::agent)
    }

    /// Agents of the caller's project, oldest first, without archived ones unless asked for.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn list_agents(
        &self,
        caller: &Caller,
        archived: bool,
        after: Option<AgentId>,
        limit: i64,
    ) -> Result<Fitted<Agent>> {
        caller.require(Scope::Read)?;
        let (project, bound) = (caller.project, self.bound(limit));
        let list =
            op(move |tx| Box::pin(async move { store::agents::list(tx, project, archived, after, bound).await }));
        self.store.read(list).await
    }
}

/// The agent, with a guest id if it lets guests in. The id is random, so that nobody can take it first.
fn known_to_guests(mut agent: Agent, clock: &Clock) -> Agent {
    if agent.settings.guests.is_some() && agent.guest_id.is_none() {
        agent.guest_id = Some(GuestId(Builder::from_random_bytes(clock.random()).into_uuid()));
    }
    agent
}

/// The first agent of a new project, not yet stored.
pub(crate) fn first_agent(clock: &Clock, project: &Project) -> Agent {
    Agent {
        id: AgentId(clock.id()),
        project: project.id,
        number: 1,
        name: DEFAULT_AGENT.into(),
        created_at: project.created_at,
        updated_at: project.created_at,
        archived_at: None,
        guest_id: None,
        settings: Settings::default(),
    }
}

fn name_taken() -> Error {
    Error::conflict(codes::AGENT_NAME_TAKEN, "Another agent of this project has this name")
}

/// The reason why an agent could not be inserted: its name is taken, or the id that the caller chose.
async fn not_inserted(tx: &mut Tx, agent: &Agent) -> Result<Error> {
    Ok(match store::agents::find_by_name(tx, agent.project, &agent.name).await? {
        Some(_) => name_taken(),
        None => Error::conflict(codes::AGENT_ID_TAKEN, "Another agent has this id"),
    })
}

/// Checks the changed agent.
async fn check_draft(tx: &mut Tx, inner: &Inner, caller: &Caller, draft: &Draft) -> Result<()> {
    validate::slug("name", &draft.name, &inner.limits)?;
    let models = inner.catalogues.within(tx, caller.project).await?;
    validate::settings(&draft.settings, &inner.limits, &models)?;
    external::check(inner, &draft.settings)?;
    tool_urls(inner, &draft.settings)?;
    validate::extras(&draft.extras, &inner.limits)?;
    check_controls(tx, caller, &draft.settings).await
}

/// Checks the targets of HTTP tools.
fn tool_urls(inner: &Inner, settings: &Settings) -> Result<()> {
    for (i, tool) in settings.tools.iter().enumerate() {
        let Some(template) = tool.http.as_ref().and_then(|http| Template::parse(&http.url).ok()) else { continue };
        let path = format!("tools.{i}.http.url");
        outward::target(&path, &template.example(), inner.tool_client.targets())?;
    }
    Ok(())
}

/// Applies `after` to the agent, which is locked.
async fn write(
    tx: &mut Tx,
    inner: &Arc<Inner>,
    caller: &Caller,
    mut agent: Agent,
    (before, after): (Draft, Draft),
) -> Result<Agent> {
    if after == before {
        return Ok(agent);
    }
    check_draft(tx, inner, caller, &after).await?;
    if before.name == DEFAULT_AGENT && after.name != DEFAULT_AGENT {
        return Err(Error::conflict(codes::DEFAULT_AGENT, "The agent `default` keeps its name"));
    }
    if before.name == DEFAULT_AGENT && after.archived {
        return Err(Error::conflict(codes::DEFAULT_AGENT, "The agent `default` cannot be archived"));
    }
    let now = inner.clock.now();
    if after.archived != before.archived {
        agent.archived_at = after.archived.then_some(now);
    }
    (agent.name, agent.settings, agent.updated_at) = (after.name, after.settings, now);
    agent.settings.push = external::kept(before.settings.push.as_ref(), agent.settings.push);
    let mut agent = known_to_guests(agent, &inner.clock);
    if agent.settings.tools != before.settings.tools {
        tool_secrets::keep(tx, inner, &mut agent, false).await?;
    }
    if !store::agents::save(tx, &agent).await? {
        return Err(name_taken());
    }
    changes::record(tx, inner, caller, &agent, &before).await?;
    if agent.settings.guests != before.settings.guests {
        keep_origins(tx, &agent).await?;
        let inner = inner.clone();
        tx.on_commit(move || inner.known_guests.forget());
    }
    if agent.settings.kind != before.settings.kind {
        store::external_turns::ring(tx, agent.project, agent.id, now).await?;
        let inner = inner.clone();
        tx.on_commit(move || inner.external.notify_one());
    }
    if agent.settings.paused && !before.settings.paused {
        // Every server stops the agent's calls.
        store::routes::changed(tx).await?;
        let inner = inner.clone();
        tx.on_commit(move || inner.catalogues.tell());
    }
    let url = |settings: &Settings| settings.push.as_ref().map(|push| push.url.clone());
    if url(&agent.settings).is_some_and(|now| Some(now) != url(&before.settings)) {
        store::external_turns::push_now(tx, agent.project, agent.id, now).await?;
        let inner = inner.clone();
        tx.on_commit(move || inner.pushes.ring());
    }
    if after.extras != before.extras {
        extras::save(tx, inner, agent.project, agent.id.0, &after.extras).await?;
    }
    Ok(agent)
}

/// Defaults of an agent apply to everybody who writes to it, so they may name only things that its creator may use.
async fn check_controls(tx: &mut Tx, caller: &Caller, settings: &Settings) -> Result<()> {
    match check_snapshots(tx, caller, &settings.controls).await? {
        Some(unknown) => {
            let message = format!("{unknown} is not a browser snapshot of this project");
            Err(Error::field("controls.browser_snapshots", message))
        }
        None => Ok(()),
    }
}

/// Preflight requests are answered from the table of all origins, so it contains those of agents too.
async fn keep_origins(tx: &mut Tx, agent: &Agent) -> Result<()> {
    let origins = agent.settings.guests.as_ref().map_or(&[][..], |guests| &guests.origins);
    origins::replace(tx, agent.project, agent.id.0, origins).await
}

struct Create {
    inner: Arc<Inner>,
    caller: Caller,
    /// The agent gets its number in this operation.
    agent: Agent,
    origin: Option<Origin>,
}

impl Operation for Create {
    type Out = Agent;

    async fn run(self, tx: &mut Tx) -> Result<Agent> {
        let Self { inner, caller, mut agent, origin } = self;
        if let Taken::Replay(id) =
            origin::take(tx, &caller, origin.as_ref(), None, agent.id.0, agent.created_at).await?
        {
            return store::agents::find(tx, caller.project, AgentId(id)).await?.ok_or_else(unknown::agent);
        }
        if !store::projects::lock(tx, caller.project).await? {
            return Err(unknown::project());
        }
        check_controls(tx, &caller, &agent.settings).await?;
        agent.number = store::agents::last_number(tx, caller.project).await? + 1;
        tool_secrets::keep(tx, &inner, &mut agent, true).await?;
        if store::agents::insert(tx, &agent).await? {
            keep_origins(tx, &agent).await?;
            return Ok(agent);
        }
        Err(not_inserted(tx, &agent).await?)
    }
}

/// Locks the agent's project, so that nobody changes the agent between read and write.
async fn hold(tx: &mut Tx, caller: &Caller, id: AgentId) -> Result<Agent> {
    store::projects::lock(tx, caller.project).await?;
    store::agents::find(tx, caller.project, id).await?.ok_or_else(unknown::agent)
}

struct Update<F> {
    inner: Arc<Inner>,
    caller: Caller,
    id: AgentId,
    change: F,
}

impl<F: FnOnce(&mut Draft) + Send + 'static> Operation for Update<F> {
    type Out = Agent;

    async fn run(self, tx: &mut Tx) -> Result<Agent> {
        let Self { inner, caller, id, change } = self;
        let agent = hold(tx, &caller, id).await?;
        let before = Draft::of(tx, &inner, &agent).await?;
        let mut after = before.clone();
        change(&mut after);
        write(tx, &inner, &caller, agent, (before, after)).await
    }
}

struct Archive {
    inner: Arc<Inner>,
    caller: Caller,
    id: AgentId,
}

impl Operation for Archive {
    type Out = Agent;

    async fn run(self, tx: &mut Tx) -> Result<Agent> {
        let Self { inner, caller, id } = self;
        let agent = hold(tx, &caller, id).await?;
        let before = Draft::of(tx, &inner, &agent).await?;
        let after = Draft { archived: true, ..before.clone() };
        write(tx, &inner, &caller, agent, (before, after)).await
    }
}
