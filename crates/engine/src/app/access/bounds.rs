//! Which threads a caller may know of: the one place where the subject of a key or a token is held against a thread.

use domain::{AgentId, Caller, CustomerId, Error, Result, ThreadId, caller::Subject, message::Part, thread::Thread};
use store::{Operation, Tx, owners::Holder};

use crate::{app::messages::Send, unknown};

/// # Errors
/// `not_found`, as for an unknown thread, for one that the caller may not know of.
pub(crate) async fn check(tx: &mut Tx, caller: &Caller, thread: ThreadId) -> Result<()> {
    let within = match caller.subject {
        Subject::Project => true,
        Subject::Thread(own) => own == thread,
        Subject::Customer(own) => takes_part(tx, caller, thread, own).await?,
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

/// The agent that the caller is bound to, and which of its threads they know of: a program those that its line of keys has begun for
/// nobody, a person whom it serves their own. `None` for a caller without an agent.
pub(crate) fn holding(caller: &Caller) -> Option<(AgentId, Holder)> {
    match caller.subject {
        Subject::Agent(agent) => Some((agent, Holder::Line(caller.line))),
        Subject::EndUser { agent, customer } => Some((agent, Holder::Customer(customer))),
        Subject::Project | Subject::Thread(_) | Subject::Customer(_) => None,
    }
}

/// The thread, as it stands.
///
/// # Errors
/// `not_found` for an unknown or foreign thread, and one that the caller may not know of.
pub(crate) async fn find(tx: &mut Tx, caller: &Caller, thread: ThreadId) -> Result<Thread> {
    check(tx, caller, thread).await?;
    store::threads::find(tx, caller.project, thread).await?.ok_or_else(unknown::thread)
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
/// `forbidden` for what only a key of the project may send along: a program that has one agent chooses how it is answered, and
/// names nothing of the project's; everybody else sends words and files of their own.
pub(crate) fn only_own(caller: &Caller, send: &Send) -> Result<()> {
    let new = |id| send.attachments.iter().any(|attachment| attachment.id == id);
    let mut named = send.body.content.iter().filter_map(Part::attachment);
    let own = send.impersonate.is_none() && send.reminder.is_none() && named.all(new);
    let controls = &send.body.controls;
    let allowed = match caller.subject {
        Subject::Project => true,
        Subject::Agent(_) => own && controls.browser_snapshots.as_ref().is_none_or(Vec::is_empty),
        Subject::Thread(_) | Subject::Customer(_) | Subject::EndUser { .. } => {
            own && controls.is_empty() && send.respond
        }
    };
    match (allowed, caller.subject) {
        (true, _) => Ok(()),
        (false, Subject::Agent(_)) => {
            Err(Error::forbidden("This key may send words and files of its own, and nothing that is the project's"))
        }
        (false, _) => Err(Error::forbidden("This token may send words and files of its own, and choose nothing else")),
    }
}
