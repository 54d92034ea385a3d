//! Assigns threads to members.

use std::sync::Arc;

use domain::{Caller, Error, Result, ThreadId, event::Event, handling::Person, thread::Thread};
use store::{Operation, Tx};

use super::{actor, member, record, require_member};
use crate::{
    app::{keyed::Keyed, threads::update::written},
    inner::Inner,
    journal::Journal,
    turns::wanting::silent,
};

/// A change of a thread's assignee.
#[derive(Clone, Debug, Default)]
pub struct Assign {
    /// The member who assigns, by id or address.
    pub member: String,
    /// The new assignee, by id or address. Absent: nobody.
    pub assignee: Option<String>,
}

impl Keyed<'_> {
    /// Assigns the thread. The assignee of a thread that a member holds becomes its holder. Otherwise an assignment
    /// silences nobody.
    ///
    /// # Errors
    /// `forbidden` without `write`, and for a key without `impersonate`; `not_found`; `invalid` for an unknown member; `conflict` to
    /// assign a thread that a member holds to nobody (`thread_held`).
    #[crate::boxed]
    pub async fn assign(&self, caller: &Caller, id: ThreadId, assign: Assign) -> Result<Thread> {
        require_member(caller)?;
        let inner = self.app.inner().clone();
        self.change_thread(caller, id, Assigning { inner, caller: caller.clone(), id, assign }).await
    }
}

struct Assigning {
    inner: Arc<Inner>,
    caller: Caller,
    id: ThreadId,
    assign: Assign,
}

impl Operation for Assigning {
    type Out = Thread;

    async fn run(self, tx: &mut Tx) -> Result<Thread> {
        let Self { inner, caller, id, assign } = self;
        let mut journal = Journal::named(tx, caller.project, id, inner.clock.now()).await?;
        let by = actor(tx, &caller, &assign.member).await?;
        let assignee = match &assign.assignee {
            Some(named) => Some(member(tx, &caller, "assignee", named).await?),
            None => None,
        };
        let at = journal.next_at();
        let people = &mut journal.thread.people;
        if people.assignee != assignee.as_ref().map(|one| one.id) {
            if people.held_since.is_some() {
                if assignee.is_none() {
                    let message = "A member holds the thread; hand it back instead";
                    return Err(Error { message: message.into(), ..silent() });
                }
                people.held_since = Some(at);
            }
            people.assignee = assignee.as_ref().map(|one| one.id);
            let seq = journal.append(None, Event::ThreadAssigned { member: assignee.as_ref().map(Person::from) });
            if journal.thread.people.held_since.is_some() {
                journal.models_read(seq);
            }
            record(tx, &journal, &caller, ("assign", Some(by.id)), None, &inner).await?;
        }
        written(tx, journal, &inner).await
    }
}
