//! Checkpoints: moves commits from the write-ahead log to the database, beside the writer. A checkpoint writes pages
//! all over the file and waits for the disk, so it must not delay commits.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use rusqlite::{Connection, hooks::Wal};

use super::open::Opening;

/// Growth of the log, in pages, between two checkpoints. A page that many commits changed is then moved once.
const EVERY_PAGES: i32 = 4_000;

/// Size of the log, in pages, at which the writer makes the checkpoint itself. It can then restart the log, which
/// nobody else can do under constant writes.
const MOST_PAGES: i32 = 8_192;

/// The thread of the checkpoints, with its own connection.
pub(crate) struct Checkpoints {
    calls: SyncSender<Call>,
    thread: JoinHandle<()>,
}

enum Call {
    Move,
    End,
}

impl Checkpoints {
    /// Starts the thread, and lets `writer` call it as commits add to the log.
    pub(super) fn start(writer: &mut Connection, own: Connection) -> Result<Self, Opening> {
        let (calls, called) = sync_channel(1);
        let (mut at, mut warned) = (0, MOST_PAGES);
        let call = calls.clone();
        let turn = Arc::new(Mutex::new(()));
        let writers = Arc::clone(&turn);
        writer.wal_hook(Some(move |log: &mut Wal, pages| {
            if pages >= MOST_PAGES {
                // The thread's checkpoint would refuse this one, and the log would grow meanwhile: the writer waits for it.
                let _turn = writers.lock().unwrap_or_else(PoisonError::into_inner);
                // The commit stands in any case, and the next try still finds the log.
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
                // One waiting call is enough.
                let _ = call.try_send(Call::Move);
            }
            Ok(())
        }))?;
        let thread =
            thread::Builder::new().name("sqlite-checkpoints".to_owned()).spawn(move || run(&own, &turn, &called));
        Ok(Self { calls, thread: thread.map_err(Opening::File)? })
    }

    /// Waits for a running checkpoint, and closes the connection.
    pub(super) fn end(self) {
        let Self { calls, thread } = self;
        // An error means that the thread has already ended.
        let _ = calls.send(Call::End);
        if thread.join().is_err() {
            tracing::error!("the thread of the checkpoints panicked");
        }
    }
}

fn run(db: &Connection, turn: &Mutex<()>, called: &Receiver<Call>) {
    while let Ok(Call::Move) = called.recv() {
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = db.execute_batch("PRAGMA wal_checkpoint(PASSIVE)") {
            tracing::warn!("a checkpoint failed, and the next one repeats it: {error}");
        }
    }
}
