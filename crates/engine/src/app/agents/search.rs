//! Searches agents by text, with a total and pages by number.

use std::{collections::HashMap, sync::Arc};

use domain::{AgentId, Caller, Map, ProjectId, Result, agent::Agent, caller::Scope, fold};
use store::{Bound, Fitted, Operation, Tx, op};

use crate::{App, extras, inner::Inner, unknown};

/// The filter of a search.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// A part of the name, the display name or the description; case does not matter. Absent: all.
    pub words: Option<String>,
    /// True to include archived agents.
    pub archived: bool,
    pub offset: usize,
    pub limit: usize,
}

/// An agent with its extras and counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    pub agent: Agent,
    /// Settings that clients store without effect.
    pub extras: Map,
    /// The number of the agent's threads.
    pub threads: i64,
}

impl App {
    /// A page of the matching agents, newest first, and the number of all matches.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn search_agents(&self, caller: &Caller, search: Search) -> Result<(Vec<Described>, usize)> {
        caller.require(Scope::Read)?;
        self.store.read_long(Page { inner: self.inner().clone(), project: caller.project, search }).await
    }

    /// An agent with its extras and counts.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn describe_agent(&self, caller: &Caller, id: AgentId) -> Result<Described> {
        caller.require(Scope::Read)?;
        let (inner, project) = (self.inner().clone(), caller.project);
        self.store
            .read_long(op(move |tx| {
                Box::pin(async move {
                    let agent = store::agents::find(tx, project, id).await?.ok_or_else(unknown::agent)?;
                    let threads = store::threads::count_of_agent(tx, project, id).await?;
                    let extras = extras::find(tx, &inner, project, id.0).await?;
                    Ok(Described { agent, extras, threads })
                })
            }))
            .await
    }

    /// The agent's extras: settings that clients store without effect.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn agent_extras(&self, caller: &Caller, id: AgentId) -> Result<Map> {
        caller.require(Scope::Read)?;
        let (inner, project) = (self.inner().clone(), caller.project);
        self.store
            .read(op(move |tx| {
                Box::pin(async move {
                    store::agents::find(tx, project, id).await?.ok_or_else(unknown::agent)?;
                    extras::find(tx, &inner, project, id.0).await
                })
            }))
            .await
    }

    /// The extras of an agent that the caller already has.
    ///
    /// # Errors
    /// Errors of the store.
    #[crate::boxed]
    pub async fn extras_of(&self, agent: &Agent) -> Result<Map> {
        let (inner, project, id) = (self.inner().clone(), agent.project, agent.id.0);
        self.store.read(op(move |tx| Box::pin(async move { extras::find(tx, &inner, project, id).await }))).await
    }
}

/// Agents read at once, and the bytes of their settings.
const BATCH: i64 = 64;
const BATCH_BYTES: i64 = 1 << 20;

struct Page {
    inner: Arc<Inner>,
    project: ProjectId,
    search: Search,
}

impl Operation for Page {
    type Out = (Vec<Described>, usize);

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, project, search } = self;
        let words = search.words.as_deref().map(fold::fold);
        let (mut matching, mut after) = (Vec::new(), None);
        loop {
            let bound = Bound::page(BATCH, BATCH_BYTES);
            let Fitted { rows, more, .. } = store::agents::list(tx, project, search.archived, after, bound).await?;
            matching.extend(rows.iter().filter(|a| matches(a, words.as_deref())).map(|a| (a.number, a.id)));
            after = rows.last().map(|last| last.id);
            if !more {
                break;
            }
        }
        // Sorted by number, because a client may choose an id, but numbers are consecutive.
        matching.sort_unstable();
        let threads: HashMap<_, _> = store::threads::count_by_agent(tx, project).await?.into_iter().collect();
        let mut page = Vec::new();
        for (_, id) in matching.iter().rev().skip(search.offset).take(search.limit) {
            if let Some(agent) = store::agents::find(tx, project, *id).await? {
                page.push(Described {
                    extras: extras::listed(tx, &inner, project, agent.id.0).await?,
                    threads: threads.get(id).copied().unwrap_or(0),
                    agent,
                });
            }
        }
        Ok((page, matching.len()))
    }
}

fn matches(agent: &Agent, words: Option<&str>) -> bool {
    let Some(words) = words else { return true };
    let Agent { name, settings, .. } = agent;
    [Some(name), settings.display_name.as_ref(), settings.description.as_ref()]
        .into_iter()
        .flatten()
        .any(|text| fold::contains(text, words))
}
