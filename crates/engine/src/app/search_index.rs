//! The index of searches of a project: how far it is, and a new beginning.

use domain::{Caller, MessageId, ProjectId, Result, ThreadId, Timestamp, caller::Scope};
use store::{
    Bound, Operation, Tx,
    search::{self, Indexed},
};
use uuid::Uuid;

use crate::{App, indexing};

/// How far a project's messages are indexed. Times are those of the messages' ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The project's oldest and newest message. Absent without messages.
    pub oldest: Option<Timestamp>,
    pub newest: Option<Timestamp>,
    /// Absent: nothing is indexed.
    pub indexed_to: Option<Timestamp>,
    /// True while a message that is old enough is not indexed.
    pub is_behind: bool,
    /// The indexed part of the time from the oldest to the newest message, in whole percent.
    pub percent: u8,
}

impl App {
    /// How far the caller's project is indexed.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn search_index(&self, caller: &Caller) -> Result<Progress> {
        caller.require(Scope::Read)?;
        let below = self.indexing.horizon(&self.clock);
        self.store.read(Look { project: caller.project, below }).await
    }

    /// Indexes all messages and titles of the caller's project again, from the oldest on. A service does it step by step,
    /// also after a death. Searches read what is not indexed yet, and find the same meanwhile.
    ///
    /// # Errors
    /// `forbidden` without `admin`.
    #[crate::boxed]
    pub async fn rebuild_search_index(&self, caller: &Caller) -> Result<Progress> {
        caller.require(Scope::Admin)?;
        let (inner, below) = (self.inner().clone(), self.indexing.horizon(&self.clock));
        let project = caller.project;
        let begin = store::op(move |tx| {
            Box::pin(async move {
                if let Some(indexed) = search::lock(tx, project).await? {
                    let nothing = Uuid::nil();
                    let (messages_to, titles_to) = (MessageId(nothing), ThreadId(nothing));
                    search::advance(tx, project, Indexed { messages_to, titles_to, ..indexed }).await?;
                }
                tx.on_commit(move || inner.indexing.bell.notify_one());
                Look { project, below }.run(tx).await
            })
        });
        self.store.write(begin).await
    }
}

struct Look {
    project: ProjectId,
    below: Uuid,
}

impl Operation for Look {
    type Out = Progress;

    async fn run(self, tx: &mut Tx) -> Result<Progress> {
        let Self { project, below } = self;
        let nothing = MessageId(Uuid::nil());
        let indexed = search::of_project(tx, project).await?.map_or(nothing, |indexed| indexed.messages_to);
        let (oldest, newest) = search::ends(tx, project).await?.unzip();
        let next = search::unindexed(tx, project, indexed, below, Bound::page(1, 1)).await?;
        let is_behind = !next.rows.is_empty();
        let time = |id: MessageId| Timestamp(i64::try_from(indexing::ms(id.0) * 1_000).unwrap_or(i64::MAX));
        let percent = match (oldest, newest) {
            _ if !is_behind => 100,
            (Some(oldest), Some(newest)) => {
                let [oldest, newest, indexed] = [oldest, newest, indexed].map(|id| indexing::ms(id.0));
                let (done, all) = (indexed.saturating_sub(oldest), newest.saturating_sub(oldest).max(1));
                u8::try_from(done.saturating_mul(100) / all).unwrap_or(99).min(99)
            }
            _ => 0,
        };
        Ok(Progress {
            oldest: oldest.map(time),
            newest: newest.map(time),
            indexed_to: Some(indexed).filter(|id| *id != nothing).map(time),
            is_behind,
            percent,
        })
    }
}
