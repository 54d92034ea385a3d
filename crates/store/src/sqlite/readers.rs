//! Reads on SQLite: connections that cannot write, beside the writer and never in its way.

use std::path::Path;

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

    /// On a thread of its own.
    pub(crate) async fn read_long<O: Operation>(&self, operation: O) -> Result<O::Out> {
        let mut tx = self.long.take().await.ok_or_else(closed)?;
        spawn_blocking(move || in_snapshot(operation, &mut tx)).await.unwrap_or_else(|e| Err(Error::internal(e)))
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
    control(tx, "ROLLBACK")?;
    out
}

fn control(tx: &Tx, sql: &str) -> Result<()> {
    match &tx.connection {
        Connection::Sqlite(db) => execute(db, sql, &[]).map(drop),
        Connection::Postgres(_) => unreachable!("the pool was filled with connections of SQLite"),
    }
}
