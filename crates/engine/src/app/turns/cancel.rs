//! Cancelling turns.

use std::sync::Arc;

use domain::{
    Caller, Result, ThreadId, TurnId,
    caller::Scope,
    turn::{State, Turn},
};
use store::{Operation, Tx};

use crate::{
    App,
    app::access::bounds,
    inner::Inner,
    journal::Journal,
    turns::{
        claim::{self, Successor},
        end,
    },
    unknown,
};

impl App {
    /// `only` is a single turn; absent: every open turn of the thread.
    pub(crate) fn cancelling(&self, caller: &Caller, thread: ThreadId, only: Option<TurnId>) -> Result<Cancel> {
        caller.require_of_agent(Scope::Write)?;
        Ok(Cancel { inner: self.inner().clone(), caller: caller.clone(), thread, only })
    }
}

pub(crate) struct Cancel {
    inner: Arc<Inner>,
    caller: Caller,
    thread: ThreadId,
    only: Option<TurnId>,
}

impl Operation for Cancel {
    type Out = Vec<TurnId>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<TurnId>> {
        let Self { inner, caller, thread, only } = self;
        bounds::check(tx, &caller, thread).await?;
        let mut journal = Journal::named(tx, caller.project, thread, inner.clock.now()).await?;
        journal.growth.exempt();
        if let Some(id) = only {
            store::turns::find_in_thread(tx, thread, id).await?.ok_or_else(unknown::turn)?;
        }
        journal.load_turns(tx).await?;
        let chosen: Vec<Turn> = journal.turns.iter().filter(|t| only.is_none_or(|id| t.id == id)).cloned().collect();
        for turn in &chosen {
            end::cancel(tx, &mut journal, turn, Some("cancelled on request".into()), &inner).await?;
        }
        if chosen.iter().any(|t| t.state != State::Queued || t.due_at.is_some()) {
            // The next turn is claimed in its own transaction, so that its faults do not keep this one running.
            claim::advance(tx, &mut journal, Successor::Later, &inner).await?;
        }
        journal.write(tx, &inner).await?;
        Ok(chosen.iter().map(|turn| turn.id).collect())
    }
}
