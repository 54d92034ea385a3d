//! Inactivity windows: a thread that has one lapses when nobody has said anything for so long.
//!
//! Whether a thread has lapsed, its head says by itself ([`domain::thread::Thread::closed_at`]). What is here writes it into the
//! log, once, when it comes to pass. Messages leave the row that says when to look as it is, unless they make the window shorter; whoever looks too early puts it
//! off.

use std::sync::Arc;

use domain::{Result, event::Event};
use store::Tx;

use crate::{inner::Inner, journal::Journal};

/// The thread has a window from now on, or again.
pub(crate) async fn begin(tx: &mut Tx, journal: &mut Journal, inner: &Arc<Inner>) -> Result<()> {
    journal.touch_window();
    let Some(ends_at) = journal.thread.window_ends_at else { return Ok(()) };
    let (project, thread) = (journal.thread.project, journal.thread.id);
    if !store::windows::insert(tx, project, thread, ends_at).await? {
        // A longer window, or an open turn, may have put the look off beyond this end.
        store::windows::bring_forward(tx, project, thread, ends_at).await?;
    }
    let inner = inner.clone();
    tx.on_commit(move || inner.windows.notify_one());
    Ok(())
}

/// The thread has a window of this length, in place of the one that it may have had. Only a shorter one has to be looked at
/// earlier.
pub(crate) async fn give(tx: &mut Tx, journal: &mut Journal, window_s: i64, inner: &Arc<Inner>) -> Result<()> {
    match journal.thread.window_s.replace(window_s) {
        Some(earlier_s) if earlier_s <= window_s => Ok(()),
        _ => begin(tx, journal, inner).await,
    }
}

/// Opens a thread that has lapsed. If its log says so already, it says this too.
pub(crate) async fn reopen(tx: &mut Tx, journal: &mut Journal) -> Result<()> {
    journal.touch_window();
    let Some(ends_at) = journal.thread.window_ends_at else { return Ok(()) };
    if store::windows::insert(tx, journal.thread.project, journal.thread.id, ends_at).await? {
        journal.append(None, Event::ThreadReopened {});
    }
    Ok(())
}
