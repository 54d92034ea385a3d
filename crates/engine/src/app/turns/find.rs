//! Finds and lists the turns of a thread.

use domain::{Caller, Result, ThreadId, TurnId, caller::Scope, turn::Turn};

use store::events::Stage;

use crate::{App, app::access::bounds, unknown};

/// Stages that are read at once.
const STAGES: i64 = 4_000;

impl App {
    /// # Errors
    /// `not_found` for an unknown or foreign thread or turn.
    #[crate::boxed]
    pub async fn turn(&self, caller: &Caller, thread: ThreadId, id: TurnId) -> Result<Turn> {
        caller.require_of_agent(Scope::Read)?;
        let caller = caller.clone();
        let found = self
            .store
            .read(store::op(move |tx| {
                Box::pin(async move {
                    bounds::find(tx, &caller, thread).await?;
                    store::turns::find_in_thread(tx, thread, id).await
                })
            }))
            .await?;
        found.ok_or_else(unknown::turn)
    }

    /// Turns of a thread that were created before entry `before`, newest first, each with the entry that created it.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn list_turns(
        &self,
        caller: &Caller,
        thread: ThreadId,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<(i64, Turn)>> {
        caller.require_of_agent(Scope::Read)?;
        let caller = caller.clone();
        self.store
            .read(store::op(move |tx| {
                Box::pin(async move {
                    bounds::find(tx, &caller, thread).await?;
                    store::turns::list(tx, thread, before, limit).await
                })
            }))
            .await
    }

    /// The stages of a thread's turns from the entry `first`, in order. At most 4,000.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn turn_stages(&self, caller: &Caller, thread: ThreadId, first: i64) -> Result<Vec<Stage>> {
        caller.require(Scope::Read)?;
        let caller = caller.clone();
        self.store
            .read(store::op(move |tx| {
                Box::pin(async move {
                    bounds::find(tx, &caller, thread).await?;
                    store::events::stages(tx, thread, first, STAGES).await
                })
            }))
            .await
    }

    pub(crate) async fn turn_for_writer(&self, caller: &Caller, thread: ThreadId, id: TurnId) -> Result<Turn> {
        let project = caller.project;
        let found = self
            .store
            .read(store::op(move |tx| Box::pin(async move { store::turns::find(tx, project, id).await })))
            .await?;
        found.filter(|t| t.thread == thread).ok_or_else(unknown::turn)
    }
}
