//! Threads with what their lists tell of them, counted and paged by number.

use std::collections::{BTreeMap, btree_map::Entry};

use domain::{
    AgentId, Caller, ProjectId, Result, ThreadId, Timestamp,
    caller::Scope,
    fold,
    message::{Message, Role},
    thread::Thread,
};
use store::{Bound, Operation, Tx, messages::Side, op};

use super::{
    numbering,
    overrides::{self, Own},
};
use crate::{App, unknown};

/// A thread with what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    pub thread: Thread,
    pub own: Own,
    /// When something was first said in it.
    pub begun_at: Option<Timestamp>,
    /// What was said first in it; absent for whoever may not read.
    pub first: Option<String>,
    /// What the agent said last, if that is among the newest messages; absent for whoever may not read.
    pub last_answer: Option<String>,
    /// The agent's own model, for what the thread does not choose; absent for whoever may not read.
    pub agent_model: Option<String>,
}

/// Which threads a page shows.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub agent: Option<AgentId>,
    /// Part of the title, whatever the case; empty: any title or none.
    pub title: Option<String>,
    pub offset: i64,
    pub limit: i64,
}

/// How many of the newest messages, and of their bytes, are looked at for the agent's last answer.
const NEWEST: i64 = 4;
const NEWEST_BYTES: i64 = 1 << 20;
/// Characters of what was said that are shown.
const PREVIEW_CHARS: usize = 200;

impl App {
    /// A page of the threads that match, newest first, and how many match in all.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn page_threads(&self, caller: &Caller, search: Search) -> Result<(Vec<Described>, i64)> {
        caller.require(Scope::Read)?;
        self.store.read_long(Page { project: caller.project, search }).await
    }

    /// # Errors
    /// `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn describe_thread(&self, caller: &Caller, id: ThreadId) -> Result<Described> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        self.store
            .read(op(move |tx| {
                Box::pin(async move {
                    let thread = store::threads::find(tx, project, id).await?.ok_or_else(unknown::thread)?;
                    describe(tx, thread, &mut Models::new()).await
                })
            }))
            .await
    }

    /// A thread that the caller was given, with what belongs to it. Whoever may not read is told what they have written, and
    /// not what was said.
    ///
    /// # Errors
    /// Whatever the store says.
    #[crate::boxed]
    pub async fn describe_given(&self, caller: &Caller, thread: Thread) -> Result<Described> {
        let describe = op(move |tx| Box::pin(async move { describe(tx, thread, &mut Models::new()).await }));
        let described = self.store.read(describe).await?;
        Ok(match caller.scopes.has(Scope::Read) {
            true => described,
            false => Described { first: None, last_answer: None, agent_model: None, ..described },
        })
    }
}

struct Page {
    project: ProjectId,
    search: Search,
}

impl Operation for Page {
    type Out = (Vec<Described>, i64);

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { project, search: Search { agent, title, offset, limit } } = self;
        let title = title.filter(|title| !title.is_empty()).map(|title| fold::fold(&title));
        let filter = store::tickets::Filter { agent, title, ..Default::default() };
        let (ids, total) = numbering::numbered(tx, project, &filter, offset, limit).await?;
        let (mut page, mut models) = (Vec::with_capacity(ids.len()), Models::new());
        for id in ids {
            if let Some(thread) = store::threads::find(tx, project, id).await? {
                page.push(describe(tx, thread, &mut models).await?);
            }
        }
        Ok((page, total))
    }
}

/// The models of agents that were looked up.
type Models = BTreeMap<AgentId, Option<String>>;

async fn describe(tx: &mut Tx, thread: Thread, models: &mut Models) -> Result<Described> {
    let agent_model = match models.entry(thread.agent) {
        Entry::Occupied(known) => known.get().clone(),
        Entry::Vacant(new) => {
            let agent = store::agents::find(tx, thread.project, thread.agent).await?;
            new.insert(agent.and_then(|agent| agent.settings.model)).clone()
        }
    };
    let own = overrides::of(tx, &thread).await?;
    let first = store::messages::page(tx, thread.id, Side::Above(0), false, Bound::rows(1)).await?.rows.pop();
    let bound = Bound::page(NEWEST, NEWEST_BYTES);
    let newest = store::messages::page(tx, thread.id, Side::Below(i64::MAX), false, bound).await?.rows;
    let answer = newest.iter().find(|message| message.role == Role::Agent && message.body.is_listed());
    Ok(Described {
        begun_at: first.as_ref().map(|message| message.at),
        first: first.as_ref().map(preview),
        last_answer: answer.map(preview),
        agent_model,
        thread,
        own,
    })
}

fn preview(message: &Message) -> String {
    message.body.plain_text().chars().take(PREVIEW_CHARS).collect()
}
