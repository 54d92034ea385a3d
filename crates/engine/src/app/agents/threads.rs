//! Threads as those see them who are bound to one agent: the ones with the newest entry first, each with how its last turn stands.

use domain::{Caller, Error, Result, ThreadId, Timestamp, caller::Scope, thread::Thread, turn::State};
use store::Tx;

use crate::{App, app::access::bounds};

/// A thread, and how its last turn stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    pub thread: Thread,
    /// Of the turn whose first message is the newest; absent: nothing was asked yet.
    pub last_turn: Option<State>,
}

impl App {
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn conversation(&self, caller: &Caller, thread: ThreadId) -> Result<Conversation> {
        caller.require_of_agent(Scope::Read)?;
        let caller = caller.clone();
        let find = store::op(move |tx| {
            Box::pin(async move {
                let thread = bounds::find(tx, &caller, thread).await?;
                described(tx, thread).await
            })
        });
        self.store.read(find).await
    }

    /// The threads that the caller, who is bound to an agent, knows of: those with the newest entry first, from behind the one
    /// whose newest entry and id are `before`. One that gets an entry meanwhile moves to the front.
    ///
    /// # Errors
    /// `forbidden` without `read`, and for whoever is not bound to an agent.
    #[crate::boxed]
    pub async fn conversations(
        &self,
        caller: &Caller,
        before: Option<(Timestamp, ThreadId)>,
        limit: i64,
    ) -> Result<Vec<Conversation>> {
        caller.require_of_agent(Scope::Read)?;
        let (agent, holder) = bounds::holding(caller)
            .ok_or_else(|| Error::forbidden("Only whoever is bound to an agent has conversations with it"))?;
        let project = caller.project;
        let list = store::op(move |tx| {
            Box::pin(async move {
                let mut all = Vec::new();
                for thread in store::threads::recent(tx, project, agent, holder, before, limit).await? {
                    all.push(described(tx, thread).await?);
                }
                Ok(all)
            })
        });
        // It looks at every thread of the project before it has a page.
        self.store.read_long(list).await
    }
}

async fn described(tx: &mut Tx, thread: Thread) -> Result<Conversation> {
    let last = store::turns::list(tx, thread.id, None, 1).await?.pop().map(|(_, turn)| turn);
    Ok(Conversation { thread, last_turn: last.map(|turn| turn.state) })
}
