//! Closes threads whose inactivity window has expired, by an entry in their log, once.

use std::sync::Arc;

use domain::{
    ProjectId, Result, ThreadId,
    event::Event,
    thread::{Closed, ClosedBy},
};
use store::{Operation, Tx, op};
use tokio::sync::Notify;

use super::{Next, Round, Service};
use crate::{inner::Inner, journal::Journal, reschedule::write};

/// Threads checked in one round.
const ROUND: i64 = 64;

#[derive(Default)]
pub struct Windows;

impl Service for Windows {
    const NAME: &'static str = "windows";

    fn bell(inner: &Inner) -> Option<&Notify> {
        Some(&inner.windows)
    }

    /// Checks threads whose windows may have expired.
    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        let now = inner.clock.now();
        let due = op(move |tx| Box::pin(async move { store::windows::due(tx, now, ROUND).await }));
        let mut expired = 0;
        for (thread, project) in inner.store.read(due).await? {
            let expire = Expire { inner: inner.clone(), project, thread };
            let off = |_, later| {
                op(move |tx| Box::pin(async move { store::windows::reschedule(tx, project, thread, later).await }))
            };
            let has_expired = write(inner, project, &format!("the window of thread {thread}"), expire, off).await?;
            expired += u64::from(has_expired == Some(true));
        }
        let next = inner.store.read(op(|tx| Box::pin(store::windows::next_due(tx)))).await?;
        Ok(Round { did: expired, next: Next::At(next) })
    }
}

/// Checks one thread: closes it, or schedules the next check.
struct Expire {
    inner: Arc<Inner>,
    project: ProjectId,
    thread: ThreadId,
}

impl Operation for Expire {
    type Out = bool;

    async fn run(self, tx: &mut Tx) -> Result<bool> {
        let Self { inner, project, thread } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, project, thread, now).await? else {
            store::windows::clear(tx, project, thread).await?;
            return Ok(false);
        };
        let head = &journal.thread;
        let (Some(window_s), Some(ends_at), None) = (head.window_s, head.window_ends_at, &head.closed) else {
            // A person has closed it. Reopening schedules a new check.
            store::windows::clear(tx, project, thread).await?;
            return Ok(false);
        };
        // The end of a turn restarts the window, so the window ends no earlier than this.
        let next = if head.run.is_open() { now.plus_s(window_s) } else { ends_at };
        if next > now {
            store::windows::reschedule(tx, project, thread, next).await?;
            return Ok(false);
        }
        // Another node may have been faster. Only the one that removes the row writes the entry.
        if store::windows::clear(tx, project, thread).await? == 0 {
            return Ok(false);
        }
        let closed = Closed { by: ClosedBy::Expired, reason: Some("ENDED".into()), at: ends_at };
        journal.append(None, Event::ThreadClosed { closed });
        journal.write(tx, &inner).await?;
        Ok(true)
    }
}
