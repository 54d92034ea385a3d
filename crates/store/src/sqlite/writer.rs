//! The only writer. It commits all waiting operations as one transaction (group commit).

use std::{
    mem,
    sync::{Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use domain::{Error, Kind, Result};
use tokio::runtime::Handle;

use super::{checkpoints::Checkpoints, statement::execute};
use crate::{
    Tx,
    folder::Lock,
    job::Job,
    operation::in_place,
    planted::{Bug, WINDOW, is_planted},
    queue::Queue,
    tx::Connection,
};

/// Most operations of one commit. More wait only if they arrive faster than commits end.
const BATCH: usize = 256;

/// The thread that owns the write connection.
pub(crate) struct Writer(Mutex<Option<JoinHandle<()>>>);

impl Writer {
    /// Starts the thread. It ends when the queue is closed and empty, and then releases the folder.
    pub(crate) fn start(
        db: rusqlite::Connection,
        checkpoints: Checkpoints,
        queue: Queue,
        lock: Lock,
    ) -> std::io::Result<Self> {
        let runtime = Handle::current();
        let thread = thread::Builder::new().name("sqlite-writer".to_owned()).spawn(move || {
            // Commit hooks may start tasks, as on PostgreSQL.
            let _context = runtime.enter();
            work(Tx::new(Connection::Sqlite(db)), checkpoints, queue);
            drop(lock);
        })?;
        Ok(Self(Mutex::new(Some(thread))))
    }

    /// Waits for the thread's end. Blocks.
    pub(crate) fn join(&self) {
        let thread = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the writer of the database panicked");
        }
    }
}

fn work(mut tx: Tx, checkpoints: Checkpoints, mut queue: Queue) {
    let mut jobs = Vec::with_capacity(BATCH);
    while queue.blocking_take(&mut jobs, BATCH) {
        commit_together(&mut tx, &mut jobs);
    }
    checkpoints.end();
    if let Err(error) = database(&tx).execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!("the last checkpoint failed, and the next start repeats it: {error}");
    }
}

/// Runs all `jobs` in one transaction. All callers are answered at the end, also refused ones, because a refusal may
/// depend on the writes of an earlier operation.
///
/// Under a savepoint, SQLite copies every page before its first change, which costs about as much as the change.
/// Repeatable jobs therefore run first, without savepoints. Each other job has its own savepoint.
fn commit_together(tx: &mut Tx, jobs: &mut Vec<Box<dyn Job>>) {
    if jobs.is_empty() {
        return;
    }
    let (bare, rest): (Vec<_>, Vec<_>) = mem::take(jobs).into_iter().partition(|job| job.is_repeatable());
    let free = bare.len();
    *jobs = bare;
    jobs.extend(rest);
    let whole = control(tx, "BEGIN IMMEDIATE").and_then(|()| run_all(tx, jobs, free));
    if is_planted(Bug::AnswerBeforeCommit) {
        mem::take(jobs).into_iter().for_each(|job| job.answer(Ok(())));
        thread::sleep(WINDOW);
    }
    let committed = whole.and_then(|()| control(tx, "COMMIT"));
    if committed.is_err() && in_transaction(tx) {
        // If the rollback fails too, the next BEGIN fails and reports the reason.
        let _ = control(tx, "ROLLBACK");
    }
    for job in mem::take(jobs) {
        job.answer(committed.clone());
    }
}

/// Runs the first `free` jobs without savepoints. If one fails after a write, everything is rolled back, and all jobs
/// run again with savepoints. An error here fails the whole transaction.
fn run_all(tx: &mut Tx, jobs: &mut [Box<dyn Job>], free: usize) -> Result<()> {
    let (free, rest) = jobs.split_at_mut(free);
    if !run_free(tx, free)? {
        control(tx, "ROLLBACK")?;
        control(tx, "BEGIN IMMEDIATE")?;
        for job in free.iter_mut() {
            job.rewind();
            in_savepoint(tx, job.as_mut())?;
        }
    }
    rest.iter_mut().try_for_each(|job| in_savepoint(tx, job.as_mut()))
}

/// `false` if a job failed after a write.
fn run_free(tx: &mut Tx, jobs: &mut [Box<dyn Job>]) -> Result<bool> {
    for job in jobs.iter_mut().filter(|job| !job.is_abandoned()) {
        let before = database(tx).total_changes();
        let done = in_place(job.run(tx));
        if let Err(error) = done {
            if !in_transaction(tx) {
                return Err(lost(error));
            }
            if database(tx).total_changes() != before {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// An error here fails the whole transaction.
fn in_savepoint(tx: &mut Tx, job: &mut dyn Job) -> Result<()> {
    if job.is_abandoned() {
        return Ok(());
    }
    control(tx, "SAVEPOINT op")?;
    let Err(error) = in_place(job.run(tx)) else { return control(tx, "RELEASE op") };
    if !in_transaction(tx) {
        return Err(lost(error));
    }
    control(tx, "ROLLBACK TO op")?;
    control(tx, "RELEASE op")
}

/// On a full or failing disk, SQLite rolls back the whole transaction.
fn lost(error: Error) -> Error {
    match error.kind {
        Kind::Unavailable => error,
        _ => Error::unavailable("The database lost a transaction, try again").with_source(error),
    }
}

fn database(tx: &Tx) -> &rusqlite::Connection {
    match &tx.connection {
        Connection::Sqlite(db) => db,
        Connection::Postgres(_) => unreachable!("the writer was started with a connection of SQLite"),
    }
}

fn control(tx: &Tx, sql: &str) -> Result<()> {
    execute(database(tx), sql, &[]).map(drop)
}

fn in_transaction(tx: &Tx) -> bool {
    !database(tx).is_autocommit()
}
