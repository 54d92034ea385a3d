//! The holder of a task's work, and the account of the text that the task reads. The store's queues and connections are
//! shared by holder.

use std::sync::Arc;

use domain::{Result, shares::Holder};
use tokio::task::futures::TaskLocalFuture;

tokio::task_local! {
    static HOLDER: Holder;
    static SCALE: Arc<dyn Scale>;
}

/// Counts the text that bounded pages put into memory.
pub trait Scale: Send + Sync {
    /// Counts a page with `bytes` of text, which will become part of an answer.
    ///
    /// # Errors
    /// The error with which the read fails.
    fn weigh(&self, bytes: u64) -> Result<()>;
}

/// Runs `work` and counts the pages that it reads.
pub fn weighed_by<F: Future>(scale: Arc<dyn Scale>, work: F) -> TaskLocalFuture<Arc<dyn Scale>, F> {
    SCALE.scope(scale, work)
}

/// Like [`weighed_by`], for work that is polled by hand.
pub fn at_once_weighed_by<T>(scale: Arc<dyn Scale>, work: impl FnOnce() -> T) -> T {
    SCALE.sync_scope(scale, work)
}

pub(crate) fn weigh(bytes: u64) -> Result<()> {
    SCALE.try_with(|scale| scale.weigh(bytes)).unwrap_or(Ok(()))
}

/// Runs `work` so that its reads and writes count for `holder`. A task that `work` spawns counts for the server, unless
/// it names a holder itself.
pub fn on_behalf_of<F: Future>(holder: Holder, work: F) -> TaskLocalFuture<Holder, F> {
    HOLDER.scope(holder, work)
}

/// Like [`on_behalf_of`], for work that is polled by hand.
pub fn at_once_on_behalf_of<T>(holder: Holder, work: impl FnOnce() -> T) -> T {
    HOLDER.sync_scope(holder, work)
}

/// The holder of this task's work. Default: the server itself.
pub fn holder() -> Holder {
    HOLDER.try_with(|holder| *holder).unwrap_or_else(|_| Holder::server())
}
