//! The bounds of callers: the only place that compares the subject of a key or token with a thread.

use domain::{
    AgentId, Caller, CustomerId, Error, Result, ThreadId, attachment::Attachment, caller::Subject, message::Part,
    thread::Thread,
};
use store::{Operation, Tx, owners::Holder};

use crate::{app::messages::Send, unknown};

/// # Errors
/// `not_found` for a thread that the caller may not know of, as for an unknown thread.
pub(crate) async fn check(tx: &mut Tx, caller: &Caller, thread: ThreadId) -> Result<()> {
    let within = match caller.subject {
        Subject::Project => true,
        Subject::Thread(own) => own == thread,
        Subject::Customer(own) => takes_part(tx, caller, thread, own).await?,
        Subject::ExternalAgent | Subject::Attempt { .. } => false,
        Subject::Agent(_) | Subject::EndUser { .. } => match holding(caller) {
            Some((agent, holder)) => store::owners::is_held(tx, caller.project, thread, agent, holder).await?,
            None => false,
        },
    };
    if within { Ok(()) } else { Err(unknown::thread()) }
}

async fn takes_part(tx: &mut Tx, caller: &Caller, thread: ThreadId, customer: CustomerId) -> Result<bool> {
    Ok(store::threads::customers(tx, caller.project, thread).await?.contains(&customer))
}

/// The caller's agent and the holder of the caller's threads. A program holds threads that its line of keys started for
/// nobody. An end user holds the own threads. `None` for a caller without an agent.
pub(crate) fn holding(caller: &Caller) -> Option<(AgentId, Holder)> {
    match caller.subject {
        Subject::Agent(agent) => Some((agent, Holder::Line(caller.line))),
        Subject::EndUser { agent, customer } => Some((agent, Holder::Customer(customer))),
        Subject::Project
        | Subject::Thread(_)
        | Subject::Customer(_)
        | Subject::ExternalAgent
        | Subject::Attempt { .. } => None,
    }
}

/// The thread.
///
/// # Errors
/// `not_found` for an unknown or foreign thread, and for one that the caller may not know of.
pub(crate) async fn find(tx: &mut Tx, caller: &Caller, thread: ThreadId) -> Result<Thread> {
    check(tx, caller, thread).await?;
    store::threads::find(tx, caller.project, thread).await?.ok_or_else(unknown::thread)
}

/// [`find`] as an operation.
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

/// Limits messages of callers below the project. A program with one agent may choose how it is answered, and must not
/// name anything of the project. Everybody else may only send own text and files.
///
/// # Errors
/// `forbidden` for anything that only a key of the project may send.
pub(crate) fn only_own(caller: &Caller, send: &Send) -> Result<()> {
    let new = |id| send.attachments.iter().any(|attachment| attachment.id == id);
    let mut named = send.body.content.iter().filter_map(Part::attachment);
    let is_plain = send.impersonate.is_none() && send.reminder.is_none();
    let own = is_plain && named.all(new);
    let controls = &send.body.controls;
    let allowed = match caller.subject {
        Subject::Project => true,
        Subject::ExternalAgent | Subject::Attempt { .. } => false,
        Subject::Agent(_) => own && controls.browser_snapshots.as_ref().is_none_or(Vec::is_empty),
        // The transaction checks that the files of a guest were sent to the thread.
        Subject::Thread(_) => is_plain && controls.is_empty() && send.respond,
        Subject::Customer(_) | Subject::EndUser { .. } => own && controls.is_empty() && send.respond,
    };
    match (allowed, caller.subject) {
        (true, _) => Ok(()),
        (false, Subject::Agent(_)) => Err(Error::forbidden(
            "This key may send its own text and files, but must not use anything else of the project",
        )),
        (false, _) => Err(not_own()),
    }
}

/// Refuses a file that the holder of a thread's token names, unless the file was sent to the thread.
pub(crate) fn own_file(caller: &Caller, thread: ThreadId, named: Option<&Attachment>) -> Result<()> {
    let is_own = named.is_some_and(|attachment| attachment.thread == Some(thread));
    if is_own || !matches!(caller.subject, Subject::Thread(_)) { Ok(()) } else { Err(not_own()) }
}

fn not_own() -> Error {
    Error::forbidden("This token may send its own text and files, but must not set anything else")
}
