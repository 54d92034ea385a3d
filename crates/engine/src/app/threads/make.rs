//! Making a thread.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    AgentId, Caller, Error, Limits, Map, ProjectId, Result, ThreadId, agent::Agent, caller::Scope, codes,
    overrides::Overrides, thread::Thread, variables::Variables,
};
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

/// A thread to be made.
#[derive(Clone, Debug, Default)]
pub struct NewThread {
    pub title: Option<String>,
    pub metadata: Map,
    /// Absent: the project's agent `default`.
    pub agent: Option<AgentId>,
    /// Whether it has an inactivity window (threads made through Feather).
    pub window: bool,
    /// What the places in its agent's instructions are filled with.
    pub variables: Variables,
    /// Words that it is found by; the project need not know them.
    pub tags: Vec<String>,
    /// What it has of its own, over and beside its agent.
    pub overrides: Overrides,
    /// What its client has set that nothing here acts on.
    pub extras: Map,
    pub origin: Option<Origin>,
}

/// The agent that answers where none is named.
pub(crate) const DEFAULT_AGENT: &str = "default";

impl App {
    /// # Errors
    /// `forbidden` without `write`, and beyond the project's quota (`quota_exceeded`); `invalid` for an unknown agent or a field
    /// beyond its limit; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn create_thread(&self, caller: &Caller, new: NewThread) -> Result<Thread> {
        self.make_thread(caller, new, None).await
    }

    /// `end_user`: for whom a program that has one agent begins it.
    pub(crate) async fn make_thread(
        &self,
        caller: &Caller,
        new: NewThread,
        end_user: Option<String>,
    ) -> Result<Thread> {
        caller.require_of_agent(Scope::Write)?;
        check(&new, &self.limits)?;
        self.store.write(Create { inner: self.inner().clone(), caller: caller.clone(), new, end_user }).await
    }
}

/// The agent of that id, or the project's default; archived ones take no new threads.
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
            let archived = Error::field("agent", "is archived: it takes no new threads");
            Err(Error { code: codes::AGENT_ARCHIVED, ..archived })
        }
    }
}

fn no_such_agent() -> Error {
    Error { code: codes::AGENT_NOT_FOUND, ..Error::field("agent", "names no agent of this project") }
}

/// How long a thread of the agent stays open after its last message.
pub(crate) fn window_s(agent: &Agent, inner: &Inner) -> i64 {
    agent.settings.window_s.unwrap_or(inner.limits.window_s as i64)
}

/// The fields of a thread to be made, against their limits.
pub(crate) fn check(new: &NewThread, limits: &Limits) -> Result<()> {
    if let Some(title) = &new.title {
        validate::title(title, limits)?;
    }
    validate::metadata(&new.metadata, limits)?;
    variables::check(&new.variables, limits)?;
    validate::tag_names(&new.tags, limits)?;
    validate::overrides(&new.overrides, limits)?;
    validate::extras(&new.extras, limits)
}

/// Makes the thread, which has nothing yet but its id, with all that was asked for.
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
    own(tx, &thread, &new.overrides, &new.extras).await?;
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

/// A thread that was to be made.
pub(crate) enum Begun {
    Now(Box<Journal>),
    /// It was made before, under the same origin key.
    Before(Box<Thread>),
}

/// Makes a thread, not yet written. The fields are checked.
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
