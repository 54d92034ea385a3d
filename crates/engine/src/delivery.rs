//! Delivery: sends the entries of threads to the webhooks of their project.
//!
//! The log is durable and ordered, so no entry is stored twice. The transaction that appends to a thread records for
//! each webhook the first entry that is pending (a backlog). A sender claims a backlog, sends one entry after the other
//! in the log's order, and advances it. A crash leaves the backlog, and the entry is sent again: at least once, in
//! order within a thread.

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
use store::{Tx, secrets::Column};
use uuid::Uuid;

use crate::{inner::Inner, sealing::Place};

pub(crate) use deliver::Senders;
pub(crate) use schedule::error_of;
pub(crate) use send::{Worded, send_once, worded};
pub(crate) use sign::{headers, push_secret, push_signatures, secret};

/// Schedules the removal of the pending deliveries of a webhook that becomes disabled.
pub(crate) async fn forget_later(tx: &mut Tx, inner: &Arc<Inner>, project: ProjectId, id: WebhookId) -> Result<()> {
    store::removals::remain(tx, project, id.0, inner.clock.now()).await?;
    let inner = inner.clone();
    tx.on_commit(move || inner.unfinished.notify_one());
    Ok(())
}

/// The place of a webhook's fixed `Authorization`.
pub(crate) fn place(project: ProjectId, id: WebhookId) -> Place {
    Place { project, column: Column::WebhookAuthorization, row: id.0 }
}

/// The caller that formats an entry: the project itself.
fn reader(project: ProjectId) -> Caller {
    let scopes = Scopes::of(&[Scope::Read]);
    let nobodys = KeyId(Uuid::nil());
    Caller {
        project,
        key: nobodys,
        scopes,
        subject: Subject::Project,
        line: nobodys,
        until: None,
        sign_in: None,
        generation: 0,
    }
}
