//! Reading the audit trail.

use domain::{Caller, Result, Timestamp, caller::Scope};
use uuid::Uuid;

pub use store::audit::{Filter, Record};

use crate::App;

/// A record of the caller's act, on the project as a whole.
pub(crate) fn record(id: Uuid, caller: &Caller, action: &str, at: Timestamp) -> Record {
    let (project, key) = (caller.project, caller.key);
    Record { id, project, key, action: action.into(), member: None, thread: None, message: None, at }
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
