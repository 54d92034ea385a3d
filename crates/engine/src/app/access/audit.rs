//! Reading the audit trail.

use domain::{Caller, Result, caller::Scope};
use uuid::Uuid;

pub use store::audit::Record;

use crate::App;

impl App {
    /// The project's audit trail with an id below `before`, newest first.
    ///
    /// # Errors
    /// `forbidden` without `admin`.
    #[crate::boxed]
    pub async fn list_audit(&self, caller: &Caller, before: Option<Uuid>, limit: i64) -> Result<Vec<Record>> {
        caller.require(Scope::Admin)?;
        let project = caller.project;
        self.store
            .read(store::op(move |tx| Box::pin(async move { store::audit::list(tx, project, before, limit).await })))
            .await
    }
}
