//! What stands beside threads and messages that a door shows: timers, and what is owed to the outside.

use domain::{
    Caller, Result,
    author::Author,
    message::{Message, Role},
    reminder::{Delivery, Reminder},
    thread::Thread,
};
use store::{Operation, Tx};

use crate::App;

impl App {
    /// The reminders of threads that the caller was given.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn reminders_of(&self, threads: &[Thread]) -> Result<Vec<Reminder>> {
        let ids = threads.iter().map(|thread| (thread.project, thread.id)).collect();
        self.store.read(Reminders(ids)).await
    }

    /// What is owed because of messages of one thread that the caller was given, in the log's order.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn deliveries_of(&self, caller: &Caller, messages: &[Message]) -> Result<Vec<Delivery>> {
        let mut letters = messages.iter().filter(|message| goes_out(message));
        let Some(first) = letters.next() else { return Ok(Vec::new()) };
        let last = letters.next_back().unwrap_or(first);
        let (project, thread) = (caller.project, first.thread);
        let (low, high) = (first.seq.min(last.seq), first.seq.max(last.seq));
        self.store
            .read(store::op(move |tx| {
                Box::pin(async move { store::deliveries::of_messages(tx, project, thread, low, high).await })
            }))
            .await
    }
}

/// Only what people say towards customers is owed to anyone.
fn goes_out(message: &Message) -> bool {
    message.role == Role::Agent && !matches!(message.author, Author::Agent { .. })
}

struct Reminders(Vec<(domain::ProjectId, domain::ThreadId)>);

impl Operation for Reminders {
    type Out = Vec<Reminder>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<Reminder>> {
        let mut reminders = Vec::new();
        for (project, thread) in self.0 {
            reminders.extend(store::reminders::find(tx, project, thread).await?);
        }
        Ok(reminders)
    }
}
