//! Inactivity windows: a thread with a window expires when nobody has written for its length.
//!
//! The head alone tells whether a thread has expired ([`domain::thread::Thread::closed_at`]). This module records the
//! expiry in the log, once. A message leaves the scheduled check unchanged, unless the message shortens the window. A
//! check that comes too early is rescheduled.

use std::sync::Arc;

use domain::{Result, event::Event};
use store::Tx;

use crate::{inner::Inner, journal::Journal};

/// Starts the thread's window, for the first time or again.
pub(crate) async fn begin(tx: &mut Tx, journal: &mut Journal, inner: &Arc<Inner>) -> Result<()> {
    journal.touch_window();
    let Some(ends_at) = journal.thread.window_ends_at else { return Ok(()) };
    let (project, thread) = (journal.thread.project, journal.thread.id);
    if !store::windows::insert(tx, project, thread, ends_at).await? {
        // A longer window, or an open turn, may have rescheduled the check to a later time.
        store::windows::bring_forward(tx, project, thread, ends_at).await?;
    }
    let inner = inner.clone();
    tx.on_commit(move || inner.windows.notify_one());
    Ok(())
}

/// Gives the thread a window of this length. Only a shorter window needs an earlier check.
pub(crate) async fn give(tx: &mut Tx, journal: &mut Journal, window_s: i64, inner: &Arc<Inner>) -> Result<()> {
    match journal.thread.window_s.replace(window_s) {
        Some(earlier_s) if earlier_s <= window_s => Ok(()),
        _ => begin(tx, journal, inner).await,
    }
}

/// Reopens an expired thread. The log gets an entry if it has one of the expiry.
pub(crate) async fn reopen(tx: &mut Tx, journal: &mut Journal) -> Result<()> {
    journal.touch_window();
    let Some(ends_at) = journal.thread.window_ends_at else { return Ok(()) };
    if store::windows::insert(tx, journal.thread.project, journal.thread.id, ends_at).await? {
        journal.append(None, Event::ThreadReopened {});
    }
    Ok(())
}
