//! Begins exports of whole threads, which the audit trail records.

use std::sync::Arc;

use domain::{Caller, Result, ThreadId, caller::Scope};
use store::{Operation, Tx, audit};

use crate::{
    App,
    app::access::{
        audit::{Record, record},
        bounds,
    },
    inner::Inner,
};

impl App {
    /// Records that the caller exports the thread. Returns the newest entry, where the export ends.
    ///
    /// # Errors
    /// `forbidden` without `read`, and below the project; `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn begin_export(&self, caller: &Caller, thread: ThreadId) -> Result<i64> {
        caller.require(Scope::Read)?;
        self.store.write(Begin { inner: self.inner().clone(), caller: caller.clone(), thread }).await
    }
}

struct Begin {
    inner: Arc<Inner>,
    caller: Caller,
    thread: ThreadId,
}

impl Operation for Begin {
    type Out = i64;

    async fn run(self, tx: &mut Tx) -> Result<i64> {
        let Self { inner, caller, thread } = self;
        let found = bounds::find(tx, &caller, thread).await?;
        let record = record(inner.clock.id(), &caller, "export", inner.clock.now());
        audit::insert(tx, &Record { member: caller.member(), thread: Some(thread), ..record }).await?;
        Ok(found.last_seq)
    }
}
