//! For whom the work of a task is: the store's queues and connections are shared by it. And who keeps account of what it reads.

use std::sync::Arc;

use domain::{Result, shares::Holder};
use tokio::task::futures::TaskLocalFuture;

tokio::task_local! {
    static HOLDER: Holder;
    static SCALE: Arc<dyn Scale>;
}

/// Keeps account of what bounded pages put into memory.
pub trait Scale: Send + Sync {
    /// A page with so much text has been read, and somebody will make an answer of it.
    ///
    /// # Errors
    /// The error that the read fails with.
    fn weigh(&self, bytes: u64) -> Result<()>;
}

/// Runs `work` so that the pages that it reads are weighed.
pub fn weighed_by<F: Future>(scale: Arc<dyn Scale>, work: F) -> TaskLocalFuture<Arc<dyn Scale>, F> {
    SCALE.scope(scale, work)
}

/// Runs `work` as [`weighed_by`] does, for what is polled by hand.
pub fn at_once_weighed_by<T>(scale: Arc<dyn Scale>, work: impl FnOnce() -> T) -> T {
    SCALE.sync_scope(scale, work)
}

pub(crate) fn weigh(bytes: u64) -> Result<()> {
    SCALE.try_with(|scale| scale.weigh(bytes)).unwrap_or(Ok(()))
}

/// Runs `work` so that what it reads and writes counts as the holder's. A task that `work` spawns counts as the server's own,
/// unless it says for whom it is.
pub fn on_behalf_of<F: Future>(holder: Holder, work: F) -> TaskLocalFuture<Holder, F> {
    HOLDER.scope(holder, work)
}

/// Runs `work` as [`on_behalf_of`] does, for what is polled by hand.
pub fn at_once_on_behalf_of<T>(holder: Holder, work: impl FnOnce() -> T) -> T {
    HOLDER.sync_scope(holder, work)
}

/// Whose work this task does: the server's own unless it was said.
pub fn holder() -> Holder {
    HOLDER.try_with(|holder| *holder).unwrap_or_else(|_| Holder::server())
}
