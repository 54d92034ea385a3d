//! Takes threads.

use std::sync::Arc;

use domain::{
    Caller, Result, ThreadId,
    event::Event,
    handling::{Person, TAKEN_OVER},
    project::Member,
    thread::Thread,
    ticket::Cause,
};
use store::{Operation, Tx};

use super::{actor, held, record, refuse_closed, require_member};
use crate::{
    app::{keyed::Keyed, threads::update::written},
    inner::Inner,
    journal::Journal,
    turns::wanting::silence_turns,
};

/// A member takes a thread.
#[derive(Clone, Debug, Default)]
pub struct Take {
    /// The member, by id or address.
    pub member: String,
    /// True to take the thread from another member.
    pub force: bool,
}

impl Keyed<'_> {
    /// Gives the thread to a member. Every open turn ends, and the agent is silent until the hand-back. A member who
    /// holds the thread already changes nothing.
    ///
    /// # Errors
    /// `forbidden` without `write`, and for a key without `impersonate`; `not_found`; `invalid` for an unknown member; `conflict` for a
    /// closed thread, and for a thread that another member holds (`held_by_other`), unless `force` is set or the
    /// customer has waited for [`domain::Limits::hold_idle_s`].
    #[crate::boxed]
    pub async fn take_thread(&self, caller: &Caller, id: ThreadId, take: Take) -> Result<Thread> {
        require_member(caller)?;
        let inner = self.app.inner().clone();
        self.change_thread(caller, id, Taking { inner, caller: caller.clone(), id, take }).await
    }
}

struct Taking {
    inner: Arc<Inner>,
    caller: Caller,
    id: ThreadId,
    take: Take,
}

impl Operation for Taking {
    type Out = Thread;

    async fn run(self, tx: &mut Tx) -> Result<Thread> {
        let Self { inner, caller, id, take: Take { member: named, force } } = self;
        let mut journal = Journal::named(tx, caller.project, id, inner.clock.now()).await?;
        journal.growth.exempt();
        let member = actor(tx, &caller, &named).await?;
        refuse_closed(&journal)?;
        if take(tx, &mut journal, &member, force, &inner).await? {
            record(tx, &journal, &caller, ("take", Some(member.id)), None, &inner).await?;
        }
        written(tx, journal, &inner).await
    }
}

/// Gives the thread to the member. Returns false if the member holds it already.
///
/// # Errors
/// `conflict` for a thread that another member holds.
pub(super) async fn take(
    tx: &mut Tx,
    journal: &mut Journal,
    member: &Member,
    force: bool,
    inner: &Arc<Inner>,
) -> Result<bool> {
    let from = match journal.thread.people.holder() {
        Some(holder) if holder == member.id => return Ok(false),
        Some(holder) if !force && !held::is_overdue(journal, inner) => {
            return Err(held::held_by_other(tx, journal, holder).await?);
        }
        Some(holder) => store::members::find(tx, journal.thread.project, holder).await?.as_ref().map(Person::from),
        None => None,
    };
    let turns = silence_turns(tx, journal, TAKEN_OVER, inner).await?;
    let idle_s = journal.agent(tx).await?.settings.hold_idle_s;
    let at = journal.next_at();
    let people = &mut journal.thread.people;
    (people.held_since, people.assignee, people.wanted) = (Some(at), Some(member.id), None);
    people.idle_s = idle_s;
    journal.touch_window();
    let seq = journal.append(None, Event::ThreadTaken { member: member.into(), from, turns });
    journal.models_read(seq);
    if journal.thread.people.unanswered.is_some() {
        journal.thread.ticket = journal.thread.ticket.after(Cause::Received, false);
    }
    Ok(true)
}
