//! Threads in the view of callers who are bound to one agent: by newest entry, latest first, each with the state of its
//! last turn.

use domain::{Caller, Error, Result, ThreadId, Timestamp, caller::Scope, thread::Thread, turn::State};
use store::Tx;

use crate::{App, app::access::bounds};

/// A thread with the state of its last turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    pub thread: Thread,
    /// The state of the turn with the newest first message. Absent if nobody has asked anything yet.
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

    /// The threads of a caller who is bound to an agent, by newest entry, latest first. The list starts after `before`,
    /// a pair of newest entry and id. A thread that gets an entry in the meantime moves to the front.
    ///
    /// # Errors
    /// `forbidden` without `read`, and for a caller who is not bound to an agent.
    #[crate::boxed]
    pub async fn conversations(
        &self,
        caller: &Caller,
        before: Option<(Timestamp, ThreadId)>,
        limit: i64,
    ) -> Result<Vec<Conversation>> {
        caller.require_of_agent(Scope::Read)?;
        let (agent, holder) = bounds::holding(caller).ok_or_else(|| {
            Error::forbidden("The list of conversations needs a key or a token that is bound to one agent")
        })?;
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
        // The query looks at every thread of the project before it has a page.
        self.store.read_long(list).await
    }
}

async fn described(tx: &mut Tx, thread: Thread) -> Result<Conversation> {
    let last = store::turns::list(tx, thread.id, None, 1).await?.pop().map(|(_, turn)| turn);
    Ok(Conversation { thread, last_turn: last.map(|turn| turn.state) })
}
