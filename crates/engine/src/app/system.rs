//! The condition of this node, for who administers the installation.

use domain::{Caller, Result};
use store::op;

use super::projects::require_installation;
use crate::App;

/// Scheduled turns that are counted at most.
const DUE_MAX: i64 = 1_000;

/// How this node stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// True for PostgreSQL, false for SQLite.
    pub is_postgres: bool,
    /// Free bytes of the data folder's disk, and all its bytes. Absent if the system does not tell.
    pub disk: Option<(u64, u64)>,
    /// Busy workers of this node, and all.
    pub workers: (u64, u64),
    /// Turns of all projects that wait for a worker or a time, counted up to 1,000.
    pub due: i64,
    /// Lent bytes of the memory for requests, and the budget of the process.
    pub memory: (u64, u64),
}

impl App {
    /// The condition of this node.
    ///
    /// # Errors
    /// `forbidden` unless the caller administers the installation.
    #[crate::boxed]
    pub async fn condition(&self, caller: &Caller) -> Result<Condition> {
        let caller = caller.clone();
        let count = op(move |tx| {
            Box::pin(async move {
                require_installation(tx, &caller).await?;
                store::turns::count_due(tx, DUE_MAX).await
            })
        });
        let due = self.store.read(count).await?;
        Ok(Condition {
            is_postgres: self.store.is_postgres(),
            disk: self.blobs.room().await,
            workers: self.workers.busy(),
            due,
            memory: (self.memory.lent(), self.memory.budget()),
        })
    }
}
