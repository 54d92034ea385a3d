//! Delivery: what is written to threads goes out to the webhooks of their project.
//!
//! The log is durable and in order, so nothing of it is written twice. The transaction that appends to a thread notes for each
//! webhook from which entry on it is behind; a sender claims such a note, posts one entry after the other in the log's order,
//! and moves it on. Whatever dies in between, the note stays, and the entry is posted again: at least once, in order within a
//! thread.

mod claim;
mod deliver;
mod schedule;
mod send;
mod settle;
mod sign;

use std::sync::Arc;

use domain::{
    Caller, KeyId, ProjectId, Result, WebhookId,
    caller::{Scope, Scopes, Subject},
};
use store::Tx;
use uuid::Uuid;

use crate::inner::Inner;

pub(crate) use deliver::Senders;
pub(crate) use schedule::error_of;
pub(crate) use send::{Worded, send_once, worded};
pub(crate) use sign::secret;

/// Has all forgotten, step by step, that the webhook, which is disabled from now on, was owed.
pub(crate) async fn forget_later(tx: &mut Tx, inner: &Arc<Inner>, project: ProjectId, id: WebhookId) -> Result<()> {
    store::removals::remain(tx, project, id.0, inner.clock.now()).await?;
    let inner = inner.clone();
    tx.on_commit(move || inner.unfinished.notify_one());
    Ok(())
}

/// Who words an entry: the project itself.
fn reader(project: ProjectId) -> Caller {
    let scopes = Scopes::of(&[Scope::Read]);
    let nobodys = KeyId(Uuid::nil());
    Caller { project, key: nobodys, scopes, subject: Subject::Project, line: nobodys, until: None }
}
