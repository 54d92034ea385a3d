//! Reads on SQLite: read-only connections beside the writer, which never delay it.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use domain::{Error, Result};
use tokio::task::spawn_blocking;

use super::{connection::open_reader, statement::execute};
use crate::{
    Operation, Options, Tx,
    operation::{attempt, in_place},
    pool::{Pool, Wanted},
    store::{closed, overstayed},
    tx::Connection,
};

/// Steps of a statement between two checks for a gone caller, some tens of microseconds.
const STEPS: i32 = 1_000;

/// The caller of a long read. Dropped when the caller stops waiting.
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
    /// Time for which a long read keeps its place while others wait.
    stay: Duration,
}

impl Readers {
    pub(crate) fn open(path: &Path, options: &Options) -> rusqlite::Result<Self> {
        let open = |n: usize| -> rusqlite::Result<Pool<Tx>> {
            let connections = (0..n.max(1)).map(|_| Ok(Tx::new(Connection::Sqlite(open_reader(path)?))));
            Ok(Pool::new(connections.collect::<rusqlite::Result<_>>()?))
        };
        Ok(Self { bounded: open(options.readers)?, long: open(options.long_reads)?, stay: options.long_read })
    }

    /// Runs on the caller's thread, because a page takes less time than switching threads twice.
    pub(crate) async fn read<O: Operation>(&self, operation: O) -> Result<O::Out> {
        let mut tx = self.bounded.take().await.ok_or_else(closed)?;
        in_snapshot(operation, &mut tx)
    }

    /// Runs on its own thread. Ends when its caller is gone, or after `stay` while others wait for its place.
    pub(crate) async fn read_long<O: Operation>(&self, operation: O) -> Result<O::Out> {
        let mut tx = self.long.take().await.ok_or_else(closed)?;
        let caller = Caller::default();
        let stop = Stop {
            gone: caller.0.clone(),
            late: Arc::default(),
            until: Instant::now() + self.stay,
            wanted: tx.wanted(),
        };
        let read = spawn_blocking(move || {
            let (gone, late) = (stop.gone.clone(), stop.late.clone());
            tx.abandon_with(gone);
            interrupt_when(&mut tx, Some(stop));
            let out = in_snapshot(operation, &mut tx);
            tx.abandon_with(Arc::default());
            if late.load(Relaxed) { out.map_err(|error| overstayed().with_source(error)) } else { out }
        });
        read.await.unwrap_or_else(|e| Err(Error::internal(e)))
    }

    /// Waits for the running reads.
    pub(crate) async fn close(&self) {
        self.bounded.close().await;
        self.long.close().await;
    }
}

/// The conditions for ending a long read.
struct Stop {
    /// Set when the caller is gone.
    gone: Arc<AtomicBool>,
    /// Set when the read was stopped for others.
    late: Arc<AtomicBool>,
    until: Instant,
    wanted: Wanted,
}

impl Stop {
    fn asked(&self) -> bool {
        if self.gone.load(Relaxed) {
            return true;
        }
        if Instant::now() < self.until || !self.wanted.by_others() {
            return false;
        }
        self.late.store(true, Relaxed);
        // Prevents further statements too.
        self.gone.store(true, Relaxed);
        true
    }
}

/// All statements of one read see one snapshot.
fn in_snapshot<O: Operation>(operation: O, tx: &mut Tx) -> Result<O::Out> {
    control(tx, "BEGIN")?;
    let out = in_place(attempt(operation, tx));
    tx.reset();
    interrupt_when(tx, None);
    control(tx, "ROLLBACK")?;
    out
}

/// Interrupts a statement midway, because a single one may scan a whole table.
fn interrupt_when(tx: &mut Tx, stop: Option<Stop>) {
    let asked = stop.map(|stop| move || stop.asked());
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
