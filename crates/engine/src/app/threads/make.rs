//! Creates threads.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    AgentId, Caller, Error, Map, ProjectId, Result, ThreadId, agent::Agent, caller::Scope, codes, overrides::Overrides,
    thread::Thread, variables::Variables,
};
use providers::Models;
use store::{Operation, Tx, owners::Holder};

use super::{overrides::own, update::written, variables, windows};
use crate::{
    App, Origin,
    app::{access::bounds, people::serving},
    inner::Inner,
    journal::{self, Journal},
    origin::{self, Taken},
    unknown, validate,
};

/// A new thread.
#[derive(Clone, Debug, Default)]
pub struct NewThread {
    pub title: Option<String>,
    pub metadata: Map,
    /// Default: the project's agent `default`.
    pub agent: Option<AgentId>,
    /// True for an inactivity window (threads created through Feather).
    pub window: bool,
    /// Values of the placeholders in its agent's instructions.
    pub variables: Variables,
    /// Tags of the thread, which need not be tags of the project.
    pub tags: Vec<String>,
    /// Settings that replace or extend the agent's.
    pub overrides: Overrides,
    /// Settings that clients store without effect.
    pub extras: Map,
    pub origin: Option<Origin>,
}

/// The agent of threads that name none.
pub(crate) const DEFAULT_AGENT: &str = "default";

impl App {
    /// # Errors
    /// `forbidden` without `write`, and beyond the project's quota (`quota_exceeded`). `invalid` for an unknown agent
    /// or a field beyond its limit. `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn create_thread(&self, caller: &Caller, new: NewThread) -> Result<Thread> {
        self.make_thread(caller, new, None).await
    }

    /// `end_user` is the person for whom a program with one agent starts the thread.
    pub(crate) async fn make_thread(
        &self,
        caller: &Caller,
        new: NewThread,
        end_user: Option<String>,
    ) -> Result<Thread> {
        caller.require_of_agent(Scope::Write)?;
        check(&new, self, &self.catalogues.of(caller.project).await?)?;
        self.store.write(Create { inner: self.inner().clone(), caller: caller.clone(), new, end_user }).await
    }
}

/// The agent with this id, or the project's default. An archived agent takes no new threads.
///
/// # Errors
/// `invalid`: `agent_not_found`, `agent_archived`.
pub(crate) async fn agent_for(tx: &mut Tx, project: ProjectId, id: Option<AgentId>) -> Result<Agent> {
    let found = match id {
        Some(id) => store::agents::find(tx, project, id).await?,
        None => store::agents::find_by_name(tx, project, DEFAULT_AGENT).await?,
    };
    let agent = found.ok_or_else(no_such_agent)?;
    match agent.archived_at {
        None => Ok(agent),
        Some(_) => {
            let archived = Error::field("agent", "is archived and takes no new threads");
            Err(Error { code: codes::AGENT_ARCHIVED, ..archived })
        }
    }
}

fn no_such_agent() -> Error {
    Error { code: codes::AGENT_NOT_FOUND, ..Error::field("agent", "must name an agent of this project") }
}

/// Length of the agent's inactivity window.
pub(crate) fn window_s(agent: &Agent, inner: &Inner) -> i64 {
    agent.settings.window_s.unwrap_or(inner.limits.window_s as i64)
}

/// Checks the fields of a new thread against their limits.
pub(crate) fn check(new: &NewThread, inner: &Inner, models: &Models) -> Result<()> {
    let limits = &inner.limits;
    if let Some(title) = &new.title {
        validate::title(title, limits)?;
    }
    validate::metadata(&new.metadata, limits)?;
    variables::check(&new.variables, limits)?;
    validate::tag_names(&new.tags, limits)?;
    validate::overrides(&new.overrides, limits, models)?;
    validate::extras(&new.extras, limits)
}

/// Stores a new thread, which so far has only an id, with all its settings.
pub(crate) async fn make(
    tx: &mut Tx,
    inner: &Arc<Inner>,
    project: ProjectId,
    mut thread: Thread,
    new: NewThread,
) -> Result<Journal> {
    let agent = agent_for(tx, project, new.agent).await?;
    thread.agent = agent.id;
    thread.title = new.title;
    thread.metadata = new.metadata;
    if new.window {
        thread.window_s = Some(window_s(&agent, inner));
    }
    own(tx, inner, &thread, &new.overrides, &new.extras).await?;
    if !new.tags.is_empty() {
        let names: Vec<String> = BTreeSet::from_iter(new.tags).into_iter().collect();
        store::tags::set(tx, project, thread.id, &names).await?;
    }
    let now = thread.created_at;
    let mut journal = Journal::create(tx, inner, project, thread, now).await?;
    windows::begin(tx, &mut journal, inner).await?;
    let thread = journal.thread.id;
    let has_variables = variables::merge(tx, project, thread, new.variables, &inner.limits).await?;
    if has_variables || !new.overrides.is_empty() || !new.extras.is_empty() {
        journal.keeps(store::stored::beside(tx, project, thread).await?);
    }
    Ok(journal)
}

struct Create {
    inner: Arc<Inner>,
    caller: Caller,
    new: NewThread,
    end_user: Option<String>,
}

impl Operation for Create {
    type Out = Thread;

    async fn run(self, tx: &mut Tx) -> Result<Thread> {
        let Self { inner, caller, mut new, end_user } = self;
        let caller = match end_user {
            Some(name) => serving::speak_for(tx, &inner, caller, &name, inner.clock.now()).await?,
            None => caller,
        };
        let bound = caller.subject.agent();
        if bound.is_some() && new.agent.is_some_and(|asked| Some(asked) != bound) {
            return Err(no_such_agent());
        }
        new.agent = bound.or(new.agent);
        let is_tagged = !new.tags.is_empty();
        let journal = match begin(tx, &inner, &caller, new).await? {
            Begun::Now(journal) => journal,
            Begun::Before(thread) => return Ok(*thread),
        };
        let (project, thread) = (caller.project, journal.thread.id);
        match bounds::holding(&caller) {
            Some((_, Holder::Customer(customer))) => {
                store::threads::add_customer(tx, project, thread, customer).await?;
            }
            Some((_, Holder::Line(line))) => store::owners::give_to(tx, project, thread, line).await?,
            None => {}
        }
        match is_tagged {
            true => written(tx, *journal, &inner).await,
            false => journal.write(tx, &inner).await,
        }
    }
}

/// The outcome of creating a thread.
pub(crate) enum Begun {
    Now(Box<Journal>),
    /// It exists already, under the same origin key.
    Before(Box<Thread>),
}

/// Makes the head of a thread without storing it. The fields are already checked.
pub(crate) async fn begin(tx: &mut Tx, inner: &Arc<Inner>, caller: &Caller, new: NewThread) -> Result<Begun> {
    let now = inner.clock.now();
    let thread = journal::new_thread(&inner.clock, caller.project, AgentId(caller.project.0), now);
    match origin::take(tx, caller, new.origin.as_ref(), None, thread.id.0, now).await? {
        Taken::First => {}
        Taken::Replay(id) => {
            let found = store::threads::find(tx, caller.project, ThreadId(id)).await?;
            return found.map(|thread| Begun::Before(Box::new(thread))).ok_or_else(unknown::thread);
        }
    }
    let journal = make(tx, inner, caller.project, thread, new).await?;
    Ok(Begun::Now(Box::new(journal)))
}
