//! Handling: members take threads, speak in place of the agent, and hand the threads back.
//!
//! Each operation is one transaction under the thread's lock, with one entry and one record of the audit trail. A take
//! ends every open turn in its transaction, so no worker can write a word of the agent afterwards.

pub mod ask;
pub mod assign;
pub mod hand_back;
pub(crate) mod held;
pub mod note;
pub mod onlookers;
pub mod presence;
pub mod reply;
mod resume;
pub mod seen;
pub(crate) mod silences;
pub mod take;

use std::sync::Arc;

use domain::{Caller, Error, KeyId, MemberId, MessageId, Result, caller::Scope, codes, project::Member};
use store::{Tx, audit};

use crate::{inner::Inner, journal::Journal, validate};

/// Guards the operations that only members may use: a member who is signed in at the console, and keys that name one.
///
/// # Errors
/// `forbidden` without `write`; for a key without `impersonate`; for every caller below the project.
fn require_member(caller: &Caller) -> Result<()> {
    caller.require(Scope::Write)?;
    match caller.member() {
        Some(_) => Ok(()),
        None => caller.require(Scope::Impersonate),
    }
}

/// The member who acts: the one that a key names, or the one who is signed in.
///
/// # Errors
/// As [`member`]; `forbidden` for a member who names another one.
async fn actor(tx: &mut Tx, caller: &Caller, named: &str) -> Result<Member> {
    let named = member(tx, caller, "member", named).await?;
    match caller.member() {
        Some(own) if own != named.id => Err(Error::forbidden("A member who is signed in acts in no other name")),
        _ => Ok(named),
    }
}

/// The key that acts in a member's name. `None` for a member who is signed in.
fn impersonator(caller: &Caller) -> Option<KeyId> {
    caller.member().is_none().then_some(caller.key)
}

/// The member that a request names by id or address.
///
/// # Errors
/// `invalid`, at `path`, if the project has no such member.
async fn member(tx: &mut Tx, caller: &Caller, path: &str, named: &str) -> Result<Member> {
    let found = match MemberId::parse(named) {
        Some(id) => store::members::find(tx, caller.project, id).await?,
        None => store::members::find_by_email(tx, caller.project, &validate::spelled_as_stored(named)).await?,
    };
    found.ok_or_else(|| Error {
        code: codes::MEMBER_NOT_FOUND,
        ..Error::field(path, "must name a member of this project, by id or address")
    })
}

/// Records an act in the audit trail.
async fn record(
    tx: &mut Tx,
    journal: &Journal,
    caller: &Caller,
    (action, member): (&str, Option<MemberId>),
    message: Option<MessageId>,
    inner: &Arc<Inner>,
) -> Result<()> {
    let record = super::access::audit::record(inner.clock.id(), caller, action, journal.now);
    audit::insert(tx, &audit::Record { member, thread: Some(journal.thread.id), message, ..record }).await
}

/// # Errors
/// `conflict` for a closed thread, which is its agent's.
fn refuse_closed(journal: &Journal) -> Result<()> {
    match journal.thread.closed_at(journal.now) {
        Some(_) => Err(Error::conflict(codes::THREAD_CLOSED, "Thread is closed")),
        None => Ok(()),
    }
}
