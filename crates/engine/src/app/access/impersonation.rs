//! Speaking and acting for a member of the project. Each act is recorded in the audit trail.

use std::sync::Arc;

use domain::{
    Caller, Error, MessageId, Result, ThreadId, Timestamp, caller::Scope, codes, project::Member, thread::Thread,
};
use store::{Operation, Tx, audit};

use crate::{App, app::keyed::Keyed, inner::Inner, validate};

impl App {
    fn acting_for<O>(&self, caller: &Caller, thread: ThreadId, email: String, operation: O) -> Result<For<O>> {
        caller.require(Scope::Impersonate)?;
        Ok(For { inner: self.inner().clone(), caller: caller.clone(), thread, email, operation })
    }
}

impl Keyed<'_> {
    /// Like [`Keyed::close_thread`], in the name of the member with this address.
    ///
    /// # Errors
    /// As [`Keyed::close_thread`]; `forbidden` without `impersonate`; `invalid`, at `author`, if no member has the
    /// address.
    #[crate::boxed]
    pub async fn close_thread_for(&self, caller: &Caller, id: ThreadId, email: String) -> Result<Thread> {
        let close = self.app.closing(caller, id, None)?;
        self.change_thread(caller, id, self.app.acting_for(caller, id, email, close)?).await
    }

    /// Like [`Keyed::reopen_thread`], in the name of the member with this address.
    ///
    /// # Errors
    /// As [`Keyed::reopen_thread`]; `forbidden` without `impersonate`; `invalid`, at `author`, if no member has the
    /// address.
    #[crate::boxed]
    pub async fn reopen_thread_for(&self, caller: &Caller, id: ThreadId, email: String) -> Result<Thread> {
        let reopen = self.app.reopening(caller, id)?;
        self.change_thread(caller, id, self.app.acting_for(caller, id, email, reopen)?).await
    }
}

/// Records in the audit trail that the caller acts for the member with this address, in a thread, perhaps by a message.
///
/// # Errors
/// `invalid`, at `author`, if no member has the address.
pub(crate) async fn record(
    tx: &mut Tx,
    inner: &Arc<Inner>,
    caller: &Caller,
    email: &str,
    (thread, message): (ThreadId, Option<MessageId>),
    at: Timestamp,
) -> Result<Member> {
    let found = store::members::find_by_email(tx, caller.project, &validate::spelled_as_stored(email)).await?;
    let member = found.ok_or_else(|| Error {
        code: codes::MEMBER_NOT_FOUND,
        ..Error::field("author", format!("{email} is not a member of this project"))
    })?;
    let record = super::audit::record(inner.clock.id(), caller, "impersonate", at);
    audit::insert(tx, &audit::Record { member: Some(member.id), thread: Some(thread), message, ..record }).await?;
    Ok(member)
}

/// An operation on a thread, in the name of a member.
struct For<O> {
    inner: Arc<Inner>,
    caller: Caller,
    thread: ThreadId,
    email: String,
    operation: O,
}

impl<O: Operation> Operation for For<O> {
    type Out = O::Out;

    async fn run(self, tx: &mut Tx) -> Result<O::Out> {
        let Self { inner, caller, thread, email, operation } = self;
        let at = inner.clock.now();
        // The operation's own errors come first: an unknown thread is unknown to all members.
        let done = operation.run(tx).await?;
        record(tx, &inner, &caller, &email, (thread, None), at).await?;
        Ok(done)
    }
}
