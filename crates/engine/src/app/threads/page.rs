//! Threads with details for lists, with a total and pages by number.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use domain::{
    AgentId, Caller, ProjectId, Result, ThreadId, Timestamp,
    caller::Scope,
    fold,
    message::{Message, Role},
    spent::Spent,
    thread::Thread,
};
use store::{Bound, Operation, Tx, messages::Side, op};

use super::{
    numbering,
    overrides::{self, Own},
};
use crate::{App, inner::Inner, unknown};

/// A thread with its details.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    pub thread: Thread,
    pub own: Own,
    /// Time of the first message.
    pub begun_at: Option<Timestamp>,
    /// Text of the first message. Absent for a caller without the right to read.
    pub first: Option<String>,
    /// The agent's last message, if it is among the newest messages. Absent for a caller without the right to read.
    pub last_answer: Option<String>,
    /// The agent's own model, for a thread that chooses none. Absent for a caller without the right to read.
    pub agent_model: Option<String>,
}

/// The filter of a page.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub agent: Option<AgentId>,
    /// A part of the title; case does not matter. Empty: any title or none.
    pub title: Option<String>,
    pub offset: i64,
    pub limit: i64,
}

/// Number of newest messages, and of their bytes, that are searched for the agent's last message.
const NEWEST: i64 = 4;
const NEWEST_BYTES: i64 = 1 << 20;
/// Characters of a message that are shown.
const PREVIEW_CHARS: usize = 200;

impl App {
    /// A page of the matching threads, newest first, and the number of all matches.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn page_threads(&self, caller: &Caller, search: Search) -> Result<(Vec<Described>, i64)> {
        caller.require(Scope::Read)?;
        self.store.read_long(Page { inner: self.inner().clone(), project: caller.project, search }).await
    }

    /// # Errors
    /// `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn describe_thread(&self, caller: &Caller, id: ThreadId) -> Result<Described> {
        caller.require(Scope::Read)?;
        let (inner, project) = (self.inner().clone(), caller.project);
        self.store
            .read(op(move |tx| {
                Box::pin(async move {
                    let thread = store::threads::find(tx, project, id).await?.ok_or_else(unknown::thread)?;
                    describe(tx, &inner, thread, &mut Models::new()).await
                })
            }))
            .await
    }

    /// A thread that the caller already has, with its details. A caller without the right to read gets no texts of
    /// messages and no usage.
    ///
    /// # Errors
    /// Errors of the store.
    #[crate::boxed]
    pub async fn describe_given(&self, caller: &Caller, thread: Thread) -> Result<Described> {
        let inner = self.inner().clone();
        let describe = op(move |tx| Box::pin(async move { describe(tx, &inner, thread, &mut Models::new()).await }));
        let described = self.store.read(describe).await?;
        Ok(match caller.scopes.has(Scope::Read) {
            true => described,
            false => {
                let thread = Thread { spent: Spent::default(), ..described.thread };
                Described { thread, first: None, last_answer: None, agent_model: None, ..described }
            }
        })
    }
}

struct Page {
    inner: Arc<Inner>,
    project: ProjectId,
    search: Search,
}

impl Operation for Page {
    type Out = (Vec<Described>, i64);

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, project, search: Search { agent, title, offset, limit } } = self;
        let title = title.filter(|title| !title.is_empty()).map(|title| fold::fold(&title));
        let filter = store::tickets::Filter { agent, title, ..Default::default() };
        let (ids, total) = numbering::numbered(tx, project, &filter, offset, limit).await?;
        let (mut page, mut models) = (Vec::with_capacity(ids.len()), Models::new());
        for id in ids {
            if let Some(thread) = store::threads::find(tx, project, id).await? {
                page.push(describe(tx, &inner, thread, &mut models).await?);
            }
        }
        Ok((page, total))
    }
}

/// Models of agents that were already looked up.
type Models = BTreeMap<AgentId, Option<String>>;

async fn describe(tx: &mut Tx, inner: &Inner, thread: Thread, models: &mut Models) -> Result<Described> {
    let agent_model = match models.entry(thread.agent) {
        Entry::Occupied(known) => known.get().clone(),
        Entry::Vacant(new) => {
            let agent = store::agents::find(tx, thread.project, thread.agent).await?;
            new.insert(agent.and_then(|agent| agent.settings.model)).clone()
        }
    };
    let own = overrides::listed(tx, inner, &thread).await?;
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
