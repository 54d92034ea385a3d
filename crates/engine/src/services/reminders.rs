//! Fires due reminders.

use std::sync::Arc;

use domain::{Result, event::Event, reminder::Reminder, ticket::Cause};
use store::{Operation, Tx, op};
use tokio::sync::Notify;

use super::{Next, Round, Service};
use crate::{inner::Inner, journal::Journal, reschedule::write};

/// Reminders fired in one round.
const ROUND: i64 = 64;

#[derive(Default)]
pub struct Reminders;

impl Service for Reminders {
    const NAME: &'static str = "reminders";

    fn bell(inner: &Inner) -> Option<&Notify> {
        Some(&inner.reminders)
    }

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        let now = inner.clock.now();
        let due = op(move |tx| Box::pin(async move { store::reminders::due(tx, now, ROUND).await }));
        let mut fired = 0;
        for reminder in inner.store.read(due).await? {
            let (thread, project) = (reminder.thread, reminder.project);
            let fire = Fire { inner: inner.clone(), reminder };
            let off = |now, later| {
                op(move |tx| Box::pin(async move { store::reminders::reschedule(tx, thread, now, later).await }))
            };
            let has_fired = write(inner, project, &format!("the reminder of thread {thread}"), fire, off).await?;
            fired += u64::from(has_fired == Some(true));
        }
        let next = inner.store.read(op(|tx| Box::pin(store::reminders::next_due(tx)))).await?;
        Ok(Round { did: fired, next: Next::At(next) })
    }
}

/// Fires one reminder: writes an entry, moves the ticket (unless a turn is open or a person has closed the thread), and
/// counts down. It is scheduled again while the count is above 0. Several firings missed during a downtime count as
/// one.
struct Fire {
    inner: Arc<Inner>,
    reminder: Reminder,
}

impl Operation for Fire {
    type Out = bool;

    async fn run(self, tx: &mut Tx) -> Result<bool> {
        let Self { inner, reminder } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, reminder.project, reminder.thread, now).await? else {
            store::reminders::clear(tx, reminder.thread).await?;
            return Ok(false);
        };
        let found = store::reminders::find(tx, reminder.project, reminder.thread).await?;
        let Some(mut reminder) = found.filter(|r| r.due_at <= now) else { return Ok(false) };
        reminder.number_left -= 1;
        journal.move_ticket(Cause::Reminded);
        let ticket = journal.thread.ticket;
        journal.append(None, Event::ThreadReminder { number_left: reminder.number_left, ticket });
        if reminder.number_left > 0 {
            reminder.due_at = now.plus_s(reminder.delay_s);
            store::reminders::set(tx, &reminder).await?;
        } else {
            store::reminders::clear(tx, reminder.thread).await?;
        }
        journal.write(tx, &inner).await?;
        Ok(true)
    }
}
