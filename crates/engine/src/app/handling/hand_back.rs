//! Hands threads back to their agents.

use std::sync::Arc;

use domain::{
    Caller, Error, Result, ThreadId, TurnId, caller::Scope, codes, event::Event, handling::Person, thread::Thread,
    turn::State,
};
use store::{Operation, Tx};

use super::{actor, held, record, require_member, resume::resume};
use crate::{
    app::keyed::{Keyed, Outcome},
    inner::Inner,
    journal::Journal,
    unknown, validate,
};

/// A member hands a thread back.
#[derive(Clone, Debug, Default)]
pub struct HandBack {
    /// The member, by id or address. Absent: a key with `admin` hands the thread back for nobody.
    pub member: Option<String>,
    pub answer: Answer,
    /// The member's words to the agent, which models read as an instruction of the team.
    pub brief: Option<String>,
    /// True to hand back the thread of another member.
    pub force: bool,
}

/// Whether the agent answers at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// If something is unanswered.
    #[default]
    Auto,
    Never,
    Now,
}

/// The result of a hand-back.
#[derive(Clone, Debug, PartialEq)]
pub struct HandedBack {
    pub thread: Thread,
    /// The turn that answers, with its present state.
    pub turn: Option<(TurnId, State)>,
    /// True if the agent is paused, so that nobody answers.
    pub is_paused: bool,
}

impl Keyed<'_> {
    /// Ends the member's hold. The agent speaks again, and a turn answers the unanswered messages.
    ///
    /// # Errors
    /// `forbidden` without `write`, and for a key without `impersonate`, and without `admin` for nobody; `not_found`; `invalid` for an
    /// unknown member or a brief beyond its limit; `conflict` for a thread that nobody holds (`not_held`), and for a
    /// thread of another member (`held_by_other`) without `force`.
    #[crate::boxed]
    pub async fn hand_back(&self, caller: &Caller, id: ThreadId, new: HandBack) -> Result<HandedBack> {
        require_member(caller)?;
        if new.member.is_none() {
            caller.require(Scope::Admin)?;
        }
        if let Some(brief) = &new.brief {
            validate::text("brief", brief, self.app.limits.comment_chars)?;
        }
        let hand = Handing { inner: self.app.inner().clone(), caller: caller.clone(), id, new };
        let named = move |turn: &Option<(TurnId, State)>| turn.map_or(id.0, |(turn, _)| turn.0);
        let turn = match self.once(caller, Some(id), hand, named).await? {
            Outcome::Done(turn) => turn,
            Outcome::Before(turn) if turn == id.0 => None,
            Outcome::Before(turn) => {
                let turn = self.app.turn_for_writer(caller, id, TurnId(turn)).await?;
                Some((turn.id, turn.state))
            }
        };
        let project = caller.project;
        let look = store::op(move |tx| {
            Box::pin(async move {
                let thread = store::threads::find(tx, project, id).await?.ok_or_else(unknown::thread)?;
                let agent = store::agents::find(tx, project, thread.agent).await?;
                Ok((thread, agent.is_some_and(|agent| agent.settings.paused)))
            })
        });
        let (thread, is_paused) = self.app.store.read(look).await?;
        Ok(HandedBack { thread, turn, is_paused })
    }
}

struct Handing {
    inner: Arc<Inner>,
    caller: Caller,
    id: ThreadId,
    new: HandBack,
}

impl Operation for Handing {
    type Out = Option<(TurnId, State)>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, caller, id, new: HandBack { member: named, answer, brief, force } } = self;
        let mut journal = Journal::named(tx, caller.project, id, inner.clock.now()).await?;
        journal.growth.exempt();
        let member = match named {
            Some(named) => Some(actor(tx, &caller, &named).await?),
            None => None,
        };
        let not_held = || Error::conflict(codes::NOT_HELD, "Nobody holds the thread");
        let holder = journal.thread.people.holder().ok_or_else(not_held)?;
        let may = force || member.as_ref().is_none_or(|member| member.id == holder);
        if !may && !caller.scopes.has(Scope::Admin) {
            return Err(held::held_by_other(tx, &journal, holder).await?);
        }
        let people = &mut journal.thread.people;
        (people.held_since, people.assignee) = (None, None);
        let event = Event::ThreadHandedBack { member: member.as_ref().map(Person::from), brief };
        let turn = resume(tx, &mut journal, event, answer, &inner).await?;
        record(tx, &journal, &caller, ("hand_back", member.map(|member| member.id)), None, &inner).await?;
        journal.write(tx, &inner).await?;
        Ok(turn)
    }
}
