//! Inactivity windows: a thread that has one lapses when nobody has said anything for so long.
//!
//! Whether a thread has lapsed, its head says by itself ([`domain::thread::Thread::closed_at`]). What is here writes it into the
//! log, once, when it comes to pass. Messages leave the row that says when to look as it is, unless they make the window shorter; whoever looks too early puts it
//! off.

use std::sync::Arc;

use domain::{
    ProjectId, Result, ThreadId,
    event::Event,
    thread::{Closed, ClosedBy},
};
use store::{Operation, Tx};

use crate::{
    App,
    inner::Inner,
    journal::Journal,
    rounds::{pause, put_off},
};

/// Threads looked at in one round.
const ROUND: i64 = 64;

impl App {
    /// Says of every thread whose window has ended that it is closed, as the service does. For tests that hold the clock.
    ///
    /// # Errors
    /// Whatever the store says.
    #[crate::boxed]
    pub async fn lapse_windows(&self) -> Result<usize> {
        lapse_due(self.inner()).await
    }
}

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

/// Looks at threads when their windows may have ended.
pub(crate) async fn watch(inner: Arc<Inner>) {
    loop {
        let set = inner.windows.notified();
        let next = match lapse_due(&inner).await {
            Ok(_) => inner.store.read(store::op(|tx| Box::pin(store::windows::next_due(tx)))).await,
            Err(error) => Err(error),
        };
        let wait = pause(next, inner.clock.now(), "threads whose windows have ended could not be closed");
        let _ = tokio::time::timeout(wait, set).await;
    }
}

async fn lapse_due(inner: &Arc<Inner>) -> Result<usize> {
    let now = inner.clock.now();
    let due = inner
        .store
        .read(store::op(move |tx| Box::pin(async move { store::windows::due(tx, now, ROUND).await })))
        .await?;
    let mut lapsed = 0;
    for (thread, project) in due {
        match inner.store.write(Lapse { inner: inner.clone(), project, thread }).await {
            Ok(has_lapsed) => lapsed += usize::from(has_lapsed),
            Err(error) => {
                let off = |_, later| {
                    store::op(move |tx| {
                        Box::pin(async move { store::windows::put_off(tx, project, thread, later).await })
                    })
                };
                put_off(inner, &format!("the window of thread {thread}"), error, off).await?;
            }
        }
    }
    Ok(lapsed)
}

/// Looks at one thread: closes it, or says when to look again.
struct Lapse {
    inner: Arc<Inner>,
    project: ProjectId,
    thread: ThreadId,
}

impl Operation for Lapse {
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
            // A person has closed it: reopening it sets the row anew.
            store::windows::clear(tx, project, thread).await?;
            return Ok(false);
        };
        // The end of a turn sets the window anew, so that it ends no earlier than this.
        let next = if head.run.is_open() { now.plus_s(window_s) } else { ends_at };
        if next > now {
            store::windows::put_off(tx, project, thread, next).await?;
            return Ok(false);
        }
        // Another node may have been here since this one looked: only who takes the row writes the entry.
        if store::windows::clear(tx, project, thread).await? == 0 {
            return Ok(false);
        }
        let closed = Closed { by: ClosedBy::Lapsed, reason: Some("ENDED".into()), at: ends_at };
        journal.append(None, Event::ThreadClosed { closed });
        journal.write(tx, &inner).await?;
        Ok(true)
    }
}
