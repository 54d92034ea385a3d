//! What was committed moves from the write-ahead log to the database beside the writer, and not in its way: it writes pages all
//! over the file and waits for the disk, for which whoever commits would wait too.

use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

use rusqlite::{Connection, hooks::Wal};

use super::open::Opening;

/// Pages that the log grows by from one checkpoint to the next. A page that many commits have changed is moved once.
const EVERY_PAGES: i32 = 4_000;

/// Pages in the log at which the writer moves what is left itself: it then begins the log anew, which nobody else can do while
/// there is something new each time.
const MOST_PAGES: i32 = 8_192;

/// The thread that moves it, on a connection of its own.
pub(crate) struct Checkpoints {
    calls: SyncSender<Call>,
    thread: JoinHandle<()>,
}

enum Call {
    Move,
    End,
}

impl Checkpoints {
    /// Starts the thread, and has `writer` call it as its commits add to the log.
    pub(super) fn start(writer: &mut Connection, own: Connection) -> Result<Self, Opening> {
        let (calls, called) = sync_channel(1);
        let (mut at, mut warned) = (0, MOST_PAGES);
        let call = calls.clone();
        writer.wal_hook(Some(move |log: &mut Wal, pages| {
            if pages >= MOST_PAGES {
                // The commit stands whatever becomes of it: the log is still there for the next try.
                let done = log.checkpoint();
                if pages >= warned + MOST_PAGES {
                    warned = pages;
                    tracing::warn!(pages, ?done, "the write-ahead log grows: a long read or a failing disk holds it");
                }
                return Ok(());
            }
            warned = MOST_PAGES;
            at = if pages < at { 0 } else { at };
            if pages >= at + EVERY_PAGES {
                at = pages;
                // One call that waits is as good as many.
                let _ = call.try_send(Call::Move);
            }
            Ok(())
        }))?;
        let thread = thread::Builder::new().name("sqlite-checkpoints".to_owned()).spawn(move || run(&own, &called));
        Ok(Self { calls, thread: thread.map_err(Opening::File)? })
    }

    /// Waits for the move under way, and closes the connection.
    pub(super) fn end(self) {
        let Self { calls, thread } = self;
        // An error means that it has ended already.
        let _ = calls.send(Call::End);
        if thread.join().is_err() {
            tracing::error!("the thread of the checkpoints panicked");
        }
    }
}

fn run(db: &Connection, called: &Receiver<Call>) {
    while let Ok(Call::Move) = called.recv() {
        if let Err(error) = db.execute_batch("PRAGMA wal_checkpoint(PASSIVE)") {
            tracing::warn!("a checkpoint failed, the next one makes up for it: {error}");
        }
    }
}
