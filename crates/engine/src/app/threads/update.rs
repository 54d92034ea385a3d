//! Changes a thread's title, metadata, agent and other fields.

use std::sync::Arc;

use domain::{
    AgentId, Caller, Map, Result, ThreadId, budget::Budget, caller::Scope, event::Event, thread::Thread,
    variables::Variables,
};
use store::{Operation, Tx};

use super::{
    make::agent_for,
    overrides::{set_budgets, set_extras, set_locale},
    tags, variables,
};
use crate::{App, inner::Inner, journal::Journal, unknown, validate};

/// The fields of a thread to change. Absent fields stay unchanged.
#[derive(Clone, Debug, Default)]
pub struct ThreadPatch {
    /// `Some(None)` removes it.
    pub title: Option<Option<String>>,
    pub metadata: Option<Map>,
    pub agent: Option<AgentId>,
    pub variables: Option<Variables>,
    /// Metadata to set by name. Other names stay unchanged.
    pub more_metadata: Map,
    /// Variables to set by name, like `more_metadata`.
    pub more_variables: Variables,
    /// Tags of the thread, which need not be tags of the project.
    pub tags: Option<Vec<String>>,
    /// The locale of messages that choose none. `Some(None)` removes it.
    pub locale: Option<Option<String>>,
    /// Replaces the thread's own budgets.
    pub budgets: Option<Vec<Budget>>,
    /// Extras to set by name. Other names stay unchanged.
    pub extras: Map,
}

impl App {
    /// # Errors
    /// `not_found`; `invalid` for an unknown agent or a field beyond its limit.
    #[crate::boxed]
    pub async fn update_thread(&self, caller: &Caller, id: ThreadId, patch: ThreadPatch) -> Result<Thread> {
        caller.require(Scope::Write)?;
        if let Some(Some(title)) = &patch.title {
            validate::title(title, &self.limits)?;
        }
        if let Some(metadata) = &patch.metadata {
            validate::metadata(metadata, &self.limits)?;
        }
        if let Some(tags) = &patch.tags {
            validate::tag_names(tags, &self.limits)?;
        }
        validate::budgets("budgets", patch.budgets.as_deref().unwrap_or_default(), &self.limits)?;
        self.store.write(Update { inner: self.inner().clone(), caller: caller.clone(), id, patch }).await
    }
}

struct Update {
    inner: Arc<Inner>,
    caller: Caller,
    id: ThreadId,
    patch: ThreadPatch,
}

impl Operation for Update {
    type Out = Thread;

    async fn run(self, tx: &mut Tx) -> Result<Thread> {
        let Self { inner, caller, id, patch } = self;
        let mut journal = Journal::named(tx, caller.project, id, inner.clock.now()).await?;
        let before = journal.own_bytes(tx).await?;
        let changed = Self::change(tx, &inner, &mut journal, patch).await?;
        journal.keeps(journal.own_bytes(tx).await? - before);
        if !changed.is_empty() {
            journal.append(None, Event::ThreadUpdated { changed });
        }
        written(tx, journal, &inner).await
    }
}

impl Update {
    /// Changes the thread. Returns the fields of the entry.
    async fn change(tx: &mut Tx, inner: &Inner, journal: &mut Journal, patch: ThreadPatch) -> Result<Map> {
        let (project, id) = (journal.thread.project, journal.thread.id);
        let mut changed = Map::new();
        if let Some(title) = patch.title.filter(|t| *t != journal.thread.title) {
            changed.insert("title".into(), title.clone().into());
            journal.retitle(title);
        }
        if let Some(metadata) = patch.metadata.filter(|m| *m != journal.thread.metadata) {
            changed.insert("metadata".into(), metadata.clone().into());
            journal.thread.metadata = metadata;
        }
        let mut metadata = journal.thread.metadata.clone();
        metadata.extend(patch.more_metadata);
        if metadata != journal.thread.metadata {
            validate::metadata(&metadata, &inner.limits)?;
            changed.insert("metadata".into(), metadata.clone().into());
            journal.thread.metadata = metadata;
        }
        let replaced = match patch.variables {
            Some(all) => variables::replace(tx, project, id, all, &inner.limits).await?,
            None => false,
        };
        if variables::merge(tx, project, id, patch.more_variables, &inner.limits).await? || replaced {
            let all = store::variables::of_thread(tx, project, id).await?;
            changed.insert(
                "variables".into(),
                all.into_iter().map(|(name, value)| (name, value.into())).collect::<Map>().into(),
            );
        }
        if let Some(agent) = patch.agent.filter(|a| *a != journal.thread.agent) {
            let agent = agent_for(tx, project, Some(agent)).await?;
            changed.insert("agent".into(), agent.id.to_string().into());
            journal.thread.agent = agent.id;
        }
        if let Some(names) = patch.tags {
            tags::put(tx, journal, names, false).await?;
        }
        if let Some(locale) = patch.locale {
            set_locale(tx, inner, &journal.thread, locale, &mut changed).await?;
        }
        if let Some(budgets) = patch.budgets {
            set_budgets(tx, &journal.thread, budgets, &mut changed).await?;
        }
        if !patch.extras.is_empty() {
            set_extras(tx, inner, &journal.thread, patch.extras).await?;
        }
        Ok(changed)
    }
}

/// Writes the journal, and returns the thread with the state of all its turns.
pub(crate) async fn written(tx: &mut Tx, journal: Journal, inner: &Arc<Inner>) -> Result<Thread> {
    let (project, id) = (journal.thread.project, journal.thread.id);
    journal.write(tx, inner).await?;
    store::threads::find(tx, project, id).await?.ok_or_else(unknown::thread)
}
