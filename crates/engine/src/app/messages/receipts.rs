//! Receipts of messages: delivered to a reader, read.

use domain::{
    Caller, Error, MessageId, Result, ThreadId,
    caller::Scope,
    codes,
    message::{Message, Role},
    receipt::{Receipt, Standing},
    thread::Thread,
};
use store::{Bound, Fitted, Operation, Tx, op};

use crate::{
    App, Clock,
    app::{
        access::bounds,
        keyed::{Keyed, Outcome},
    },
    unknown,
};

/// A filter of a thread's readable messages, newest first, or oldest first from a position on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Below this position. Absent: from the end.
    pub before: Option<i64>,
    /// All messages above this position, oldest first. The other filters are not read.
    pub after: Option<i64>,
    pub limit: i64,
    /// True for people's messages only, false for the project's only.
    pub by_person: Option<bool>,
    pub standing: Option<Standing>,
}

impl App {
    /// A page of messages with their receipts, and the thread from the same snapshot.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn list_receipted(
        &self,
        caller: &Caller,
        thread: ThreadId,
        wanted: Wanted,
    ) -> Result<(Thread, Fitted<(Message, Receipt)>)> {
        caller.require_bound(Scope::Read)?;
        let list = List { caller: caller.clone(), thread, wanted, bound: self.bound(wanted.limit) };
        // Matching messages may be rare.
        if wanted.standing.is_some() || wanted.by_person.is_some() {
            self.store.read_long(list).await
        } else {
            self.store.read(list).await
        }
    }

    /// Records that a reader got these messages of the thread. Only the first time counts, and people's messages are
    /// skipped.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn note_delivered(&self, caller: &Caller, thread: ThreadId, messages: Vec<MessageId>) -> Result<()> {
        caller.require_bound(Scope::Read)?;
        let (caller, clock) = (caller.clone(), self.clock.clone());
        self.store.write(Deliver { caller, clock, thread, messages }).await
    }
}

impl App {
    /// Records that a person has read the project's messages up to this one, the newest [`domain::Limits::page`] of them.
    ///
    /// # Errors
    /// `forbidden` without `write`; `not_found` for an unknown or foreign thread or message.
    #[crate::boxed]
    pub async fn note_read_up_to(&self, caller: &Caller, thread: ThreadId, id: MessageId) -> Result<()> {
        caller.require_bound(Scope::Write)?;
        let most = i64::try_from(self.limits.page).unwrap_or(i64::MAX);
        let read = ReadUpTo { caller: caller.clone(), clock: self.clock.clone(), thread, id, most };
        self.store.write(read).await
    }
}

impl Keyed<'_> {
    /// Records that a person has read a message of the project. Only the first time counts.
    ///
    /// # Errors
    /// `forbidden` without `write`; `not_found` for an unknown or foreign thread or message; `invalid` for a person's
    /// message, or one without readable content; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn note_read(&self, caller: &Caller, thread: ThreadId, id: MessageId) -> Result<(Message, Receipt)> {
        caller.require_bound(Scope::Write)?;
        let read = Read { caller: caller.clone(), clock: self.app.clock.clone(), thread, id };
        match self.once(caller, Some(thread), read, move |_| thread.0).await? {
            Outcome::Done(read) => Ok(read),
            Outcome::Before(_) => {
                let find = op(move |tx| Box::pin(async move { store::receipts::find(tx, thread, id).await }));
                self.app.store.read(find).await?.ok_or_else(unknown::message)
            }
        }
    }
}

fn goes_to_people(message: &Message) -> bool {
    message.role == Role::Agent && message.body.is_listed()
}

struct List {
    caller: Caller,
    thread: ThreadId,
    wanted: Wanted,
    bound: Bound,
}

impl Operation for List {
    type Out = (Thread, Fitted<(Message, Receipt)>);

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { caller, thread, wanted: Wanted { before, after, by_person, standing, .. }, bound } = self;
        let found = bounds::find(tx, &caller, thread).await?;
        let listed = match after {
            Some(after) => store::receipts::listed_after(tx, thread, after, bound).await?,
            None => {
                let before = before.unwrap_or(i64::MAX);
                store::receipts::listed_before(tx, thread, before, (by_person, standing), bound).await?
            }
        };
        let shown = |(message, receipt): (Message, Receipt)| (message.shown_to(caller.subject), receipt);
        Ok((found, Fitted { rows: listed.rows.into_iter().map(shown).collect(), ..listed }))
    }
}

struct Deliver {
    caller: Caller,
    clock: Clock,
    thread: ThreadId,
    messages: Vec<MessageId>,
}

impl Operation for Deliver {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { caller, clock, thread, messages } = self;
        bounds::find(tx, &caller, thread).await?;
        let now = clock.now();
        for id in messages {
            if store::messages::find(tx, thread, id).await?.is_some_and(|message| goes_to_people(&message)) {
                store::receipts::deliver(tx, caller.project, thread, id, now).await?;
            }
        }
        Ok(())
    }
}

struct Read {
    caller: Caller,
    clock: Clock,
    thread: ThreadId,
    id: MessageId,
}

impl Operation for Read {
    type Out = (Message, Receipt);

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { caller, clock, thread, id } = self;
        bounds::find(tx, &caller, thread).await?;
        let message = store::messages::find(tx, thread, id).await?.ok_or_else(unknown::message)?;
        if !goes_to_people(&message) {
            return Err(Error::invalid(codes::NOT_READABLE, "Only a message to a person can be marked as read"));
        }
        store::receipts::read(tx, caller.project, thread, id, clock.now()).await?;
        let (message, receipt) = store::receipts::find(tx, thread, id).await?.ok_or_else(unknown::message)?;
        Ok((message.shown_to(caller.subject), receipt))
    }
}

struct ReadUpTo {
    caller: Caller,
    clock: Clock,
    thread: ThreadId,
    id: MessageId,
    most: i64,
}

impl Operation for ReadUpTo {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { caller, clock, thread, id, most } = self;
        bounds::find(tx, &caller, thread).await?;
        let message = store::messages::find(tx, thread, id).await?.filter(|message| message.body.is_listed());
        let to = message.ok_or_else(unknown::message)?.seq;
        store::receipts::read_up_to(tx, caller.project, thread, to, most, clock.now()).await
    }
}
