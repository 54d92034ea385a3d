//! Finding a thread by its id.

use domain::{Caller, Result, ThreadId, caller::Scope, thread::Thread};

use crate::{App, app::access::bounds};

impl App {
    /// # Errors
    /// `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn thread(&self, caller: &Caller, id: ThreadId) -> Result<Thread> {
        caller.require_bound(Scope::Read)?;
        self.store.read(bounds::Visible { caller: caller.clone(), thread: id }).await
    }
}
