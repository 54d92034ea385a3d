//! Reminders of threads: timers that fire when no customer has written.

use std::sync::Arc;

use domain::{Caller, Error, Limits, Result, ThreadId, reminder::Reminder};
use store::Tx;

use crate::{App, inner::Inner, journal::Journal};

/// A reminder that fires after `delay_s`, `number_left` times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewReminder {
    pub delay_s: i64,
    pub number_left: i64,
}

impl App {
    /// The thread's reminder.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn reminder(&self, caller: &Caller, thread: ThreadId) -> Result<Option<Reminder>> {
        self.thread(caller, thread).await?;
        let project = caller.project;
        self.store
            .read(store::op(move |tx| Box::pin(async move { store::reminders::find(tx, project, thread).await })))
            .await
    }
}

/// `path` is the field of the reminder.
pub(crate) fn check(path: &str, reminder: NewReminder, limits: &Limits) -> Result<()> {
    let (longest, most) = (limits.reminder_delay_s, limits.reminder_number);
    if u64::try_from(reminder.delay_s).map_or(true, |s| s > longest) {
        return Err(Error::field(format!("{path}.delay_s"), format!("must be from 0 to {longest} seconds")));
    }
    if u64::try_from(reminder.number_left).map_or(true, |n| n == 0 || n > most) {
        return Err(Error::field(format!("{path}.number_left"), format!("must be from 1 to {most}")));
    }
    Ok(())
}

/// Sets the thread's reminder, or clears it.
pub(crate) async fn set(tx: &mut Tx, inner: &Arc<Inner>, journal: &Journal, new: Option<NewReminder>) -> Result<()> {
    let thread = journal.thread.id;
    let Some(NewReminder { delay_s, number_left }) = new else {
        return store::reminders::clear(tx, thread).await.map(drop);
    };
    let due_at = journal.now.plus_s(delay_s);
    let reminder = Reminder { thread, project: journal.thread.project, delay_s, number_left, due_at };
    store::reminders::set(tx, &reminder).await?;
    let inner = inner.clone();
    tx.on_commit(move || inner.reminders.notify_one());
    Ok(())
}
