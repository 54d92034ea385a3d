//! Reading the audit trail.

use domain::{Caller, Result, Timestamp, caller::Scope};
use store::Tx;
use uuid::Uuid;

pub use store::audit::{Filter, Record};

use crate::{App, inner::Inner};

/// A record of the caller's act, on the project as a whole.
pub(crate) fn record(id: Uuid, caller: &Caller, action: &str, at: Timestamp) -> Record {
    let (project, key) = (caller.project, caller.key);
    let (member, action) = (caller.member(), action.into());
    Record { id, project, key, action, member, thread: None, message: None, object: None, at }
}

/// Records the caller's act on a key, a webhook, an agent or a provider, in the act's transaction.
pub(crate) async fn note(
    tx: &mut Tx,
    inner: &Inner,
    caller: &Caller,
    action: &str,
    object: impl ToString,
) -> Result<()> {
    let record = record(inner.clock.id(), caller, action, inner.clock.now());
    store::audit::insert(tx, &Record { object: Some(object.to_string()), ..record }).await
}

impl App {
    /// The project's audit trail with an id below `before`, newest first.
    ///
    /// # Errors
    /// `forbidden` without `admin`.
    #[crate::boxed]
    pub async fn list_audit(&self, caller: &Caller, before: Option<Uuid>, limit: i64) -> Result<Vec<Record>> {
        self.search_audit(caller, Filter::default(), before, limit).await
    }

    /// The records of the trail that match the filter, with an id below `before`, newest first.
    ///
    /// # Errors
    /// `forbidden` without `admin`.
    #[crate::boxed]
    pub async fn search_audit(
        &self,
        caller: &Caller,
        filter: Filter,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Record>> {
        caller.require(Scope::Admin)?;
        let project = caller.project;
        let list =
            store::op(move |tx| Box::pin(async move { store::audit::list(tx, project, &filter, before, limit).await }));
        // A filter that matches little reads far.
        self.store.read_long(list).await
    }
}
