//! For whom the work of a task is: the store's queues and connections are shared by it.

use domain::shares::Holder;
use tokio::task::futures::TaskLocalFuture;

tokio::task_local! {
    static HOLDER: Holder;
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
