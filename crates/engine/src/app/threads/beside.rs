//! What stands beside threads that a door shows: timers and variables.

use domain::{ProjectId, Result, ThreadId, reminder::Reminder, thread::Thread, variables::Variables};
use store::{Operation, Tx};

use crate::App;

/// What stands beside a thread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BesideThread {
    pub reminder: Option<Reminder>,
    /// What the places in its agent's instructions are filled with.
    pub variables: Variables,
}

impl App {
    /// What stands beside threads that the caller was given, in their order.
    ///
    /// # Errors
    /// Whatever the store says.
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
