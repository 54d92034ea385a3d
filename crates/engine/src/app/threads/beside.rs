//! Data beside threads that dialects show: reminders and variables.

use domain::{ProjectId, Result, ThreadId, reminder::Reminder, thread::Thread, variables::Variables};
use store::{Operation, Tx};

use crate::App;

/// Data beside a thread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BesideThread {
    pub reminder: Option<Reminder>,
    /// Values of the placeholders in its agent's instructions.
    pub variables: Variables,
}

impl App {
    /// Data beside threads that the caller already has, in their order.
    ///
    /// # Errors
    /// Errors of the store.
    #[crate::boxed]
    pub async fn beside_threads(&self, threads: &[Thread]) -> Result<Vec<BesideThread>> {
        let ids = threads.iter().map(|thread| (thread.project, thread.id)).collect();
        self.store.read(Threads(ids)).await
    }
}

struct Threads(Vec<(ProjectId, ThreadId)>);

impl Operation for Threads {
    type Out = Vec<BesideThread>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<BesideThread>> {
        let mut beside = Vec::new();
        for (project, thread) in self.0 {
            let reminder = store::reminders::find(tx, project, thread).await?;
            let variables = store::variables::of_thread(tx, project, thread).await?;
            beside.push(BesideThread { reminder, variables });
        }
        Ok(beside)
    }
}
