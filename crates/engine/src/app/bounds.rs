//! Which threads a caller may know of: the one place where a token's subject is held against a thread.

use domain::{Caller, Error, Result, ThreadId, caller::Subject, message::Part, thread::Thread};
use store::{Operation, Tx};

use super::messages::Send;
use crate::journal::thread_not_found;

/// # Errors
/// `not_found`, as for an unknown thread, for one that the caller may not know of.
pub(crate) async fn check(tx: &mut Tx, caller: &Caller, thread: ThreadId) -> Result<()> {
    let within = match caller.subject {
        Subject::Project => true,
        Subject::Thread(own) => own == thread,
        Subject::Customer(own) => store::threads::customers(tx, caller.project, thread).await?.contains(&own),
    };
    if within { Ok(()) } else { Err(thread_not_found()) }
}

/// The thread, as it stands.
///
/// # Errors
/// `not_found` for an unknown or foreign thread, and one that the caller may not know of.
pub(crate) async fn find(tx: &mut Tx, caller: &Caller, thread: ThreadId) -> Result<Thread> {
    check(tx, caller, thread).await?;
    store::threads::find(tx, caller.project, thread).await?.ok_or_else(thread_not_found)
}

/// [`find`] as an operation of its own.
pub(crate) struct Visible {
    pub(crate) caller: Caller,
    pub(crate) thread: ThreadId,
}

impl Operation for Visible {
    type Out = Thread;

    async fn run(self, tx: &mut Tx) -> Result<Thread> {
        find(tx, &self.caller, self.thread).await
    }
}

/// # Errors
/// `forbidden` for what only a key of the project may send along.
pub(crate) fn only_words(caller: &Caller, send: &Send) -> Result<()> {
    let new = |id| send.attachments.iter().any(|attachment| attachment.id == id);
    let mut named = send.body.content.iter().filter_map(Part::attachment);
    let plain = send.body.controls.is_empty() && send.impersonate.is_none() && send.respond && named.all(new);
    match plain || caller.subject == Subject::Project {
        true => Ok(()),
        false => Err(Error::forbidden("This token may send words and files of its own, and choose nothing else")),
    }
}
