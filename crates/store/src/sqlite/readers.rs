//! Reads on SQLite: connections that cannot write, beside the writer and never in its way.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use domain::{Error, Result};
use tokio::task::spawn_blocking;

use super::{connection::open_reader, statement::execute};
use crate::{
    Operation, Tx,
    operation::{attempt, in_place},
    pool::Pool,
    store::closed,
    tx::Connection,
};

/// Long reads at the same time. Each holds a thread, and holds back the checkpoint while it runs.
const LONG: usize = 2;

/// Steps of a statement between two looks whether its caller is gone: some tens of microseconds.
const STEPS: i32 = 1_000;

/// Who waits for a long read. Dropped with the wait for it.
#[derive(Default)]
struct Caller(Arc<AtomicBool>);

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

pub(crate) struct Readers {
    bounded: Pool<Tx>,
    long: Pool<Tx>,
}

impl Readers {
    pub(crate) fn open(path: &Path, bounded: usize) -> rusqlite::Result<Self> {
        let open = |n: usize| -> rusqlite::Result<Pool<Tx>> {
            let connections = (0..n).map(|_| Ok(Tx::new(Connection::Sqlite(open_reader(path)?))));
            Ok(Pool::new(connections.collect::<rusqlite::Result<_>>()?))
        };
        Ok(Self { bounded: open(bounded.max(1))?, long: open(LONG)? })
    }

    /// On the caller's thread: a page takes less time than the way to another thread and back.
    pub(crate) async fn read<O: Operation>(&self, operation: O) -> Result<O::Out> {
        let mut tx = self.bounded.take().await.ok_or_else(closed)?;
        in_snapshot(operation, &mut tx)
    }

    /// On a thread of its own, which goes on no longer than somebody waits for it.
    pub(crate) async fn read_long<O: Operation>(&self, operation: O) -> Result<O::Out> {
        let mut tx = self.long.take().await.ok_or_else(closed)?;
        let caller = Caller::default();
        let gone = caller.0.clone();
        let read = spawn_blocking(move || {
            tx.abandon_with(gone.clone());
            interrupt_when(&mut tx, Some(gone));
            let out = in_snapshot(operation, &mut tx);
            tx.abandon_with(Arc::default());
            out
        });
        read.await.unwrap_or_else(|e| Err(Error::internal(e)))
    }

    /// Waits for the reads that run.
    pub(crate) async fn close(&self) {
        self.bounded.close().await;
        self.long.close().await;
    }
}

/// All statements of one read see one state.
fn in_snapshot<O: Operation>(operation: O, tx: &mut Tx) -> Result<O::Out> {
    control(tx, "BEGIN")?;
    let out = in_place(attempt(operation, tx));
    tx.reset();
    interrupt_when(tx, None);
    control(tx, "ROLLBACK")?;
    out
}

/// Ends a statement midway once `gone` is set: one alone may look through a whole table.
fn interrupt_when(tx: &mut Tx, gone: Option<Arc<AtomicBool>>) {
    let asked = gone.map(|gone| move || gone.load(Relaxed));
    if let Err(error) = database(tx).progress_handler(STEPS, asked) {
        tracing::warn!("a long read cannot be interrupted: {error}");
    }
}

fn control(tx: &mut Tx, sql: &str) -> Result<()> {
    execute(database(tx), sql, &[]).map(drop)
}

fn database(tx: &mut Tx) -> &mut rusqlite::Connection {
    match &mut tx.connection {
        Connection::Sqlite(db) => db,
        Connection::Postgres(_) => unreachable!("the pool was filled with connections of SQLite"),
    }
}
